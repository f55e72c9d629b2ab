"""Executed, and then the platform only says things about us: nothing is bought or refunded again.

The platform is a bare HTTP server here: it buys once, cuts the connection, and has one answer for
everything after that.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import orjson
import pytest
from aiohttp import web

from tests.world.partner import eventually
from tests.world.shop import RICH, unique
from tests.world.topup_fixtures import gateway, session, topups
from tests.world.topup_shop import PRICE_MINOR, TopUpShop, balance, order, read

__all__ = ["gateway", "session", "topups"]

SAID: Mapping[str, Mapping[str, object]] = {
    "kasushou": {"code": 400, "msg": "用户不存在"},
    "fulu": {"code": 1001, "message": "应用不存在", "result": "", "sign": ""},
    "dayuanren": {"errno": 1, "errmsg": "账户不可用", "data": []},
}
# An hour after the send, and due: older than any finality window.
AN_HOUR_LATER = (
    "UPDATE attempt SET sent_at = now() - interval '1 hour', next_check_at = now()"
    " WHERE order_id = $1 AND next_check_at > now() RETURNING id"
)
QUERIES = 6  # twice what would prove an absence


@dataclass(slots=True)
class Forgetful:
    """A platform that executes one purchase and then knows us no more."""

    said: bytes
    bought: int = 0
    asked: int = 0
    url: str = ""

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Cut the first purchase's connection; answer everything else with the one sentence."""
        body = (await request.read()).decode()
        buys = "order/buy" in request.path or "recharge" in request.path or ".add" in body
        if buys:
            self.bought += 1
            if self.bought == 1:
                assert request.transport is not None
                request.transport.abort()
                return web.Response()
        else:
            self.asked += 1
        return web.Response(body=self.said, content_type="application/json")


@asynccontextmanager
async def forgetful(connector: str) -> AsyncIterator[Forgetful]:
    """Serve one for the length of the block."""
    platform = Forgetful(said=orjson.dumps(SAID[connector]))
    runner = web.ServerRunner(web.Server(platform.handle))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    platform.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield platform
    finally:
        await runner.cleanup()


@pytest.mark.parametrize("alone", [False, True])
@pytest.mark.parametrize("connector", sorted(SAID))
async def test_what_is_about_us_never_buys_again(
    topups: TopUpShop, connector: str, *, alone: bool
) -> None:
    """The first purchase is executed and its answer lost; from then on "用户不存在" for ever: one
    execution, nothing at the other upstream, nothing refunded, the order uncertain.

    Seen red with that sentence read as absence: two executions, or a refund.
    """
    async with forgetful(connector) as platform, topups.outlet("dtone") as second:
        name = unique(connector)
        await topups.add_upstream(name, connector, platform.url)
        partner = await topups.shop.partner()
        routes = [(name, None)] if alone else [(name, None), (second.name, None)]
        sku = await topups.sku(routes)
        placed = await order(partner, sku, "13800138000")

        async def much_later() -> bool:
            await topups.stored(AN_HOUR_LATER, int(placed["order_no"]))
            return platform.asked >= QUERIES

        await eventually(much_later)
        assert platform.bought == 1
        assert second.executions(placed) == 0
        assert (await read(partner, placed))["state"] == "uncertain"
        assert await balance(partner) == RICH - PRICE_MINOR
