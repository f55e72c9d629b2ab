"""Holds over HTTP: held, confirmed, read (commerce.md "Holds")."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from gateway.holds import wire
from gateway.orders import answers as order_answers
from tests.world.holds import confirm, hold, read, release
from tests.world.shop import Shop


async def test_a_hold_is_an_order_in_waiting(shop: Shop) -> None:
    """201 with every member of the contract; no money moves and no code is shown."""
    partner = await shop.partner(balance=10_000)
    sku = await shop.sku(codes=20, price=1_990)
    reply = await hold(partner, sku, quantity=2, ttl_s=90, buyer={"id": "u1", "ip": "192.0.2.1"})
    assert reply.status == 201
    held = msgspec.convert(reply.json, wire.Hold, strict=True)
    assert set(reply.json) == set(wire.Hold.__struct_fields__)
    assert (held.state, held.sku, held.quantity, held.amount) == ("held", sku, 2, 3_980)
    assert (held.currency, held.order_no, held.account, held.campaign) == ("CNY", None, None, None)
    assert held.expires_at - held.created_at == timedelta(seconds=90)
    assert await read(partner, held.hold_no) == reply.json
    assert (await partner.get("/v1/account")).json["balance"] == 10_000


async def test_a_confirm_is_the_order(shop: Shop) -> None:
    """201 with the codes that were held, charged at the price of the hold, though it rose since."""
    partner = await shop.partner(balance=10_000)
    sku = await shop.sku(codes=20, price=1_000)
    held = (await hold(partner, sku, quantity=2, buyer={"id": "u1"})).json
    await shop.price(sku, 5_000)
    reply = await confirm(partner, held["hold_no"], out_order_no="C-1", metadata={"k": "v"})
    assert reply.status == 201, reply.json
    order = msgspec.convert(reply.json, order_answers.Order, strict=True)
    assert (order.out_order_no, order.sku, order.quantity) == ("C-1", sku, 2)
    assert (order.amount, order.state, order.delivered_quantity) == (2_000, "delivered", 2)
    assert order.metadata == {"k": "v"}
    assert len({code["code"] for code in partner.codes(reply.json)}) == 2
    assert (await partner.get("/v1/account")).json["balance"] == 8_000
    after = await read(partner, held["hold_no"])
    assert (after["state"], after["order_no"]) == ("confirmed", order.order_no)
    again = await partner.get(f"/v1/orders/{order.order_no}")
    assert partner.codes(again.json) == partner.codes(reply.json)


async def test_both_numbers_are_idempotent(shop: Shop) -> None:
    """Again with the same content: 200, the same; with other content: 409, without effect.

    Seen red with the digest left out of the comparison of holds.
    """
    partner = await shop.partner(balance=10_000)
    sku = await shop.sku(codes=20, price=100)
    first = await hold(partner, sku, out_hold_no="H-1")
    again = await hold(partner, sku, out_hold_no="H-1")
    assert (first.status, again.status) == (201, 200)
    assert again.headers["Quangate-Replayed"] == "true"
    assert again.json == first.json
    for other in ({"quantity": 2}, {"ttl_s": 61}, {"buyer": {"id": "x"}}):
        assert (await hold(partner, sku, out_hold_no="H-1", **other)).problem == (
            409,
            "order-conflict",
        )
    hold_no = first.json["hold_no"]
    made = await confirm(partner, hold_no, out_order_no="C-1")
    replayed = await confirm(partner, hold_no, out_order_no="C-1")
    assert (made.status, replayed.status) == (201, 200)
    assert partner.codes(replayed.json) == partner.codes(made.json)
    assert {**replayed.json, "codes": 0} == {**made.json, "codes": 0}
    another = await confirm(partner, hold_no, out_order_no="C-2")
    assert another.problem == (409, "order-conflict")
    assert (
        f"This hold, or this out_order_no, belongs to order {made.json['order_no']}"
        in (another.json["detail"])
    )
    other = await confirm(partner, hold_no, out_order_no="C-1", metadata={"a": "b"})
    assert other.problem == (409, "order-conflict")
    replay = await hold(partner, sku, out_hold_no="H-1")  # whatever became of it
    assert (replay.status, replay.json["state"]) == (200, "confirmed")
    assert (await partner.get("/v1/account")).json["balance"] == 9_900


async def test_what_is_repeated_must_be_equal(shop: Shop) -> None:
    """sku, quantity, buyer and campaign may stand in the confirm; other ones are a conflict."""
    partner = await shop.partner()
    sku = await shop.sku(codes=20)
    held = (await hold(partner, sku, quantity=2, buyer={"id": "u1"})).json
    for wrong in ({"quantity": 1}, {"sku": "other"}, {"buyer": {"id": "u2"}}, {"account": "1"}):
        reply = await confirm(partner, held["hold_no"], **wrong)
        assert reply.problem == (409, "order-conflict"), wrong
        member = "buyer.id" if "buyer" in wrong else next(iter(wrong))
        assert reply.json["detail"].startswith(f"{member} is not what hold")
    same = {"sku": sku, "quantity": 2, "buyer": {"id": "u1"}}
    assert (await confirm(partner, held["hold_no"], **same)).status == 201


@pytest.mark.parametrize(
    ("members", "problem", "pointer"),
    [
        ({"ttl_s": 59}, (400, "invalid-request"), "/ttl_s"),
        ({"ttl_s": 901}, (400, "invalid-request"), "/ttl_s"),
        ({"quantity": 0}, (400, "invalid-request"), "/quantity"),
        ({"quantity": 501}, (400, "invalid-request"), "/quantity"),
        ({"colour": "red"}, (400, "invalid-request"), "/colour"),
        ({"buyer": {"ip": "300.1.1.1"}}, (400, "invalid-request"), "/buyer/ip"),
        ({"out_hold_no": ""}, (400, "invalid-request"), "/out_hold_no"),
        ({"sku": "no-such"}, (404, "unknown-sku"), None),
        ({"campaign": "no-such"}, (409, "campaign-closed"), None),
    ],
)
async def test_what_makes_no_sense_is_refused(
    shop: Shop, members: dict[str, Any], problem: tuple[int, str], pointer: str | None
) -> None:
    """The member that is wrong is named, and the number may be used again."""
    partner = await shop.partner()
    sku = await shop.sku(codes=10)
    reply = await hold(partner, **{"sku": sku, "out_hold_no": "N", **members})
    assert reply.problem == problem
    if pointer is not None:
        assert [error["pointer"] for error in reply.json["errors"]] == [pointer]
    assert (await hold(partner, sku, out_hold_no="N")).status == 201


async def test_an_empty_pool_is_sold_out(shop: Shop) -> None:
    """409, as for an order."""
    partner = await shop.partner()
    assert (await hold(partner, await shop.sku())).problem == (409, "sold-out")


async def test_another_s_hold_is_not_found(shop: Shop) -> None:
    """404 for reading, confirming and releasing, and for what is no number."""
    partner, other = await shop.partner(), await shop.partner()
    hold_no = (await hold(partner, await shop.sku(codes=4))).json["hold_no"]
    for number in (hold_no, "1", "nine"):
        assert (await other.get(f"/v1/holds/{number}")).problem == (404, "not-found")
        assert (await confirm(other, number)).problem == (404, "not-found")
        assert (await release(other, number)).problem == (404, "not-found")


async def test_confirming_keeps_the_rules_of_orders(shop: Shop) -> None:
    """max_amount below the price and an empty account refuse; the hold stays held."""
    partner = await shop.partner(balance=50)
    sku = await shop.sku(codes=10, price=100)
    held = (await hold(partner, sku)).json["hold_no"]
    assert (await confirm(partner, held, max_amount=99)).problem == (409, "price-changed")
    assert (await confirm(partner, held)).problem == (402, "insufficient-balance")
    assert (await confirm(partner, held, out_order_no="SUB-1")).problem == (400, "invalid-request")
    assert (await read(partner, held))["state"] == "held"


async def test_the_list_and_its_sums(shop: Shop) -> None:
    """Newest first, by state and SKU, page by page; the sums are of the state asked for."""
    partner = await shop.partner()
    one, two = await shop.sku(codes=50, price=10), await shop.sku(codes=50, price=20)
    made = [(await hold(partner, sku, quantity=2)).json for sku in (one, two, one)]
    await confirm(partner, made[0]["hold_no"])
    rows = await partner.everything("/v1/holds?limit=2")
    assert [row["hold_no"] for row in rows] == [each["hold_no"] for each in reversed(made)]
    page = (await partner.get("/v1/holds?state=held")).json
    assert [row["sku"] for row in page["data"]] == [one, two]
    assert {row["sku"]: (row["holds"], row["quantity"], row["amount"]) for row in page["sums"]} == {
        one: (1, 2, 20),
        two: (1, 2, 40),
    }
    of_one = (await partner.get(f"/v1/holds?sku={one}&state=confirmed")).json
    assert [row["hold_no"] for row in of_one["data"]] == [made[0]["hold_no"]]
    for wrong in ("state=open", "sku=a%20b", "limit=0", "cursor=AA", "colour=red"):
        assert (await partner.get(f"/v1/holds?{wrong}")).problem == (400, "invalid-request"), wrong


async def test_times_are_the_contract_s(shop: Shop) -> None:
    """RFC 3339 in UTC."""
    partner = await shop.partner()
    held = (await hold(partner, await shop.sku(codes=4))).json
    for name in ("expires_at", "created_at", "updated_at"):
        assert held[name].endswith("Z")
        assert datetime.fromisoformat(held[name]).tzinfo is not None
