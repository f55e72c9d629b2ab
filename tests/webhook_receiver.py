"""A partner's webhook receiver for tests: a real server that answers as it is told."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from standardwebhooks import Webhook

from tests.world.partner import eventually


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One request, as it came."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    at: float  # loop time

    @property
    def id(self) -> str:
        """The webhook-id."""
        return self.headers["webhook-id"]

    @property
    def json(self) -> Any:
        """The body, decoded."""
        return json.loads(self.body)

    def verified(self, secret: str) -> Any:
        """The body, if the published library accepts its signature."""
        return Webhook(secret).verify(self.body, dict(self.headers))


Respond = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def accept(_: web.Request) -> web.StreamResponse:
    """204."""
    return web.Response(status=204)


@dataclass(slots=True)
class Receiver:
    """Keeps what it received; `respond` may be changed at any time."""

    port: int = 0
    respond: Respond = accept
    received: list[Received] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}/in"

    def answer(self, status: int, **headers: str) -> None:
        """Answer everything from now on with this status and these headers."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}

        async def respond(_: web.Request) -> web.StreamResponse:
            return web.Response(status=status, headers=named)

        self.respond = respond

    async def until(self, count: int) -> list[Received]:
        """Wait for so many requests; all of them."""

        async def came() -> bool:
            return len(self.received) >= count

        await eventually(came)
        return list(self.received)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Take one request."""
        self.received.append(
            Received(
                path=request.path,
                headers=request.headers.copy(),
                body=await request.read(),
                at=asyncio.get_running_loop().time(),
            )
        )
        return await self.respond(request)


@asynccontextmanager
async def receiving(port: int = 0) -> AsyncIterator[Receiver]:
    """A receiver on a loopback port; 0 takes a free one."""
    receiver = Receiver()
    server = web.Server(receiver.handle)  # type: ignore[arg-type]
    runner = web.ServerRunner(server, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    receiver.port = runner.addresses[0][1]
    try:
        yield receiver
    finally:
        await runner.cleanup()
