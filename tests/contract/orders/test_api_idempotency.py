"""All answers for one number agree, now and later (invariant I5)."""

import asyncio
import json
from typing import Any

import pytest

from gateway.catalog import administer as catalog
from gateway.partners import keys
from gateway.prices import administer as prices
from tests.world.partner import Partner, Reply, eventually
from tests.world.shop import Shop


def agree(partner: Partner, replies: list[Reply]) -> None:
    """Every answer shows the same order with the same codes."""
    first = replies[0].json
    for reply in replies:
        assert {**reply.json, "codes": 0} == {**first, "codes": 0}
        assert partner.codes(reply.json) == partner.codes(first)


async def test_fifty_equal_orders_at_once(shop: Shop) -> None:
    """Exactly one is 201, the others are its replays, and one order is charged."""
    partner = await shop.partner(balance=1_000_000)
    sku = await shop.sku(codes=100, price=100)
    replies = await asyncio.gather(
        *(partner.order(out_order_no="A1", sku=sku, quantity=2) for _ in range(50))
    )
    assert sorted(reply.status for reply in replies) == [200] * 49 + [201]
    for reply in replies:
        assert (reply.headers.get("Quangate-Replayed") == "true") == (reply.status == 200)
    agree(partner, replies)
    assert (await partner.get("/v1/account")).json["balance"] == 1_000_000 - 200


async def test_equal_orders_in_one_batch_and_beside_it(shop: Shop) -> None:
    """The same number in batches and single orders at once is still one order."""
    partner = await shop.partner(balance=1_000)
    sku = await shop.sku(codes=10, price=100)
    order = {"out_order_no": "A1", "sku": sku}
    batch, single, other = await asyncio.gather(
        partner.send("POST", "/v1/orders/batch", {"orders": [order] * 20}),
        partner.order(**order),
        partner.send("POST", "/v1/orders/batch", {"orders": [order] * 20}),
    )
    results = batch.json["results"] + other.json["results"]
    statuses = [single.status] + [result["status"] for result in results]
    assert sorted(statuses) == [200] * 40 + [201]
    assert len({result["order"]["order_no"] for result in results}) == 1
    assert (await partner.get("/v1/account")).json["balance"] == 900


EQUAL_CONTENT = [
    ("members in another order", '{"sku":"%s","out_order_no":"A1"}'),
    ("white space", ' {\n"out_order_no" : "A1",\t"sku":"%s" }\r\n'),
    ("defaults written out", '{"out_order_no":"A1","sku":"%s","quantity":1}'),
    ("nulls written out", '{"out_order_no":"A1","sku":"%s","account":null,"metadata":null}'),
    ("escapes", '{"out_order_no":"\\u0041\\u0031","sku":"%s"}'),
    ("an empty buyer", '{"out_order_no":"A1","sku":"%s","buyer":{}}'),
    ("empty metadata", '{"out_order_no":"A1","sku":"%s","metadata":{}}'),
]


@pytest.mark.parametrize(
    "text", [row[1] for row in EQUAL_CONTENT], ids=[row[0] for row in EQUAL_CONTENT]
)
async def test_equal_content_is_a_replay(shop: Shop, text: str) -> None:
    """Content is every member after defaults are filled in, however it is written."""
    partner = await shop.partner()
    sku = await shop.sku(codes=2)
    created = await partner.order(out_order_no="A1", sku=sku)
    replayed = await partner.send("POST", "/v1/orders", (text % sku).encode())
    assert [created.status, replayed.status] == [201, 200]
    agree(partner, [created, replayed])


async def test_metadata_order_does_not_count(shop: Shop) -> None:
    """Two pairs the other way round are the same content."""
    partner = await shop.partner()
    sku = await shop.sku(codes=1)
    one = '{"out_order_no":"A1","sku":"%s","metadata":{"a":"1","b":"2"}}'
    two = '{"out_order_no":"A1","sku":"%s","metadata":{"b":"2","a":"1"}}'
    bodies = [(text % sku).encode() for text in (one, two)]
    statuses = [(await partner.send("POST", "/v1/orders", body)).status for body in bodies]
    assert statuses == [201, 200]


OTHER_CONTENT: dict[str, dict[str, Any]] = {
    "quantity": {"quantity": 2},
    "max_amount": {"max_amount": 10_000},
    "account": {"account": "a"},
    "buyer": {"buyer": {"id": "u1"}},
    "notify_url": {"notify_url": "https://example.com/hook"},
    "metadata": {"metadata": {"k": "v"}},
}


