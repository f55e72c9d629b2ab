"""A shop that sells top-ups: a real gateway, real simulators, and what an operator sets up.

Orders are placed and read over HTTP, as a partner does; executions are counted at the platform.
"""

import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from connectors import registry
from connectors.simulation import running
from connectors.simulation.market import Market
from connectors.simulation.server import RunningSimulator
from gateway.catalog import administer as catalog
from gateway.catalog.rules import SkuKind
from gateway.dispatch import administer as upstreams
from tests.world.partner import Partner, eventually
from tests.world.shop import Shop, unique

PRICE_MINOR = 1_001  # odd, so that halves do not come out even
FACE_MINOR = 1_000
TERMINAL = {"delivered", "partial", "failed", "reversed"}

# What a number looks like at each platform; the last three characters choose the behaviour.
ACCOUNTS: Mapping[str, str] = {
    "fulu": "13800138{}",
    "kasushou": "13800138{}",
    "dayuanren": "13800138{}",
    "dtone": "+8613800138{}",
    "reloadly": "+8613800138{}",
    "dingconnect": "+8613800138{}",
    "dujiao": "13800138{}",
    "kakayun": "13800138{}",
    "xingquanyi": "13800138{}",
    "fengzhushou": "13800138{}",
    "generic": "13800138{}",
}
PRODUCT = "1234"


@dataclass(slots=True, kw_only=True)
class Outlet:
    """One simulated platform account, as the gateway knows it."""

    name: str
    connector: str
    market: Market
    url: str

    def executions(self, order: Mapping[str, Any]) -> int:
        """How often the platform really executed the order's account."""
        account = str(order["account"])
        wanted = account.removeprefix("+")
        return sum(
            1
            for each in self.market.ledger.executions()
            if each.account.removeprefix("+") == wanted
        )

    def account(self, tail: str, head: str = "") -> str:
        """An account number that ends in `tail`; `head` tells apart those of one test."""
        return ACCOUNTS[self.connector].format(tail) if not head else head + tail


@dataclass(slots=True, kw_only=True)
class TopUpShop:
    """What an operator and a partner do with top-ups."""

    shop: Shop

    @asynccontextmanager
    async def outlet(self, connector: str, **simulation: Any) -> AsyncIterator[Outlet]:
        """A simulator of the platform, and an upstream of the gateway that uses it."""
        name = unique(connector)
        simulation.setdefault("callback_url", f"{self.shop.url}/callbacks/{name}")
        async with running(connector, **simulation) as simulator:
            await self.add_upstream(name, connector, simulator.url)
            yield self._outlet(name, connector, simulator)

    def _outlet(self, name: str, connector: str, simulator: RunningSimulator) -> Outlet:
        return Outlet(name=name, connector=connector, market=simulator.market, url=simulator.url)

    async def add_upstream(self, name: str, connector: str, url: str) -> None:
        """Tell the gateway of a platform account."""
        async with self.shop.desk() as (db, secrecy):
            await upstreams.add_upstream(
                db, secrecy, name, connector=connector, base_url=url,
                settings=settings_of(connector),
            )  # fmt: skip

    async def set_paused(self, name: str, *, paused: bool) -> None:
        """Pause or resume an upstream."""
        async with self.shop.desk() as (db, _):
            await upstreams.set_paused(db, name, paused=paused)

    async def sku(self, routes: Sequence[tuple[str, int | None]], **more: Any) -> str:
        """A top-up SKU sold by these upstreams (name, cost), in this order of preference."""
        found = [(name, PRODUCT, cost) for name, cost in routes]
        return await self._on_sale(SkuKind.TOPUP, found, account_rule="any", **more)

    async def code_sku(
        self, *routes: tuple[str, str], kind: SkuKind = SkuKind.CODE, **more: Any
    ) -> str:
        """A SKU whose codes are bought on demand, by these routes (upstream, product)."""
        return await self._on_sale(kind, [(*route, None) for route in routes], **more)

    async def _on_sale(
        self, kind: SkuKind, routes: Sequence[tuple[str, str, int | None]], **more: Any
    ) -> str:
        sku = unique(kind.value.upper())
        async with self.shop.desk() as (db, _):
            new = catalog.NewSku(
                sku=sku, name=sku, kind=kind, price_minor=PRICE_MINOR,
                face_value_minor=FACE_MINOR,
                routes=[
                    catalog.NewRoute(
                        upstream=name, product_id=product, priority=place, cost_minor=cost
                    )
                    for place, (name, product, cost) in enumerate(routes)
                ],
                **more,
            )  # fmt: skip
            await catalog.create_sku(db, new)
        await self.shop.announced(sku)
        return sku

    async def stored(self, query: str, *values: Any) -> list[Mapping[str, Any]]:
        """Rows of the database."""
        async with self.shop.database() as database:
            return [dict(row) for row in await database.pool.fetch(query, *values)]


async def order(partner: Partner, sku: str, account: str, **members: Any) -> dict[str, Any]:
    """An accepted top-up order."""
    reply = await partner.order(out_order_no=unique("T"), sku=sku, account=account, **members)
    assert reply.status == 201, reply
    assert reply.json["state"] == "processing"
    return dict(reply.json)


async def read(partner: Partner, placed: Mapping[str, Any]) -> dict[str, Any]:
    """The order as it is now."""
    return dict((await partner.get(f"/v1/orders/{placed['order_no']}")).json)


async def until(partner: Partner, placed: Mapping[str, Any], *states: str) -> dict[str, Any]:
    """The order once it is in one of these states (default: any terminal one)."""
    wanted = set(states) or TERMINAL

    async def there() -> bool:
        return (await read(partner, placed))["state"] in wanted

    try:
        await eventually(there)
    except AssertionError:
        raise AssertionError(f"not {wanted}: {await read(partner, placed)}") from None
    return await read(partner, placed)


async def parked(topups: TopUpShop, placed: Mapping[str, Any]) -> str | None:
    """What a person is asked about the order; None: nothing."""
    (row,) = await topups.stored("SELECT parked FROM orders WHERE id = $1", int(placed["order_no"]))
    note: str | None = row["parked"]
    return note


async def balance(partner: Partner) -> int:
    """The partner's money."""
    return int((await partner.get("/v1/account")).json["balance"])


async def holds_for(seconds: float, holds: Any) -> None:
    """Ask all the while; fails at the first time that it does not hold."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert await holds()


def settings_of(connector: str) -> dict[str, str]:
    """The credentials that a simulator has by default, and nothing an operator may leave out."""
    defaults = registry.simulator_settings(connector)
    needed = {one.name for one in registry.settings_of(connector, defaults) if one.required}
    return {name: value for name, value in defaults.items() if name in needed | {"webhook_secret"}}
