"""Why there is no order: the same reason from both faces, each in its own words.

Recorded from the gateway as it was before placing became a use case (2026-11-29): what partners
and channels read has not changed by a byte but for the ids of traces.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from connectors.simulation.server import running
from gateway.catalog import administer as catalog
from gateway.dispatch import administer as upstreams
from tests.contract.channels.test_channel_goofish import (  # noqa: F401 - fixtures of this module too
    bought_sku,
    channel,
    gateway,
)
from tests.world.goofish_shop import Channel
from tests.world.partner import Partner, Reply, eventually
from tests.world.shop import Shop, unique

RECHARGE, CARD = "order/recharge/create", "order/purchase/create"
NUMBER = "13800138000"


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What is asked for, and what each face says; `{name}` stands for what the shop named."""

    sku: str
    asked: Mapping[str, Any] = field(default_factory=dict)
    status: int
    code: str
    detail: str
    pointer: str | None = None  # its own detail is the problem's
    retry_after: str | None = None
    goofish: tuple[int, str]


SITUATIONS: Mapping[str, Situation] = {
    "no such SKU": Situation(
        sku="NOPE", status=404, code="unknown-sku", detail="There is no SKU NOPE.",
        goofish=(1100, "商品不存在"),
    ),
    "for others": Situation(
        sku="{others}", status=403, code="forbidden",
        detail="SKU {others} is not offered to this partner.", goofish=(1101, "商品不可用"),
    ),
    "off sale": Situation(
        sku="{off}", status=503, code="maintenance",
        detail="SKU {off} is not on sale at the moment.", retry_after="30",
        goofish=(1209, "下单超时"),
    ),
    "no route open": Situation(
        sku="{paused}", asked={"account": NUMBER}, status=503, code="maintenance",
        detail="No upstream sells SKU {paused} at the moment.", retry_after="30",
        goofish=(1209, "下单超时"),
    ),
    "not an account": Situation(
        sku="{topup}", asked={"account": "12"}, status=400, code="invalid-request",
        detail="does not look like an account of this SKU (cn-mobile)", pointer="/account",
        goofish=(1201, "下单参数错误: /account"),
    ),
    "too many for the SKU": Situation(
        sku="{few}", asked={"quantity": 3}, status=400, code="invalid-request",
        detail="at most 2 of this SKU in one order", pointer="/quantity",
        goofish=(1201, "下单参数错误: /quantity"),
    ),
    "no buyer": Situation(
        sku="{limited}", status=400, code="invalid-request",
        detail="there is a limit that counts by it: buyer.id is required", pointer="/buyer/id",
        goofish=(1201, "下单参数错误: /buyer/id"),
    ),
    "dearer": Situation(
        sku="{codes}", asked={"quantity": 2, "max_amount": 199}, status=409, code="price-changed",
        detail="The total is 200, more than max_amount 199.", goofish=(1202, "下单金额低于成本价"),
    ),
    "no money": Situation(
        sku="{dear}", status=402, code="insufficient-balance",
        detail="The account has {left} minor units available.", goofish=(1101, "商品不可用"),
    ),
    "none left": Situation(
        sku="{empty}", status=409, code="sold-out", detail="The SKU is sold out.",
        goofish=(1102, "商品库存不足"),
    ),
}  # fmt: skip

TITLES = {
    "unknown-sku": "There is no such SKU",
    "forbidden": "The key may not do this",
    "maintenance": "Out of service for a moment",
    "invalid-request": "The request is not valid",
    "price-changed": "The price is no longer that",
    "insufficient-balance": "The account has too little money",
    "sold-out": "The SKU is sold out",
}


@dataclass(frozen=True, slots=True)
class World:
    """A shop in which each situation is at hand; `names` are those of its SKUs."""

    partner: Partner
    channel: Channel
    names: Mapping[str, object]


@pytest.fixture
async def world(shop: Shop, channel: Channel) -> World:  # noqa: F811
    """All situations of one partner that has a key and a channel."""
    names: dict[str, object] = {
        "codes": await shop.sku(codes=5, price=100),
        "empty": await shop.sku(price=100),
        "dear": await shop.sku(codes=1, price=100_001),
        "limited": await shop.sku(codes=5, per_buyer=1),
        "few": await shop.sku(codes=5, quantity_max=2),
        "off": await shop.sku(codes=1),
        "topup": await shop.top_up_sku(),
        "left": 100_000,
    }
    other = await shop.partner(balance=0)
    offer = catalog.NewOffer(partner=await shop.name_of(other), price_minor=1)
    names["others"] = await shop.sku(codes=1, offers=[offer])
    async with running("fulu") as simulator:
        names["paused"] = paused = await bought_sku(shop, simulator)
    async with shop.desk() as (db, _):
        await catalog.set_on_sale(db, str(names["off"]), on_sale=False)
        route = (await catalog.show_sku(db, paused))["routes"][0]
        await upstreams.set_paused(db, route["upstream"], paused=True)

    async def heard() -> bool:
        shown = [await channel.partner.get(f"/v1/products/{names[n]}") for n in ("off", "paused")]
        return not any(each.json["available"] for each in shown)

    await eventually(heard)
    return World(channel.partner, channel, names)


