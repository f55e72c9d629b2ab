"""Houses that ask: they order by number, are told of results, and read what they got."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Any, Final

from tests.chaos.houses_play import START, Plan, Progress, Stage, moving, until_certain
from tests.world import dujiao_site, kakayun_shop, kasushou_shop
from tests.world.dujiao_site import Site
from tests.world.houses import Ear, listening, open_channel
from tests.world.kakayun_shop import KakayunShop
from tests.world.kasushou_shop import KasushouShop
from tests.world.partner import Partner
from tests.world.shop import Shop

PRICE: Final = 130
TASKS: Final = 6
AGAIN_EVERY: Final = 7  # every so many-th is ordered once more afterwards


@dataclass(slots=True, kw_only=True)
class House:
    """One house. `buy` raises unless the answer is certain; `codes` of a number, `money` left."""

    partner: Partner
    buy: Callable[[str], Awaitable[object]]
    codes: Callable[[str], Awaitable[list[str]]]
    money: Callable[[], Awaitable[str]]


@dataclass(slots=True, kw_only=True)
class Asking:
    """A house at play."""

    house: House
    ear: Ear
    plan: Plan
    numbers: list[str] = field(default_factory=list)

    async def carry_out(self, progress: Progress) -> None:
        """Each order is tried until it is certain, some once more; then all results are heard."""

        async def order(place: int) -> None:
            for n in range(place, self.plan.orders, TASKS):
                number = f"N{n}"
                for _ in range(2 if n % AGAIN_EVERY == 0 else 1):
                    await until_certain(partial(self.house.buy, number))
                self.numbers.append(number)
                progress.note()

        await asyncio.gather(*(order(place) for place in range(TASKS)))

    async def differences(self) -> list[str]:
        """Between what the house was given, told and charged, and what its key sees."""
        await moving(self._heard, self.plan.orders, Progress())
        rows = {row["out_order_no"]: row for row in await self._rows()}
        wrong = [] if len(rows) == self.plan.orders else [f"{len(rows)} orders"]
        seen: set[str] = set()

        async def compare(place: int) -> None:
            for number in self.numbers[place::TASKS]:
                codes = await until_certain(partial(self.house.codes, number))
                row = rows.get(number, {})
                if (row.get("state"), row.get("amount")) != ("delivered", PRICE):
                    wrong.append(f"{number}: {row.get('state')} {row.get('amount')}")
                elif [each["code"] for each in self.house.partner.codes(row)] != codes:
                    wrong.append(f"{number}: other codes")
                if seen & set(codes):
                    wrong.append(f"{number}: a code twice")
                seen.update(codes)

        await asyncio.gather(*(compare(place) for place in range(TASKS)))
        left = int(Decimal(await until_certain(self.house.money)) * 100)
        if left != START - self.plan.orders * PRICE:
            wrong.append(f"money: {left}")
        return wrong

    def _heard(self) -> int:
        return len({push.path for push in self.ear.heard})

    async def _rows(self) -> list[Any]:
        """The orders one by one: lists have no codes."""
        read = self.house.partner.get
        return [(await read(f"/v1/orders/by-out-no/{number}")).json for number in self.numbers]


async def _dujiao(shop: Shop, sku: str, ear: Ear) -> House:
    """A dujiao-next site."""
    settings = {**dujiao_site.SETTINGS, "plaintext_codes": "yes"}
    name, partner = await open_channel(shop, "dujiao", settings, balance=START)
    site = Site(name=name, url=shop.url, session=shop.session, partner=partner)
    product = await until_certain(lambda: site.product(sku))
    ids: dict[str, int] = {}

    async def buy(number: str) -> None:
        members = {
            "sku_id": product["id"], "quantity": 1, "downstream_order_no": number,
            "callback_url": f"{ear.url}/{number}",
        }  # fmt: skip
        made = await site.ok("POST", "/orders", members)
        assert ids.setdefault(number, made["order_id"]) == made["order_id"]

    async def codes(number: str) -> list[str]:
        shown = await site.ok("GET", f"/orders/{ids[number]}")
        return list(shown["fulfillment"]["payload"].split("\n"))

    return House(partner=partner, buy=buy, codes=codes, money=site.balance)


async def _kasushou(shop: Shop, sku: str, ear: Ear) -> House:
    """A 卡速售 shop."""
    settings = {**kasushou_shop.SETTINGS, "plaintext_codes": "yes"}
    name, partner = await open_channel(shop, "kasushou", settings, balance=START)
    client = KasushouShop(name=name, url=shop.url, session=shop.session, partner=partner)
    goods_id = await until_certain(lambda: client.goods_id(sku))

    async def buy(number: str) -> None:
        await client.ok(
            "order/buy", id=goods_id, quantity=1, external_orderno=number,
            url=f"{ear.url}/{number}", safe_price="1.30",
        )  # fmt: skip

    async def codes(number: str) -> list[str]:
        return [card["card_password"] for card in (await client.info(number))["card_list"]]

    return House(partner=partner, buy=buy, codes=codes, money=client.balance)


async def _kakayun(shop: Shop, sku: str, ear: Ear) -> House:
    """A shop that docks by v3."""
    settings = {**kakayun_shop.SETTINGS, "plaintext_codes": "yes"}
    name, partner = await open_channel(shop, "kakayun", settings, balance=START)
    client = KakayunShop(name=name, url=shop.url, session=shop.session, partner=partner)
    goods_id = await until_certain(lambda: client.goods_id(sku))

    async def buy(number: str) -> None:
        await client.ok(
            "order/create", goodsid=goods_id, buynum=1, usorderno=number,
            callbackurl=f"{ear.url}/{number}", maxmoney="1.30",
        )  # fmt: skip

    async def codes(number: str) -> list[str]:
        return list((await client.info(number))["cardlist"])

    return House(partner=partner, buy=buy, codes=codes, money=client.balance)


@asynccontextmanager
async def _playing(
    house: Callable[[Shop, str, Ear], Awaitable[House]], yes: bytes, stage: Stage
) -> AsyncIterator[Asking]:
    async with listening(Ear(yes=yes)) as ear:
        sku = await stage.shop.sku(codes=stage.plan.orders + 50, price=PRICE)
        yield Asking(house=await house(stage.shop, sku, ear), ear=ear, plan=stage.plan)


FACES: Final[dict[str, Callable[[Stage], AbstractAsyncContextManager[Asking]]]] = {
    "dujiao": partial(_playing, _dujiao, dujiao_site.TAKEN),
    "kasushou": partial(_playing, _kasushou, b"ok"),
    "kakayun": partial(_playing, _kakayun, b"ok"),
}
