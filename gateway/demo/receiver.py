"""A partner's webhook receiver: checks every signature, counts every message once."""

from collections import Counter
from dataclasses import dataclass, field

from aiohttp import web

from connectors.sdk.client import Order, webhooks


@dataclass(slots=True)
class Receiver:
    """A server on a free port. `secret` is the partner's `whsec_…`, known once it was made."""

    secret: str = ""
    url: str = ""
    kinds: Counter[str] = field(default_factory=Counter)  # type → distinct messages
    refused: int = 0  # with a wrong signature: must stay 0
    repeated: int = 0
    uncertain: set[str] = field(default_factory=set)  # order_no that were so for a while
    finished: dict[str, str] = field(default_factory=dict)  # order_no → type of its last message
    _seen: set[str] = field(default_factory=set)
    _sequences: dict[str, int] = field(default_factory=dict)
    _runner: web.ServerRunner | None = None

    async def start(self) -> None:
        """Listen on loopback."""
        self._runner = web.ServerRunner(web.Server(self._take, access_log=None))
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/quangate"

    async def stop(self) -> None:
        """Hang up."""
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def delivered(self) -> int:
        """Distinct messages that were rightly signed."""
        return len(self._seen)

    async def _take(self, request: web.BaseRequest) -> web.StreamResponse:
        try:
            event = webhooks.verify(await request.read(), request.headers, self.secret)
        except webhooks.InvalidWebhookError:
            self.refused += 1
            return web.Response(status=401)
        if event.id in self._seen:
            self.repeated += 1
        else:
            self._seen.add(event.id)
            self._count(event)
        return web.Response(status=204)

    def _count(self, event: webhooks.Event) -> None:
        self.kinds[event.type] += 1
        if not isinstance(event.data, Order):
            return
        order_no = event.data.order_no
        if event.type == "order.uncertain":
            self.uncertain.add(order_no)
        if event.sequence > self._sequences.get(order_no, 0):
            self._sequences[order_no] = event.sequence
            self.finished[order_no] = event.type
