"""The kasushou face against upstreams.md §1.2 and §9, by a client written from them alone, and by
the connector with which we buy at such shops ourselves."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.simulation.server import running
from gateway.ground.config import Config
from tests.contract.channels.test_channel_goofish import bought_sku
from tests.world import kasushou_shop
from tests.world.gateway_process import Gateway, running_gateway
from tests.world.houses import Ear, listening, open_channel, until_known
from tests.world.kasushou_shop import (
    SETTINGS,
    KasushouShop,
    callback_sign,
    expect_sample,
    sha1,
    signed,
)
from tests.world.partner import eventually
from tests.world.shop import Shop, unique


@pytest.fixture(scope="module")
def gateway(config: Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway that may push results to this machine."""
    log: Path = tmp_path_factory.mktemp("gateway") / "log"
    with running_gateway(config, log, {"QUANGATE_WEBHOOK_ALLOW": "127.0.0.1/32"}) as gateway:
        yield gateway


async def opened(shop: Shop, plaintext: str = "yes", balance: int = 100_000) -> KasushouShop:
    """A shop that the running gateway knows."""
    settings = {**SETTINGS, "plaintext_codes": plaintext}
    name, partner = await open_channel(shop, "kasushou", settings, balance=balance)

    async def ask() -> int:
        url = f"{shop.url}/channels/{name}/api/v1/user/info"
        async with shop.session.post(url) as response:
            return response.status

    await until_known(ask)
    return KasushouShop(name=name, url=shop.url, session=shop.session, partner=partner)


@pytest.fixture
async def house(shop: Shop) -> KasushouShop:
    """One that may have codes, with 1,000.00."""
    return await opened(shop)


@pytest.fixture
async def ear() -> AsyncIterator[Ear]:
    """Where the shop is told."""
    async with listening(Ear(yes=kasushou_shop.TAKEN)) as ear:
        yield ear


async def test_money_and_goods(shop: Shop, house: KasushouShop) -> None:
    """Balance, list, one in full, its form, categories: as the document shows them."""
    sku = await shop.sku(codes=3, price=1990)
    for what, sample, members in (
        ("user/info", "user-info", {}),
        ("goods/list", "goods-list", {"page": "1", "limit": "100"}),
    ):
        answer = await house.call(what, **members)
        expect_sample(sample, answer)
    goods_id = await house.goods_id(sku)
    one = await house.ok("goods/info", id=str(goods_id))
    assert (one["goods_price"], one["stock_num"], one["status"]) == ("19.90", 3, 1)
    assert (one["goods_type"], one["attach"]) == (1, [])
    assert await house.ok("goods/attach", goods_id=goods_id) == []
    assert (await house.call("goods/info", id=999_999_999))["code"] == 400
    assert isinstance(await house.ok("goods/cate"), list)


async def test_cards_are_delivered_and_told(shop: Shop, house: KasushouShop, ear: Ear) -> None:
    """The answer has none, the order does; the push is signed but for them; the partner's key sees
    the same order under the shop's number."""
    sku = await shop.sku(codes=5, price=250)
    order = house.order(
        await house.goods_id(sku), quantity=2, url=f"{ear.url}/cb", safe_price="2.50"
    )
    ear.refusals = 1
    made = await house.call("order/buy", **order)
    expect_sample("buy", made)
    assert made["data"]["total_price"] == "5.00"
    answer = await house.call("order/info", external_orderno=order["external_orderno"])
    expect_sample("info-cards", answer)
    [shown] = answer["data"]
    passwords = [card["card_password"] for card in shown["card_list"]]
    assert (shown["status"], len(set(passwords))) == (3, 2)
    assert await house.ok("order/info", ordersn=made["data"]["ordersn"]) == [shown]
    sees = await house.partner.get(f"/v1/orders/by-out-no/{order['external_orderno']}")
    assert [one["code"] for one in house.partner.codes(sees.json)] == passwords
    assert await house.balance() == "995.00"

    async def tried() -> bool:
        return ear.refused == 1

    await eventually(tried)
    assert ear.heard == []  # again after five minutes, as the platform promises


