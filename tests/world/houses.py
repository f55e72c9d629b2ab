"""What the clients of other houses' protocols share: a channel that a gateway knows, a listener."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from gateway.channels import administer as channels
from tests.world.partner import Partner, eventually
from tests.world.shop import Shop, unique

LOOPBACK = "http://127.0.0.1:8080"


@dataclass(slots=True)
class Pushed:
    """A request to the listener, as it came."""

    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True)
class Ear:
    """Where a house is told of results; refuses the first `refusals` of them with `no`."""

    yes: bytes
    no: bytes = b"later"
    url: str = ""
    refusals: int = 0
    heard: list[Pushed] = field(default_factory=list)
    refused: int = 0

    async def take(self, request: web.BaseRequest) -> web.StreamResponse:
        """Keep it, and answer in the house's words."""
        pushed = Pushed(request.path_qs, dict(request.headers), await request.read())
        if self.refused < self.refusals:
            self.refused += 1
            return web.Response(body=self.no)
        self.heard.append(pushed)
        return web.Response(body=self.yes)


@asynccontextmanager
async def listening(ear: Ear) -> AsyncIterator[Ear]:
    """The same on a free port."""
    runner = web.ServerRunner(web.Server(ear.take, access_log=None))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    ear.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield ear
    finally:
        await runner.cleanup()


async def open_channel(
    shop: Shop,
    adapter: str,
    settings: Mapping[str, str],
    *,
    balance: int = 100_000,
    base_url: str | None = None,
    partner: Partner | None = None,
) -> tuple[str, Partner]:
    """A channel of its own partner: its name, and the partner by a key."""
    partner = partner or await shop.partner(balance=balance)
    name = unique(adapter)
    async with shop.desk() as (db, secrecy):
        await channels.add_channel(
            db, secrecy, name, adapter=adapter, partner=await shop.name_of(partner),
            settings=settings, base_url=base_url, public_url=LOOPBACK,
        )  # fmt: skip
    return name, partner


async def until_known(ask: Callable[[], Awaitable[int]]) -> None:
    """Wait until a running gateway knows the channel that is asked for: it is not 404 any more."""

    async def known() -> bool:
        return await ask() != 404

    await eventually(known)
