"""The kakayun face against upstreams.md §11, by a client written from it alone."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from yarl import URL

from connectors.simulation.server import running
from gateway.ground.config import Config
from tests.contract.channels.test_channel_goofish import bought_sku
from tests.world import kakayun_shop
from tests.world.gateway_process import Gateway, running_gateway
from tests.world.houses import Ear, listening, open_channel, until_known
from tests.world.kakayun_shop import SETTINGS, KakayunShop, expect_sample, sign, signed
from tests.world.partner import eventually
from tests.world.shop import Shop, unique


@pytest.fixture(scope="module")
def gateway(config: Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway that may push results to this machine."""
    log: Path = tmp_path_factory.mktemp("gateway") / "log"
    with running_gateway(config, log, {"QUANGATE_WEBHOOK_ALLOW": "127.0.0.1/32"}) as gateway:
        yield gateway


async def opened(shop: Shop, plaintext: str = "yes", balance: int = 100_000) -> KakayunShop:
    """A shop that the running gateway knows."""
    settings = {**SETTINGS, "plaintext_codes": plaintext}
    name, partner = await open_channel(shop, "kakayun", settings, balance=balance)

    async def ask() -> int:
        async with shop.session.post(f"{shop.url}/channels/{name}/user/info") as response:
            return response.status

    await until_known(ask)
    return KakayunShop(name=name, url=shop.url, session=shop.session, partner=partner)


@pytest.fixture
async def house(shop: Shop) -> KakayunShop:
    """One that may have codes, with 1,000.00."""
    return await opened(shop)


@pytest.fixture
async def ear() -> AsyncIterator[Ear]:
    """Where the shop is told."""
    async with listening(Ear(yes=kakayun_shop.TAKEN)) as ear:
        yield ear


async def test_money_and_goods(shop: Shop, house: KakayunShop) -> None:
    """Balance, groups, pages, one in full: as the document shows them, also asked by GET."""
    sku = await shop.sku(codes=3, price=1990)
    for what in ("user/info", "goods/group", "goods/all"):
        expect_sample(what, await house.call(what))
    goods_id = await house.goods_id(sku)
    for what in ("goods/details", "goods/detailslite"):
        answer = await house.call(what, goodsid=str(goods_id))
        expect_sample("goods/details", answer)
        one = answer["data"]
        assert (one["goodsprice"], one["stock"], one["goodstype"]) == ("19.9000", 3, 0)
    assert (await house.call("goods/details", goodsid=999_999_999))["code"] == 1206
    assert (await house.call("goods/details"))["code"] == 1200
    query = {name: str(value) for name, value in signed({"goodsid": goods_id}).items()}
    url = URL(f"{house.url}/channels/{house.name}/dockapiv3/goods/details").with_query(query)
    async with house.session.get(url) as response:
        assert (await response.json())["data"]["goodsid"] == goods_id


async def test_cards_are_delivered_and_told(shop: Shop, house: KakayunShop, ear: Ear) -> None:
    """The answer has none, the order does; the push is signed with them; the partner's key sees the
    same order under the shop's number."""
    sku = await shop.sku(codes=5, price=250)
    order = house.order(
        await house.goods_id(sku), buynum=2, callbackurl=f"{ear.url}/cb", maxmoney="5.00"
    )
    made = await house.call("order/create", **order)
    expect_sample("order/create", made)
    answer = await house.call("order/get", usorderno=order["usorderno"])
    expect_sample("order/get", answer)
    shown = answer["data"]
    passwords = [card["card_pwd"] for card in shown["cards"]]
    assert (shown["status"], shown["money"], shown["cardlist"]) == (5, "5.0000", passwords)
    assert await house.ok("order/get", orderno=made["data"]["orderno"]) == shown
    sees = await house.partner.get(f"/v1/orders/by-out-no/{order['usorderno']}")
    assert [one["code"] for one in house.partner.codes(sees.json)] == passwords
    assert await house.balance() == "995.0000"

    async def told() -> bool:
        return bool(ear.heard)

    await eventually(told)
    body = json.loads(ear.heard[0].body)
    expect_sample("callback", body)
    assert (body["sign"], body["push_type"], body["status"]) == (sign(body), 1, 5)
    assert [card["card_pwd"] for card in body["cards"]] == passwords