async def test_a_result_is_told_in_the_platforms_form(
    shop: Shop, house: KasushouShop, ear: Ear, connection: Any
) -> None:
    """With the sign over what is signed, and the cards beside it. What is not taken is due again
    after five minutes.

    Seen red with our webhooks' schedule.
    """
    goods_id = await house.goods_id(await shop.sku(codes=2, price=250))
    order = house.order(goods_id, url=f"{ear.url}/cb?x=1")
    await house.ok("order/buy", **order)

    async def told() -> bool:
        return bool(ear.heard)

    await eventually(told)
    [push] = ear.heard
    body = json.loads(push.body)
    expect_sample("callback-cards", body)
    assert body["sign"] == callback_sign(body)
    assert (push.path, body["status"], body["total_price"]) == ("/cb?x=1", "3", "2.50")
    ear.refusals = 9
    later = house.order(goods_id, url=f"{ear.url}/cb")
    await house.ok("order/buy", **later)

    async def tried() -> bool:
        return await connection.fetchval(
            "SELECT attempts = 1 AND next_attempt_at BETWEEN now() + interval '290 s'"
            " AND now() + interval '301 s' FROM channel_order WHERE out_order_no = $1",
            later["external_orderno"],
        )

    await eventually(tried)


async def test_a_number_is_one_order(shop: Shop, house: KasushouShop) -> None:
    """Twenty at once are one; the same again is the stored answer; other content is 400."""
    order = house.order(await house.goods_id(await shop.sku(codes=30, price=100)))
    made = await asyncio.gather(*(house.ok("order/buy", **order) for _ in range(20)))
    assert len({json.dumps(each) for each in made}) == 1
    assert await house.ok("order/buy", **{**order, "quantity": "1"}) == made[0]
    for changed in ({"quantity": 2}, {"url": "https://other.example"}, {"safe_price": "9"}):
        answer = await house.call("order/buy", **{**order, **changed})
        assert answer["code"] == 400, answer
    assert await house.balance() == "999.00"


async def test_a_replayed_request_without_a_number_changes_nothing(
    shop: Shop, house: KasushouShop
) -> None:
    """The very same bytes are the same order."""
    goods_id = await house.goods_id(await shop.sku(codes=9, price=100))
    body = json.dumps({"id": goods_id, "quantity": 1})
    headers = signed(body)
    first = await house.send("order/buy", body.encode(), headers)
    assert await house.send("order/buy", body.encode(), headers) == first
    assert first["code"] == 200
    assert await house.balance() == "999.00"


async def test_safe_price_is_for_one(shop: Shop, house: KasushouShop) -> None:
    """Price × quantity above safe_price × quantity is refused, equal is not; what does not fit into
    fen is no amount.

    Seen red with safe_price taken for the whole order.
    """
    goods_id = await house.goods_id(await shop.sku(codes=9, price=220))
    rows: list[tuple[Any, int]] = [
        ("2.19", 400), (2.19, 400), ("2.205", 400), ("2.2e0", 400), ("-3", 400), ("x", 400),
        ("NaN", 400), (True, 400), ("2.20", 200), (2.2, 200), ("2.200", 200), (3, 200),
    ]  # fmt: skip
    for safe_price, code in rows:
        order = house.order(goods_id, quantity=1, safe_price=safe_price)
        assert (await house.call("order/buy", **order))["code"] == code, safe_price
    two = house.order(goods_id, quantity=2, safe_price="2.20")
    assert (await house.ok("order/buy", **two))["total_price"] == "4.40"


async def test_who_does_not_sign_gets_nothing(house: KasushouShop) -> None:
    """400 for each fault; sorted on all levels is signed as well."""
    now = time.time()
    good = signed("{}")
    rows = [
        ({}, 400),
        ({**good, "UserId": "other"}, 400),
        ({**good, "Timestamp": "soon"}, 400),
        (signed("{}", now - 301), 400),
        (signed("{}", now + 310), 400),
        ({**good, "Sign": "0" * 40}, 400),
        ({**good, "Sign": sha1("{}" + SETTINGS["apikey"])}, 400),
        (good, 200),
        ({**good, "Sign": good["Sign"].upper()}, 200),
    ]
    for headers, code in rows:
        assert (await house.send("user/info", b"{}", headers))["code"] == code, headers
    assert (await house.send("user/info", b"", good))["code"] == 200  # nothing is `{}`
    assert (await house.call("order/steal"))["code"] == 400
    tidy = '{"keyword":"","page":1}'
    untidy = '{"page": 1, "keyword": ""}'
    assert (await house.send("goods/list", untidy.encode(), signed(tidy)))["code"] == 200


