"""Agiso's pushes against upstreams.md §15, by a platform written from it alone."""

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from connectors.simulation.server import running
from gateway.channels import administer as channels
from tests.contract.channels.test_channel_goofish import bought_sku
from tests.contract.channels.test_channel_goofish import gateway as gateway  # noqa: PLC0414
from tests.world.agiso_platform import (
    SETTINGS,
    Platform,
    call_sign,
    push,
    push_sign,
    running_platform,
)
from tests.world.houses import open_channel, until_known
from tests.world.partner import Partner, eventually
from tests.world.shop import Shop

_numbers = iter(range(2_067_719_225_654_838, 2_067_719_225_754_838))


@dataclass(slots=True, kw_only=True)
class Desk:
    """The channel, and what there is to look at it with."""

    shop: Shop
    name: str
    partner: Partner
    platform: Platform

    @property
    def url(self) -> str:
        """What Agiso is given."""
        return f"{self.shop.url}/channels/{self.name}/"

    async def push(self, members: dict[str, Any] | str, **more: Any) -> int:
        """A push; the status of the answer."""
        return await push(self.shop.session, self.url, members, **more)

    async def map(self, product: str, sku: str) -> None:
        """As an operator."""
        async with self.shop.desk() as (db, _):
            await channels.map_product(db, self.name, external_product=product, sku=sku)

    async def shown(self) -> dict[str, Any]:
        """`channel show`."""
        async with self.shop.desk() as (db, secrecy):
            return await channels.show_channel(db, secrecy, self.name)

    async def waits(self, number: str, state: str) -> str:
        """Wait until the order waits for a person in this state; why."""
        found: list[str] = []

        async def known() -> bool:
            rows = (await self.shown())["waiting"]
            found[:] = [
                row["why"] for row in rows if (row["number"], row["state"]) == (number, state)
            ]
            return bool(found)

        await eventually(known)
        return found[0]

    async def said(self, number: str, path: str) -> None:
        """Wait until the platform was told."""

        async def told() -> bool:
            return path in self.platform.said(number)

        await eventually(told)


@pytest.fixture
async def desk(shop: Shop) -> AsyncIterator[Desk]:
    """A channel that the running gateway knows."""
    async with running_platform() as platform:
        name, partner = await open_channel(shop, "agiso", SETTINGS, base_url=platform.url)
        made = Desk(shop=shop, name=name, partner=partner, platform=platform)

        async def ask() -> int:
            return await made.push({}, aopic=4)

        await until_known(ask)
        yield made
        assert platform.forged == []


def game(sku_id: int, total: float, account: str = "13800138888", **changed: Any) -> dict[str, Any]:
    """A game card or top-up that was paid at 京东."""
    return {
        "PlatformShopId": 1, "OrderId": next(_numbers), "OrderType": 1, "BuyNum": 1,
        "SkuId": sku_id, "TotalPrice": total, "GameAccount": account, **changed,
    }  # fmt: skip


def test_the_vectors_of_the_document() -> None:
    """Both recipes, by the platform of these tests and by ours."""
    from connectors.channels.agiso.wire import AgisoSettings, sign_call, sign_push
    from connectors.secret import Secret

    ours = AgisoSettings(app_secret=Secret("demo_secret"), access_token=Secret("t"))
    text = (
        '{"OrderId":2067719225654838,"SkuId":100012043978,"BuyNum":1,'
        '"GameAccount":"13800138000","TotalPrice":9.98}'
    )
    pushed = push_sign(text, "1767225600", "demo_secret")
    assert pushed == sign_push(ours, text, "1767225600") == "36185cd13fd05a7caa0f79d0c40d416f"
    fields = {"tid": "2067719225654838", "timestamp": "1767225600"}
    called = call_sign(fields, "demo_secret")
    assert called == sign_call(ours, fields) == "ccad13820bfa3482142d5efed8066d27"