async def test_a_number_is_one_order(shop: Shop, house: KakayunShop) -> None:
    """Twenty at once are one; the same again is the stored answer; other content is 1205."""
    order = house.order(await house.goods_id(await shop.sku(codes=30, price=100)))
    made = await asyncio.gather(*(house.ok("order/create", **order) for _ in range(20)))
    assert len({json.dumps(each) for each in made}) == 1
    assert await house.ok("order/create", **{**order, "buynum": "1"}) == made[0]
    for changed in ({"buynum": 2}, {"callbackurl": "https://other.example"}, {"maxmoney": 9}):
        assert (await house.call("order/create", **{**order, **changed}))["code"] == 1205
    assert await house.balance() == "999.0000"


async def test_a_replayed_request_without_a_number_changes_nothing(
    shop: Shop, house: KakayunShop
) -> None:
    """The very same bytes are the same order."""
    goods_id = await house.goods_id(await shop.sku(codes=9, price=100))
    body = json.dumps(signed({"goodsid": goods_id, "buynum": 1})).encode()
    first = await house.send("order/create", body)
    assert await house.send("order/create", body) == first
    assert first["code"] == 1
    assert await house.balance() == "999.0000"


async def test_maxmoney_is_for_the_whole_order(shop: Shop, house: KakayunShop) -> None:
    """Above it 1210; what does not fit into fen is no amount."""
    goods_id = await house.goods_id(await shop.sku(codes=9, price=220))
    rows: list[tuple[Any, int]] = [
        ("4.39", 1210), ("4.405", 1211), ("1e3", 1211), (-1, 1211), ("x", 1211), (True, 1211),
        ("4.4000", 1), (4.4, 1), (5, 1),
    ]  # fmt: skip
    for most, code in rows:
        order = house.order(goods_id, buynum=2, maxmoney=most)
        assert (await house.call("order/create", **order))["code"] == code, most


async def test_who_does_not_sign_gets_nothing(house: KakayunShop) -> None:
    """Each fault has its code; names, lists, words and empty members are signed as they are."""
    now = time.time()
    good = signed({})
    rows: list[tuple[dict[str, Any], int]] = [
        ({}, 1000),
        ({**good, "userid": "other"}, 1000),
        ({**good, "timestamp": "soon"}, 403),
        (signed({}, now - 301), 403),
        (signed({}, now + 310), 403),
        ({**good, "sign": "0" * 32}, 401),
        ({**good, "more": 1}, 401),
        ({**good, "more": ""}, 1),
        ({**good, "more": None}, 1),
        ({**good, "sign": good["sign"].upper()}, 1),
        (signed({"a": True, "b": [{"x": "中/文"}], "c": {"y": 1}}), 1),
    ]
    for members, code in rows:
        answer = await house.send("user/info", json.dumps(members).encode())
        assert answer["code"] == code, members
    assert (await house.call("order/steal"))["code"] == 1002


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"goodsid": "x"}, 1211), ({"goodsid": 0}, 1211), ({"goodsid": 2**70}, 1211),
        ({"goodsid": None}, 1200), ({"goodsid": 999_999_999}, 1206), ({"buynum": None}, 1201),
        ({"buynum": "1.5"}, 1211), ({"buynum": 0}, 1211), ({"buynum": 501}, 1211),
        ({"usorderno": "with blank"}, 1211), ({"usorderno": "x" * 65}, 1211),
        ({"callbackurl": "ftp://x"}, 1211), ({"attach": ["x"]}, 1211), ({"buynum": 7}, 1214),
    ],
)  # fmt: skip
async def test_what_is_wrong_is_refused(
    shop: Shop, house: KakayunShop, changed: dict[str, Any], code: int
) -> None:
    """In the protocol's codes, and nothing is charged."""
    order = house.order(await house.goods_id(await shop.sku(codes=2, price=100)), **changed)
    assert (await house.call("order/create", **order))["code"] == code
    assert await house.balance() == "1000.0000"


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff\xfe{}", '{"a":"中"}'.encode("gbk")])
async def test_what_is_no_object_is_refused(house: KakayunShop, body: bytes) -> None:
    """As a wrong field."""
    assert (await house.send("order/create", body))["code"] == 1211