def document(situation: Situation, names: Mapping[str, object], base: str = "") -> dict[str, Any]:
    """The whole problem but for its trace."""
    detail = situation.detail.format_map(names)
    made: dict[str, Any] = {
        "type": f"urn:quangate:problem:{situation.code}",
        "title": TITLES[situation.code],
        "status": situation.status,
        "detail": detail,
        "code": situation.code,
        "retryable": situation.status in {402, 503},
    }
    if situation.pointer is not None:
        made["errors"] = [{"pointer": base + situation.pointer, "detail": detail}]
    return made


def without_trace(problem: dict[str, Any]) -> dict[str, Any]:
    """The members in their order, without the one that is another each time."""
    assert list(problem).index("trace_id") == 6
    return {name: value for name, value in problem.items() if name != "trace_id"}


def members(situation: Situation, names: Mapping[str, object]) -> dict[str, Any]:
    """An order of the partner API."""
    return {
        "out_order_no": unique("R"), "sku": situation.sku.format_map(names), **situation.asked,
    }  # fmt: skip


async def through_the_channel(
    places: Channel, situation: Situation, names: Mapping[str, object]
) -> tuple[int, str]:
    """The same order as the channel places it."""
    asked = dict(situation.asked)
    account = asked.pop("account", None)
    order = places.order(
        situation.sku.format_map(names), buy_quantity=asked.pop("quantity", 1), **asked
    )
    if account is not None:
        order["biz_content"] = {"account": account}
    answer = await places.call(CARD if account is None else RECHARGE, **order)
    return answer["code"], answer["msg"]


async def test_both_faces_say_the_same_reason_in_their_own_words(world: World) -> None:
    """Each situation alone, in a batch, and through the channel: documents whole, in their order.

    Written down from the answers before the use case; red with any row of a table changed.
    """
    names = world.names
    lines = []
    for name, situation in SITUATIONS.items():
        order = members(situation, names)
        lines.append(order)
        reply: Reply = await world.partner.order(**order)
        expected = document(situation, names)
        assert list(without_trace(reply.json).items()) == list(expected.items()), name
        assert reply.status == situation.status
        assert reply.headers.get("Retry-After") == situation.retry_after, name
        assert await through_the_channel(world.channel, situation, names) == situation.goofish, name
    answer = await world.partner.send("POST", "/v1/orders/batch", {"orders": lines})
    results = enumerate(zip(SITUATIONS.values(), answer.json["results"], strict=True))
    for index, (situation, result) in results:
        assert result["status"] == situation.status
        assert without_trace(result["problem"]) == document(situation, names, f"/orders/{index}")


async def test_numbers_that_are_taken_and_buyers_that_have_enough(world: World) -> None:
    """Reasons that need an order before: a conflict, from either face, and a limit per buyer."""
    names, partner = world.names, world.partner
    first = members(SITUATIONS["none left"], names) | {"sku": names["codes"]}
    made = (await partner.order(**first)).json
    reply = await partner.order(**{**first, "quantity": 2})
    assert reply.problem == (409, "order-conflict")
    number = made["order_no"]
    said = f"This out_order_no belongs to order {number}, whose content differs."
    assert (reply.json["title"], reply.json["detail"]) == (
        "The order number was used for other content", said,
    )  # fmt: skip
    order = world.channel.order(str(names["codes"]), order_no=first["out_order_no"])
    told = await world.channel.call(CARD, **order)
    assert (told["code"], told["msg"]) == (1203, "订单号已存在")

    limited = {"sku": names["limited"], "buyer": {"id": "u"}}
    assert (await partner.order(out_order_no=unique("R"), **limited)).status == 201
    reply = await partner.order(out_order_no=unique("R"), **limited)
    assert reply.problem == (422, "purchase-limit")
    assert (reply.json["detail"], reply.json["quota"]) == (
        f"0 may still be bought under the limit sku:{names['limited']}.",
        f"sku:{names['limited']}",
    )
    reply = await partner.order(out_order_no=unique("R"), sku=names["codes"], campaign="nothing")
    assert reply.problem == (409, "campaign-closed")
    assert reply.json["detail"] == "Campaign nothing is not open."
    reply = await partner.order(out_order_no=unique("R"), sku=names["topup"])
    assert (reply.problem, reply.json["errors"]) == (
        (400, "invalid-request"),
        [{"pointer": "/account", "detail": "this SKU needs an account"}],
    )


async def test_what_cannot_be_cancelled_says_why(world: World) -> None:
    """Codes are delivered; another's order, or none, is not found; a top-up not sent goes back."""
    partner, names = world.partner, world.names
    made = (await partner.order(out_order_no=unique("R"), sku=names["codes"])).json
    target = f"/v1/orders/{made['order_no']}/cancel"
    reply = await partner.send("POST", target)
    assert reply.problem == (409, "not-cancellable")
    assert reply.json["detail"] == "Codes were delivered with this order."
    for wrong in ("1", "nothing"):
        reply = await partner.send("POST", f"/v1/orders/{wrong}/cancel")
        assert reply.problem == (404, "not-found")
        assert reply.json["detail"] == "There is no such order."
