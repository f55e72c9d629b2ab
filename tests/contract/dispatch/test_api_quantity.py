"""How many one order may have: refused at the door, and told beforehand (api.md, products).

An upstream that sells one at a time is known before the order is accepted; nothing is taken in
that only a refund could end.
"""

from collections.abc import Sequence
from typing import Any

import pytest

from gateway.catalog import administer as catalog
from gateway.catalog.rules import SkuKind
from gateway.dispatch import administer as upstreams
from tests.world.partner import Partner, Reply, eventually
from tests.world.shop import RICH, Shop, unique

# One at a time at all of these; kasushou and fulu sell as many as wanted.
SETTINGS = {
    "dayuanren": {"userid": "1", "apikey": "k"},
    "dtone": {"api_key": "k", "api_secret": "s"},
    "dingconnect": {"api_key": "k"},
    "reloadly": {"client_id": "c", "client_secret": "s"},
    "kasushou": {"userid": "u", "apikey": "k"},
    "fulu": {"app_key": "k", "secret": "s" * 32},
}
NOBODY = "http://127.0.0.1:9"  # the discard port: nothing of this is ever bought


async def sold_over(
    shop: Shop, routes: Sequence[tuple[str, str]], kind: SkuKind = SkuKind.TOPUP, **more: Any
) -> tuple[str, list[str]]:
    """A SKU over these routes (connector, product), and the upstreams' names."""
    sku, names = unique("Q"), []
    async with shop.desk() as (db, secrecy):
        for connector, _ in routes:
            names.append(unique(connector))
            await upstreams.add_upstream(
                db, secrecy, names[-1], connector=connector, base_url=NOBODY,
                settings=SETTINGS[connector],
            )  # fmt: skip
        new = catalog.NewSku(
            sku=sku, name=sku, kind=kind, price_minor=1000, face_value_minor=1000,
            account_rule="any" if kind is SkuKind.TOPUP else None,
            routes=[
                catalog.NewRoute(upstream=name, product_id=product, priority=n, cost_minor=None)
                for n, (name, (_, product)) in enumerate(zip(names, routes, strict=True))
            ],
            **more,
        )  # fmt: skip
        await catalog.create_sku(db, new)
    await shop.announced(sku)
    return sku, names


async def order(partner: Partner, sku: str, quantity: int, **members: Any) -> Reply:
    """An order of that many."""
    number = unique("N")
    return await partner.order(out_order_no=number, sku=sku, quantity=quantity, **members)


async def quantity_max(partner: Partner, sku: str) -> int:
    """What the product says of itself."""
    reply = await partner.get(f"/v1/products/{sku}")
    return int(reply.json["limits"]["quantity_max"])


def refused_at_quantity(reply: Reply, pointer: str = "/quantity") -> bool:
    """Whether an order was refused as the contract says."""
    return (
        reply.problem == (400, "invalid-request")
        and [error["pointer"] for error in reply.json["errors"]] == [pointer]
        and reply.json["retryable"] is False
    )


@pytest.mark.parametrize(
    ("connector", "product", "kind", "most"),
    [
        ("dayuanren", "25", SkuKind.TOPUP, 1),
        ("dtone", "1234", SkuKind.TOPUP, 1),
        ("dtone", "1234", SkuKind.CODE, 1),
        ("dingconnect", "SKU", SkuKind.TOPUP, 1),
        ("dingconnect", "SKU", SkuKind.CODE, 1),
        ("reloadly", "88", SkuKind.TOPUP, 1),  # airtime
        ("reloadly", "giftcard-120", SkuKind.CODE, 500),
        ("fulu", "mobile-50", SkuKind.TOPUP, 1),  # phone credit by its face
        ("fulu", "10000001", SkuKind.TOPUP, 500),
        ("kasushou", "1", SkuKind.CODE, 500),
    ],
)
async def test_more_than_a_route_sells_is_refused(
    shop: Shop, connector: str, product: str, kind: SkuKind, most: int
) -> None:
    """400 at /quantity before acceptance, and `limits.quantity_max` said so."""
    partner = await shop.partner()
    sku, _ = await sold_over(shop, [(connector, product)], kind)
    assert await quantity_max(partner, sku) == most
    account = {"account": "13800138000"} if kind is SkuKind.TOPUP else {}
    assert refused_at_quantity(await order(partner, sku, most + 1, **account))
    if most > 1:
        assert (await order(partner, sku, most, **account)).status == 201
    else:
        assert (await partner.get("/v1/account")).json["balance"] == RICH
        assert (await partner.get("/v1/orders")).json["data"] == []
    assert (await order(partner, sku, 1, **account)).status == 201