@pytest.mark.parametrize(
    "changed",
    [
        {"id": "x"}, {"id": 0}, {"id": 2**70}, {"id": None}, {"id": 999_999_999},
        {"quantity": "1.5"}, {"quantity": 0}, {"quantity": True}, {"quantity": 501},
        {"quantity": "٣"}, {"external_orderno": "with blank"}, {"external_orderno": "x" * 65},
        {"url": "ftp://x"}, {"attach": "x"}, {"quantity": 7},
    ],
)  # fmt: skip
async def test_what_is_wrong_is_refused(
    shop: Shop, house: KasushouShop, changed: dict[str, Any]
) -> None:
    """400, and nothing is charged."""
    order = house.order(await house.goods_id(await shop.sku(codes=2, price=100)), **changed)
    assert (await house.call("order/buy", **order))["code"] == 400
    assert await house.balance() == "1000.00"


@pytest.mark.parametrize("body", [b"[]", b"{", b"\xff\xfe{}", '{"a":"中"}'.encode("gbk")])
async def test_what_is_no_object_is_refused(house: KasushouShop, body: bytes) -> None:
    """Whatever signed it."""
    headers = signed(body.decode("utf-8", "replace"))
    assert (await house.send("order/buy", body, headers))["code"] == 400


async def test_orders_are_asked_for_by_many_numbers(shop: Shop, house: KasushouShop) -> None:
    """By commas, those there are; of the last 30 days unless more is asked for; of no other
    channel."""
    goods_id = await house.goods_id(await shop.sku(codes=3, price=100))
    orders = [house.order(goods_id) for _ in range(2)]
    for order in orders:
        await house.ok("order/buy", **order)
    numbers = ",".join([*(order["external_orderno"] for order in orders), "nobody"])
    rows = await house.ok("order/info", external_orderno=numbers, day=0)
    assert len(rows) == 2
    assert await house.ok("order/info", external_orderno="nobody") == []
    own = await house.partner.order(out_order_no=unique("API"), sku=(await shop.sku(codes=1)))
    assert await house.ok("order/info", ordersn=own.json["order_no"]) == []
    assert (await house.call("order/info"))["code"] == 400


@pytest.mark.parametrize(
    ("tail", "ending"), [("888", (3, "950.10", "0.00")), ("001", (5, "1000.00", "49.90"))]
)
async def test_a_top_up_takes_its_form(
    shop: Shop, house: KasushouShop, ear: Ear, tail: str, ending: tuple[int, str, str]
) -> None:
    """`recharge_account` is the account; what failed says that all its money came back."""
    status, balance, back = ending
    async with running("fulu") as simulator:
        goods_id = await house.goods_id(await bought_sku(shop, simulator))
        [field] = await house.ok("goods/attach", goods_id=goods_id)
        order = house.order(goods_id, attach={field["key"]: f"13800138{tail}"}, url=f"{ear.url}/cb")
        made = await house.ok("order/buy", **order)

        async def told() -> bool:
            return bool(ear.heard)

        await eventually(told)
    body = json.loads(ear.heard[0].body)
    expect_sample("callback-success", body)
    assert (body["sign"], body["status"]) == (callback_sign(body), str(status))
    shown = await house.info(order["external_orderno"])
    assert (shown["status"], shown["has_back_money"]) == (status, back)
    assert await house.balance() == balance
    refused = await house.call("order/close", ordersn=made["ordersn"])
    expect_sample("close-refused", refused)


async def test_without_consent_there_are_top_ups_only(shop: Shop) -> None:
    """No code is listed, shown or sold."""
    shy = await opened(shop, "no")
    bold = await opened(shop, "yes")
    sku = await shop.sku(codes=2)
    goods_id = await bold.goods_id(sku)
    listed = await shy.ok("goods/list", keyword=sku, page=1, limit=100)
    assert listed == {"list": [], "total": 0}
    assert (await shy.call("goods/info", id=goods_id))["code"] == 400
    assert (await shy.call("order/buy", **shy.order(goods_id)))["msg"] == "商品已暂停销售"