async def test_a_card_is_sent_once_paid(desk: Desk) -> None:
    """A push, ten times: one order at the partner's, its code sent to the platform; also though the
    first calls fail."""
    sku = await desk.shop.sku(codes=3, price=998)
    await desk.map("AldsJd:100012043978", sku)
    desk.platform.failures = 2
    order = game(100012043978, 9.98)
    assert [await desk.push(order) for _ in range(10)] == [200] * 10
    number = str(order["OrderId"])
    await desk.said(number, "aldsJd/GameCard/CardSend")
    [(_, fields)] = [each for each in desk.platform.calls if each[1].get("tid") == number]
    sees = (await desk.partner.get(f"/v1/orders/by-out-no/{number}")).json
    [code] = desk.partner.codes(sees)
    assert fields["cardJson"] == f'[{{"cardno":"","cardpass":"{code["code"]}"}}]'
    assert (sees["state"], sees["amount"]) == ("delivered", 998)
    assert (await desk.shown())["waiting"] == []


@pytest.mark.parametrize(
    ("tail", "path"),
    [("888", "aldsJd/GameCard/RechargeSend"), ("001", "aldsJd/GameCard/Refund")],
)
async def test_a_top_up_is_confirmed_or_given_up(desk: Desk, tail: str, path: str) -> None:
    """As it ended upstream; 通用交易 by its own calls."""
    async with running("fulu") as simulator:
        await desk.map("100012043978", await bought_sku(desk.shop, simulator))
        order = game(100012043978, 49.9, f"13800138{tail}")
        trade = {
            "JdOrderNo": next(_numbers), "ProduceStatus": 3, "SkuId": 100012043978, "BuyNum": 1,
            "GameAccount": f"13900138{tail}", "TotalPrice": "49.90",
        }  # fmt: skip
        assert await desk.push(order) == 200
        assert await desk.push(trade, aopic=16) == 200
        await desk.said(str(order["OrderId"]), path)
        verb = path.rpartition("/")[2].replace("RechargeSend", "Send")
        await desk.said(str(trade["JdOrderNo"]), f"aldsJd/Vtp/{verb}")
        over = {**trade, "JdOrderNo": next(_numbers), "ProduceStatus": 1}
        assert await desk.push(over, aopic=16) == 200
    assert desk.platform.said(str(over["JdOrderNo"])) == []


async def test_what_is_not_mapped_is_left_alone_until_it_is(desk: Desk) -> None:
    """It waits in `channel show`; mapped later, it is delivered."""
    order = game(555, 5.0)
    assert await desk.push(order) == 200
    number = str(order["OrderId"])
    assert "aldsjd:555" in await desk.waits(number, "unmapped")
    assert desk.platform.said(number) == []
    await desk.map("aldsJD:555", await desk.shop.sku(codes=1, price=500))
    await desk.said(number, "aldsJd/GameCard/CardSend")


async def test_an_order_that_costs_more_than_was_paid_waits_for_a_person(desk: Desk) -> None:
    """Nothing is bought at a loss; retried at the right price it is delivered, dropped it is left.

    Seen red without the bound.
    """
    sku = await desk.shop.sku(codes=3, price=1000)
    await desk.map("777", sku)
    cheap, dropped = game(777, 9.99), game(777, 9.99)
    for order in (cheap, dropped):
        assert await desk.push(order) == 200
        assert "price-changed" in await desk.waits(str(order["OrderId"]), "held")
    await desk.shop.price(sku, 999)
    async with desk.shop.desk() as (db, _):
        number = str(cheap["OrderId"])
        assert (await channels.retry_order(db, desk.name, number=number))["state"] == "new"
        await channels.drop_order(db, desk.name, number=str(dropped["OrderId"]))
    await desk.said(number, "aldsJd/GameCard/CardSend")
    assert desk.platform.said(str(dropped["OrderId"])) == []
    assert (await desk.shown())["waiting"] == []


async def test_a_push_that_says_something_else_is_held(desk: Desk) -> None:
    """One number is one order: before anything was done, a person decides which."""
    order = game(888, 5.0)
    assert await desk.push(order) == 200
    await desk.waits(str(order["OrderId"]), "unmapped")
    assert await desk.push({**order, "TotalPrice": 4.0}) == 200
    await desk.waits(str(order["OrderId"]), "held")