async def test_an_order_is_asked_for_by_numbers_that_agree(shop: Shop, house: KakayunShop) -> None:
    """Either, or both of one order; of no other channel."""
    goods_id = await house.goods_id(await shop.sku(codes=3, price=100))
    one, other = house.order(goods_id), house.order(goods_id)
    made = await house.ok("order/create", **one)
    await house.ok("order/create", **other)
    assert (await house.ok("order/get", **made))["usorderno"] == one["usorderno"]
    crossed = {"orderno": made["orderno"], "usorderno": other["usorderno"]}
    assert (await house.call("order/get", **crossed))["code"] == 1301
    assert (await house.call("order/get"))["code"] == 1300
    own = await house.partner.order(out_order_no=unique("API"), sku=await shop.sku(codes=1))
    assert (await house.call("order/get", orderno=own.json["order_no"]))["code"] == 1301


@pytest.mark.parametrize(
    ("tail", "ending"), [("888", (5, "950.1000", 0)), ("001", (4, "1000.0000", 1))]
)
@pytest.mark.parametrize("listed", [False, True])
async def test_a_top_up_takes_its_form(
    shop: Shop, house: KakayunShop, tail: str, ending: tuple[int, str, int], *, listed: bool
) -> None:
    """`attach` is the account, as text or in a list; what failed says that all money came back."""
    status, balance, refund = ending
    account = f"13800138{tail}"
    attach = [{"attachtype": "充值账号", "value": account}] if listed else account
    async with running("fulu") as simulator, listening(Ear(yes=kakayun_shop.TAKEN)) as ear:
        goods_id = await house.goods_id(await bought_sku(shop, simulator))
        order = house.order(goods_id, attach=attach, callbackurl=f"{ear.url}/cb")
        await house.ok("order/create", **order)

        async def told() -> bool:
            return bool(ear.heard)

        await eventually(told)
    body = json.loads(ear.heard[0].body)
    expect_sample("callback", body)
    assert (body["sign"], body["push_type"], body["status"]) == (sign(body), 0, status)
    shown = await house.info(order["usorderno"])
    assert (shown["status"], shown["refundstatus"]) == (status, refund)
    assert await house.balance() == balance
    assert (await house.call("order/cancelOrder", usorderno=order["usorderno"]))["code"] == 1209
    empty = house.order(goods_id)
    assert (await house.call("order/create", **empty))["code"] == 1208


async def test_without_consent_there_are_top_ups_only(shop: Shop) -> None:
    """No code is listed, shown or sold."""
    shy = await opened(shop, "no")
    bold = await opened(shop, "yes")
    sku = await shop.sku(codes=2)
    goods_id = await bold.goods_id(sku)
    assert await shy.ok("goods/all", goodsname=sku, page=1) == {"total": 0, "list": []}
    assert (await shy.call("goods/details", goodsid=goods_id))["code"] == 1206
    assert (await shy.call("order/create", **shy.order(goods_id)))["code"] == 1206


def test_the_documents_vector() -> None:
    """The signature of the document, by the client of these tests and by the face."""
    from connectors.channels.kakayun.wire import sign as ours
    from connectors.secret import Secret

    members = {
        "attach": "13088888888", "buynum": 1, "goodsid": 720938, "timestamp": 1735002156,
        "userid": "10052",
    }  # fmt: skip
    expected = "e9063b0f511ade1f64b1125d35afdfaa"
    assert sign(members, "demo_key") == ours(members, Secret("demo_key")) == expected
