"""Houses whose orders are followed: pushed by one, fetched from the other, and ended there."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from connectors.simulation.server import running
from gateway.catalog import administer as catalog
from gateway.catalog.rules import SkuKind
from gateway.channels import administer as channels
from gateway.dispatch import administer as upstreams
from tests.chaos.houses_play import START, Plan, Progress, Stage, moving, until_certain
from tests.world import agiso_platform, supplied_shop
from tests.world.agiso_platform import Platform, running_platform
from tests.world.houses import open_channel
from tests.world.partner import Partner
from tests.world.shop import Shop
from tests.world.supplied_shop import SuppliedShop, running_shop

CARD_PRICE, TOPUP_PRICE = 130, 4990
DONE: Final = 3
PUSHERS: Final = 8
LOST: Final = 5  # answers of the house that do not arrive


async def _left(partner: Partner) -> int:
    reply = await partner.get("/v1/account")
    return int(reply.json["balance"])


@dataclass(slots=True, kw_only=True)
class Supplied:
    """A 卡速售 shop whose top-ups we carry out."""

    seller: SuppliedShop
    market: Any
    partner: Partner
    plan: Plan

    async def carry_out(self, progress: Progress) -> None:
        """All are bought there at once, and ended one by one."""
        self.seller.failures = LOST
        for n in range(self.plan.orders):
            self.seller.sell(77, f"138{n:05d}888", "49.90")
        await moving(self._ended, self.plan.orders, progress)

    async def differences(self) -> list[str]:
        """Between what the shop was told, what was executed upstream, and the money."""
        executed = Counter(one.our_no for one in self.market.ledger.executions())
        wrong = [f"{number}: executed {n} times" for number, n in executed.items() if n != 1]
        if len(executed) != self.plan.orders:
            wrong.append(f"{len(executed)} executed")
        if (left := await until_certain(lambda: _left(self.partner))) != (
            START - self.plan.orders * TOPUP_PRICE
        ):
            wrong.append(f"money: {left}")
        return wrong + self.seller.wrong

    def _ended(self) -> int:
        return sum(row["status"] == DONE for row in self.seller.orders.values())


@dataclass(slots=True, kw_only=True)
class Pushed:
    """阿奇索 with JD's game cards."""

    platform: Platform
    partner: Partner
    url: str
    shop: Shop
    plan: Plan

    async def carry_out(self, progress: Progress) -> None:
        """Each is pushed until it is taken, and confirmed with its code."""
        self.platform.failures = LOST

        async def push(place: int) -> None:
            for n in range(place, self.plan.orders, PUSHERS):
                await until_certain(lambda n=n: self._push(n))  # type: ignore[misc]

        pushing = asyncio.gather(*(push(place) for place in range(PUSHERS)))
        await moving(self._confirmed, self.plan.orders, progress)
        await pushing

    async def _push(self, n: int) -> None:
        order = {"OrderId": f"J{n}", "SkuId": 88, "BuyNum": 1, "TotalPrice": 1.3}
        status = await agiso_platform.push(self.shop.session, self.url, order)
        assert status == 200, status

    async def differences(self) -> list[str]:
        """One code for each order, the same however often it was confirmed, and the money."""
        sent: dict[str, set[str]] = {}
        for _, fields in self.platform.calls:
            card = json.loads(fields["cardJson"])[0]["cardpass"]
            sent.setdefault(fields["tid"], set()).add(card)
        wrong = [f"{tid}: {len(cards)} codes" for tid, cards in sent.items() if len(cards) != 1]
        distinct = {card for cards in sent.values() for card in cards}
        if len(distinct) != self.plan.orders:
            wrong.append(f"{len(distinct)} codes were sent")
        if (left := await until_certain(lambda: _left(self.partner))) != (
            START - self.plan.orders * CARD_PRICE
        ):
            wrong.append(f"money: {left}")
        return wrong + self.platform.forged

    def _confirmed(self) -> int:
        return len({fields["tid"] for _, fields in self.platform.calls})


@asynccontextmanager
async def _supplied(stage: Stage) -> AsyncIterator[Supplied]:
    shop = stage.shop
    async with running_shop() as seller, running("fulu") as simulator:
        name, partner = await open_channel(
            shop, "kasushou-supply", supplied_shop.SETTINGS, balance=START, base_url=seller.url
        )
        async with shop.desk() as (db, secrecy):
            await upstreams.add_upstream(
                db, secrecy, "f1", connector="fulu", base_url=simulator.url,
                settings={"app_key": "demo_app_key", "secret": "0123456789abcdef" * 2},
            )  # fmt: skip
            route = catalog.NewRoute(upstream="f1", product_id="1", priority=0, cost_minor=None)
            await catalog.create_sku(db, catalog.NewSku(
                sku="TOP", name="TOP", kind=SkuKind.TOPUP, price_minor=TOPUP_PRICE,
                routes=[route], account_rule="cn-mobile",
            ))  # fmt: skip
            await channels.map_product(db, name, external_product="77", sku="TOP")
        yield Supplied(seller=seller, market=simulator.market, partner=partner, plan=stage.plan)


@asynccontextmanager
async def _pushed(stage: Stage) -> AsyncIterator[Pushed]:
    shop = stage.shop
    async with running_platform() as platform:
        name, partner = await open_channel(
            shop, "agiso", agiso_platform.SETTINGS, balance=START, base_url=platform.url
        )
        cards = await shop.sku(codes=stage.plan.orders + 10, price=CARD_PRICE)
        async with shop.desk() as (db, _):
            await channels.map_product(db, name, external_product="AldsJd:88", sku=cards)
        url = f"{shop.url}/channels/{name}/"
        yield Pushed(platform=platform, partner=partner, url=url, shop=shop, plan=stage.plan)


FACES: Final[dict[str, Callable[[Stage], AbstractAsyncContextManager[Any]]]] = {
    "agiso": _pushed,
    "kasushou-supply": _supplied,
}
