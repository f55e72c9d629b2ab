"""Where the demo's partners are told: one server, a path each. One of them is gone in the end."""

from aiohttp import web


class Ends:
    """Answers 204; 410 to whoever is in `gone`, as an endpoint that was taken down."""

    def __init__(self) -> None:
        self.url = ""
        self.told = 0
        self.gone: set[str] = set()
        self._runner = web.ServerRunner(web.Server(self._take, access_log=None))

    async def start(self) -> None:
        """Listen on loopback."""
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Hang up."""
        await self._runner.cleanup()

    async def _take(self, request: web.BaseRequest) -> web.StreamResponse:
        await request.read()
        self.told += 1
        return web.Response(status=410 if request.path.strip("/") in self.gone else 204)