@pytest.mark.parametrize("members", OTHER_CONTENT.values(), ids=OTHER_CONTENT.keys())
async def test_other_content_is_a_conflict_without_effect(
    shop: Shop, members: dict[str, Any]
) -> None:
    """409; the order, the balance and the stock stay as they were."""
    partner = await shop.partner(balance=1_000)
    sku = await shop.sku(codes=5, price=100)
    created = await partner.order(out_order_no="A1", sku=sku)
    reply = await partner.order(out_order_no="A1", sku=sku, **members)
    assert reply.problem == (409, "order-conflict")
    agree(partner, [created, await partner.get("/v1/orders/by-out-no/A1")])
    assert (await partner.get("/v1/account")).json["balance"] == 900
    assert len(await partner.everything("/v1/orders")) == 1


async def test_different_contents_at_once(shop: Shop) -> None:
    """Of rivals under one number one wins; equals of the winner are replays, the rest conflicts."""
    partner = await shop.partner()
    sku = await shop.sku(codes=100)
    replies = await asyncio.gather(
        *(partner.order(out_order_no="A1", sku=sku, quantity=1 + n % 2) for n in range(40))
    )
    assert sorted(reply.status for reply in replies) == [200] * 19 + [201] + [409] * 20
    agree(partner, [reply for reply in replies if reply.status < 300])


async def test_partners_do_not_share_numbers(shop: Shop) -> None:
    """The same number of two partners is two orders."""
    one, two = await shop.partner(), await shop.partner()
    sku = await shop.sku(codes=2)
    replies = [await each.order(out_order_no="A1", sku=sku) for each in (one, two)]
    assert [reply.status for reply in replies] == [201, 201]
    assert replies[0].json["order_no"] != replies[1].json["order_no"]


async def test_a_replay_whatever_the_shop_says_today(shop: Shop) -> None:
    """Sold out, dearer, off sale, over the limit, poor: an accepted number keeps its answer."""
    partner = await shop.partner(balance=100)
    sku = await shop.sku(codes=1, price=100, per_buyer=1)
    order = {"out_order_no": "A1", "sku": sku, "max_amount": 100, "buyer": {"id": "u1"}}
    replies = [await partner.order(**order)]
    assert replies[0].status == 201
    sold_out = await partner.order(**{**order, "out_order_no": "A2", "buyer": {"id": "u2"}})
    assert sold_out.problem in {(409, "sold-out"), (402, "insufficient-balance")}
    replies.append(await partner.order(**order))
    async with shop.desk() as (db, _):
        await prices.set_list_price(db, sku, 500, allow_zero=False)

    async def dearer() -> bool:
        return bool((await partner.get(f"/v1/products/{sku}")).json["price"] == 500)

    await eventually(dearer)
    changed = await partner.order(**{**order, "out_order_no": "A3"})
    assert changed.problem == (409, "price-changed")
    replies.append(await partner.order(**order))
    async with shop.desk() as (db, _):
        await catalog.set_on_sale(db, sku, on_sale=False)

    async def off_sale() -> bool:
        return not (await partner.get(f"/v1/products/{sku}")).json["available"]

    await eventually(off_sale)
    replies.append(await partner.order(**order))
    assert [reply.status for reply in replies] == [201, 200, 200, 200]
    agree(partner, replies)
    conflict = await partner.order(**{**order, "quantity": 2})
    assert conflict.problem == (409, "order-conflict")


async def test_a_replay_with_a_rotated_key(shop: Shop) -> None:
    """The same codes, sealed for the key that asks now."""
    partner = await shop.partner()
    sku = await shop.sku(codes=2)
    created = await partner.order(out_order_no="A1", sku=sku, quantity=2)
    async with shop.desk() as (db, secrecy):
        made = await keys.rotate_key(db, secrecy, partner.key.key_id, overlap_s=3600)
    rotated = await shop.client(made).until_known()
    replayed = await rotated.order(out_order_no="A1", sku=sku, quantity=2)
    assert replayed.status == 200
    assert rotated.codes(replayed.json) == partner.codes(created.json)
    assert {**replayed.json, "codes": 0} == {**created.json, "codes": 0}


async def test_a_refused_order_leaves_nothing(shop: Shop) -> None:
    """A number that was refused may be used for other content."""
    partner = await shop.partner(balance=100)
    sku = await shop.sku(codes=5, price=100)
    assert (await partner.order(out_order_no="A1", sku=sku, quantity=2)).status == 402
    assert (await partner.order(out_order_no="A1", sku="NOPE")).status == 404
    assert (await partner.order(out_order_no="A1", sku=sku)).status == 201


async def test_answers_are_bytewise_stable(shop: Shop) -> None:
    """Created by hand, replayed from rows: the same members in the same spelling."""
    partner = await shop.partner(scopes=["orders:write", "orders:read"])
    sku = await shop.sku(codes=1)
    order = {
        "out_order_no": "A1",
        "sku": sku,
        "metadata": {"z": '"quoted" \\ / \u2028 券 \x7f', "a": ""},
    }
    created, replayed = await partner.order(**order), await partner.order(**order)
    assert json.loads(created.body) == json.loads(replayed.body)
    assert created.json["metadata"] == order["metadata"]