async def test_a_refusal_for_good_is_held_and_one_of_long_ago_is_done(desk: Desk) -> None:
    """`AllowRetry` false waits for a person; "already refunded" is an end."""
    await desk.map("999", await desk.shop.sku(codes=1, price=100))
    desk.platform.refuses = {
        "aldsJd/GameCard/CardSend": {"IsSuccess": False, "Error_Code": 7, "AllowRetry": False},
        "aldsJd/GameCard/Refund": {"IsSuccess": False, "Error_Msg": "订单已退款"},
    }
    first, sold_out = game(999, 1.0), game(999, 1.0)
    assert await desk.push(first) == 200
    assert "7" in await desk.waits(str(first["OrderId"]), "held")
    assert await desk.push(sold_out) == 200
    await desk.said(str(sold_out["OrderId"]), "aldsJd/GameCard/Refund")
    waiting = [row["number"] for row in (await desk.shown())["waiting"]]
    assert waiting == [str(first["OrderId"])]


async def test_kuaishou_pushes_no_product(desk: Desk) -> None:
    """It is asked for; a risk, a refund and what is not paid are held; else it is delivered."""
    await desk.map("AldsKwai:321", await desk.shop.sku(codes=5, price=500))
    good = {
        "orderItemInfo": {"skuId": 321, "num": 1, "price": 500},
        "orderBaseInfo": {"coType": 0, "status": 30, "riskCode": 0}, "orderRefundList": [],
    }  # fmt: skip
    rows = [
        ({}, None),
        ({"orderBaseInfo": {"status": 30, "riskCode": 10001}}, "risky"),
        ({"orderRefundList": [{"refundId": 1}]}, "refund"),
        ({"orderBaseInfo": {"status": 40}}, "not paid"),
    ]
    for changed, why in rows:
        number = str(next(_numbers))
        desk.platform.details[number] = {**good, **changed}
        paid = {"oid": int(number), "sellerId": 1, "status": 30}
        assert await desk.push(paid, platform="AldsKwai", aopic=1) == 200
        if why is None:
            await desk.said(number, "aldsKwai/Order/DummySend")
        else:
            assert why in await desk.waits(number, "held")
            assert desk.platform.said(number) == []


async def test_a_refund_that_was_asked_for_stops_what_was_not_begun(desk: Desk) -> None:
    """快手 4: held, and nothing is delivered though it is mapped now."""
    number = next(_numbers)
    desk.platform.details[str(number)] = {
        "orderItemInfo": {"skuId": 654, "num": 1, "price": 500},
        "orderBaseInfo": {"status": 30}, "orderRefundList": [],
    }  # fmt: skip
    assert await desk.push({"oid": number}, platform="AldsKwai", aopic=1) == 200
    await desk.waits(str(number), "unmapped")
    assert await desk.push({"oid": number}, platform="AldsKwai", aopic=4) == 200
    assert "refund" in await desk.waits(str(number), "held")
    await desk.map("AldsKwai:654", await desk.shop.sku(codes=5, price=500))
    assert desk.platform.said(str(number)) == []


async def test_who_does_not_sign_leaves_nothing(desk: Desk) -> None:
    """401 for signature and time, 400 for what cannot be read; other messages are left."""
    order = game(1, 1.0)
    now = time.time()
    assert await desk.push(order, sign="0" * 32) == 401
    assert await desk.push(order, at=now - 700) == 401
    assert await desk.push("not json") == 400
    assert await desk.push("[]") == 400
    assert await desk.push({**order, "OrderId": "with blank"}) == 400
    assert await desk.push({**order, "TotalPrice": "1.005"}) == 400
    assert await desk.push({**order, "BuyNum": -1}) == 400
    assert await desk.push({}, platform="PddAlds", aopic=1) == 200
    assert await desk.push({}, platform="AldsJd", aopic=2) == 200
    assert (await desk.shown())["waiting"] == []
    async with desk.shop.session.post(f"{desk.url}?aopic=8", data=b"\xff\xfe") as response:
        assert response.status == 400
