"""Other houses order while the gateway is killed: a number is one order, to the code and cent."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from gateway.ground.config import Config
from gateway.ground.sql.database import open_database
from tests.chaos.processes import GatewayProcess
from tests.chaos.world import connected
from tests.clock import PATIENCE_S
from tests.world import dujiao_site, kakayun_shop, kasushou_shop
from tests.world.dujiao_site import Site
from tests.world.houses import Ear, listening, open_channel
from tests.world.kakayun_shop import KakayunShop
from tests.world.kasushou_shop import KasushouShop
from tests.world.partner import Partner, eventually
from tests.world.shop import Shop

pytestmark = [pytest.mark.chaos, pytest.mark.slow]
ORDERS, TASKS, KILLS = 150, 6, 5  # of each house; kills in all
PRICE = 130
START = 10_000_000
AWAY = (aiohttp.ClientError, OSError, TimeoutError, AssertionError, ValueError, KeyError)


@dataclass(slots=True, kw_only=True)
class House:
    """One house. `buy` raises unless the answer is certain; `codes` of a number, `money` left."""

    partner: Partner
    buy: Callable[[str], Awaitable[object]]
    codes: Callable[[str], Awaitable[list[str]]]
    money: Callable[[], Awaitable[str]]
    ear: Ear
    numbers: list[str] = field(default_factory=list)


@pytest.mark.timeout(900)
async def test_nothing_differs_after_kills(fresh: Config, log: Path) -> None:
    """450 orders of three houses, five SIGKILLs: one order for each number, the same codes in the
    house's answers and in the books, each code once, all the money, every result told.
    """
    await (await open_database(fresh, connections=2)).close()
    settings = {"QUANGATE_WEBHOOK_ALLOW": "127.0.0.1/32"}
    async with (
        GatewayProcess(fresh, log, workers=2, settings=settings) as gateway,
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=PATIENCE_S)) as session,
        listening(Ear(yes=dujiao_site.TAKEN)) as first,
        listening(Ear(yes=b"ok")) as second,
        listening(Ear(yes=b"ok")) as third,
    ):
        shop = Shop(config=fresh, url=gateway.url, session=session)
        sku = await shop.sku(codes=3 * ORDERS + 50, price=PRICE)
        houses = [
            await dujiao(shop, sku, first),
            await kasushou(shop, sku, second),
            await kakayun(shop, sku, third),
        ]
        killing = asyncio.create_task(kill(gateway))
        await asyncio.gather(*(order(house, place) for house in houses for place in range(TASKS)))
        await killing
        differences = [text for house in houses for text in await compare(house, fresh)]
        assert differences == []
        for house in houses:
            await eventually(all_told(house))
        async with connected(fresh) as connection:
            assert await connection.fetchval("SELECT count(*) FROM orders") == 3 * ORDERS
            assert await connection.fetchval(
                "SELECT count(DISTINCT (pool_id, seq)) FROM allocation"
            ) == (3 * ORDERS)


async def kill(gateway: GatewayProcess) -> None:
    """SIGKILL, start again, some times."""
    chance = random.Random(5)
    for _ in range(KILLS):
        await asyncio.sleep(chance.uniform(0.5, 1.5))
        gateway.kill()
        await asyncio.to_thread(gateway.start)


async def order(house: House, place: int) -> None:
    """A share of the orders, each tried until it is certain; some once more afterwards."""
    for n in range(place, ORDERS, TASKS):
        number = f"N{n}"
        await until_certain(lambda number=number: house.buy(number))
        if n % 7 == 0:
            await until_certain(lambda number=number: house.buy(number))
        house.numbers.append(number)


async def until_certain(ask: Callable[[], Awaitable[Any]]) -> Any:
    """Its answer, however often the gateway is away."""
    for _ in range(600):
        try:
            return await ask()
        except AWAY:
            await asyncio.sleep(0.1)
    raise AssertionError("no certain answer")


async def compare(house: House, config: Config) -> list[str]:
    """What the house sees that the books do not say."""
    wrong = []
    seen: set[str] = set()
    rows = await everything(house)
    for number in house.numbers:
        codes = await until_certain(lambda number=number: house.codes(number))
        row = rows.get(number)
        if row is None or (row["state"], row["amount"]) != ("delivered", PRICE):
            wrong.append(f"{number}: {row}")
        elif [each["code"] for each in house.partner.codes(row)] != codes:
            wrong.append(f"{number}: other codes")
        if seen & set(codes):
            wrong.append(f"{number}: a code twice")
        seen.update(codes)
    left = int(Decimal(await until_certain(house.money)) * 100)
    if left != START - ORDERS * PRICE:
        wrong.append(f"money: {left}")
    if len(rows) != ORDERS:
        wrong.append(f"orders: {len(rows)}")
    return wrong


async def everything(house: House) -> dict[str, Any]:
    """The partner's orders by number, as its own key sees them."""
    rows = {}
    for number in house.numbers:
        answer = await house.partner.get(f"/v1/orders/by-out-no/{number}")
        rows[number] = answer.json
    return rows


def all_told(house: House) -> Callable[[], Awaitable[bool]]:
    """Whether a result of each order was heard."""

    async def told() -> bool:
        return len({push.path for push in house.ear.heard}) == ORDERS

    return told


async def dujiao(shop: Shop, sku: str, ear: Ear) -> House:
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

    return House(partner=partner, buy=buy, codes=codes, money=site.balance, ear=ear)


async def kasushou(shop: Shop, sku: str, ear: Ear) -> House:
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

    return House(partner=partner, buy=buy, codes=codes, money=client.balance, ear=ear)


async def kakayun(shop: Shop, sku: str, ear: Ear) -> House:
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

    return House(partner=partner, buy=buy, codes=codes, money=client.balance, ear=ear)