async def test_the_tightest_usable_route_counts(shop: Shop) -> None:
    """With several routes the smallest limit holds, so that any of them can take over; a paused
    upstream does not count."""
    partner = await shop.partner()
    sku, names = await sold_over(shop, [("kasushou", "1"), ("dtone", "1234")])
    assert await quantity_max(partner, sku) == 1
    assert refused_at_quantity(await order(partner, sku, 2, account="13800138000"))
    async with shop.desk() as (db, _):
        await upstreams.set_paused(db, names[1], paused=True)

    async def freed() -> bool:
        return await quantity_max(partner, sku) == 500

    await eventually(freed)
    assert (await order(partner, sku, 2, account="13800138000")).status == 201


async def test_a_skus_own_limit(shop: Shop) -> None:
    """`--quantity-max` holds for stock and for what is bought, within what the routes sell."""
    partner = await shop.partner()
    stocked = await shop.sku(codes=10, quantity_max=3)
    bought, _ = await sold_over(shop, [("kasushou", "1")], SkuKind.CODE, quantity_max=3)
    for sku in (stocked, bought):
        assert await quantity_max(partner, sku) == 3
        assert refused_at_quantity(await order(partner, sku, 4))
        assert (await order(partner, sku, 3)).status == 201


async def test_each_line_of_a_batch_is_judged(shop: Shop) -> None:
    """One line too large is its own problem, named by its own pointer; the others are taken."""
    partner = await shop.partner()
    sku, _ = await sold_over(shop, [("dtone", "1234")], SkuKind.CODE)
    lines = [
        {"out_order_no": unique("L"), "sku": sku, "quantity": quantity} for quantity in (1, 2, 1)
    ]
    results = (await partner.send("POST", "/v1/orders/batch", {"orders": lines})).json["results"]
    assert [result["status"] for result in results] == [201, 400, 201]
    assert results[1]["problem"]["code"] == "invalid-request"
    assert [e["pointer"] for e in results[1]["problem"]["errors"]] == ["/orders/1/quantity"]


async def test_an_accepted_order_outlives_a_tighter_limit(shop: Shop) -> None:
    """I5: a number that was accepted gets its order, whatever the limit says today."""
    partner = await shop.partner()
    sku = await shop.sku(codes=5)
    taken = {"out_order_no": unique("N"), "sku": sku, "quantity": 3}
    assert (await partner.order(**taken)).status == 201
    async with shop.desk() as (db, _):
        await catalog.set_limits(db, sku, per_buyer=None, quantity_max=2, min_life_days=None)

    async def tightened() -> bool:
        return await quantity_max(partner, sku) == 2

    await eventually(tightened)
    again = await partner.order(**taken)
    assert (again.status, again.headers["Quangate-Replayed"]) == (200, "true")
    assert refused_at_quantity(await order(partner, sku, 3))


def batch_of(sku: str, quantities: Sequence[int]) -> dict[str, Any]:
    """A batch with a line for each quantity."""
    return {
        "orders": [
            {"out_order_no": unique("BQ"), "sku": sku, "quantity": quantity}
            for quantity in quantities
        ]
    }


async def test_the_quantities_of_a_batch_are_bounded(shop: Shop) -> None:
    """10,000 in all are taken; the line that goes over is named, and nothing of it is placed."""
    partner, sku = await shop.partner(balance=RICH), await shop.sku(codes=3)
    over = await partner.send(
        "POST", "/v1/orders/batch", batch_of(sku, [1, 1, *[500] * 19, 498, 1, 1])
    )
    assert over.problem == (400, "invalid-request")
    assert over.json["errors"][0]["pointer"] == "/orders/22/quantity"
    assert await partner.everything("/v1/orders") == []
    most = await partner.send("POST", "/v1/orders/batch", batch_of(sku, [500] * 20))
    assert {line["status"] for line in most.json["results"]} <= {409, 503}  # there are three codes
    ones = await partner.send("POST", "/v1/orders/batch", batch_of(sku, [1, 1, 1, 501, 0]))
    assert [line["status"] for line in ones.json["results"]] == [201, 201, 201, 400, 400]


async def test_a_line_that_is_no_order_has_no_quantity(shop: Shop) -> None:
    """What is wrong with a line is told there; the others add up to what they are."""
    partner, sku = await shop.partner(balance=RICH), await shop.sku(codes=3)
    for quantity in (501, 10_001):
        lines = batch_of(sku, [quantity, *[500] * 20, quantity])
        reply = await partner.send("POST", "/v1/orders/batch", lines)
        assert reply.status == 200, reply.json
        statuses = [line["status"] for line in reply.json["results"]]
        assert (statuses[0], statuses[-1]) == (400, 400)
        assert set(statuses[1:-1]) <= {409, 503}  # there are three codes


async def test_a_batch_of_ten_thousand_codes_is_answered_whole(shop: Shop) -> None:
    """An answer of megabytes, written in pieces, has every code once."""
    partner, sku = await shop.partner(balance=RICH), await shop.sku(codes=10_000, price=1)
    answer = await partner.send("POST", "/v1/orders/batch", batch_of(sku, [500] * 20))
    assert {line["status"] for line in answer.json["results"]} == {201}
    codes = {
        code["code"] for line in answer.json["results"] for code in partner.codes(line["order"])
    }
    assert len(codes) == 10_000
