"""Orders over HTTP: members, problems, batches, reading back (api.md "Orders")."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from gateway.catalog import administer as catalog
from gateway.orders import answers as order_answers
from tests.world.partner import Reply, eventually
from tests.world.shop import Shop, unique

AN_HOUR = timedelta(hours=1)


def as_contract(order: dict[str, Any], *, with_codes: bool) -> order_answers.Order:
    """The order, if it has exactly the members and types of the contract."""
    members = set(order_answers.Order.__struct_fields__) - {"sandbox"}
    assert set(order) == (members if with_codes else members - {"codes"})
    for name in ("created_at", "updated_at"):
        assert order[name].endswith("Z")
        assert datetime.fromisoformat(order[name]).tzinfo is not None
    return msgspec.convert(order, order_answers.Order, strict=True)


async def test_a_created_order(shop: Shop) -> None:
    """201 with every member of the contract, its codes openable, its money charged."""
    partner = await shop.partner(balance=10_000)
    sku = await shop.sku(codes=5, price=1_990)
    reply = await partner.order(
        out_order_no="A20260101-1",
        sku=sku,
        quantity=2,
        max_amount=3_980,
        buyer={"id": "u1", "ip": "203.0.113.7", "device": "d1"},
        metadata={"k": "v", "券": "码"},
    )
    assert reply.status == 201
    assert reply.headers["Content-Type"] == "application/json"
    assert "Quangate-Replayed" not in reply.headers
    order = as_contract(reply.json, with_codes=True)
    assert order.order_no.isdigit()
    assert (order.out_order_no, order.sku, order.quantity) == ("A20260101-1", sku, 2)
    assert (order.amount, order.currency, order.state) == (3_980, "CNY", "delivered")
    assert (order.account, order.failure, order.delivered_quantity) == (None, None, 2)
    assert order.metadata == {"k": "v", "券": "码"}
    codes = partner.codes(reply.json)
    assert len({code["code"] for code in codes}) == 2
    assert (await partner.get("/v1/account")).json["balance"] == 10_000 - 3_980


async def test_reading_an_order(shop: Shop) -> None:
    """By our number and by theirs, the same as when it was created, with the same codes."""
    partner = await shop.partner()
    sku = await shop.sku(codes=3)
    number = "A:1._-x"
    created = (await partner.order(out_order_no=number, sku=sku, quantity=3)).json
    for target in (
        f"/v1/orders/{created['order_no']}",
        f"/v1/orders/by-out-no/{number}",
        "/v1/orders/by-out-no/A%3A1._-x",
    ):
        reply = await partner.get(target)
        assert reply.status == 200
        as_contract(reply.json, with_codes=True)
        assert partner.codes(reply.json) == partner.codes(created)
        assert {**reply.json, "codes": 0} == {**created, "codes": 0}


async def test_a_top_up_is_processing(shop: Shop) -> None:
    """A top-up is taken, charged and not delivered yet; it has an account and no codes."""
    partner = await shop.partner(balance=10_000)
    sku = await shop.top_up_sku()
    reply = await partner.order(out_order_no="T1", sku=sku, account="13800138000")
    assert reply.status == 201
    order = as_contract(reply.json, with_codes=True)
    assert (order.account, order.delivered_quantity) == ("13800138000", 0)
    assert order.state in {"processing", "uncertain"}
    assert order.codes == []


@pytest.mark.parametrize(
    "account", [None, "1380013800", "138001380000", "not a number", "１３８００１３８０００"]
)
async def test_top_up_accounts_follow_the_rule(shop: Shop, account: str | None) -> None:
    """An account that the SKU's rule does not know is refused before anything happens."""
    partner = await shop.partner()
    sku = await shop.top_up_sku()
    reply = await partner.order(out_order_no="T1", sku=sku, account=account)
    assert reply.problem == (400, "invalid-request")
    assert [error["pointer"] for error in reply.json["errors"]] == ["/account"]


# ---------------------------------------------------------------- the problem table


async def test_unknown_and_not_offered_skus(shop: Shop) -> None:
    """unknown-sku for what is not there; forbidden for what others may buy."""
    partner, other = await shop.partner(), await shop.partner()
    offered = await shop.sku(
        codes=1,
        offers=[catalog.NewOffer(partner=await shop.name_of(other), price_minor=77)],
    )
    assert (await partner.order(out_order_no="A1", sku="NOPE")).problem == (404, "unknown-sku")
    assert (await partner.order(out_order_no="A1", sku=offered)).problem == (403, "forbidden")
    reply = await other.order(out_order_no="A1", sku=offered)
    assert (reply.status, reply.json["amount"]) == (201, 77)


async def test_insufficient_balance(shop: Shop) -> None:
    """402 leaves nothing behind: the number may be tried again with money."""
    partner = await shop.partner(balance=199)
    sku = await shop.sku(codes=2, price=100)
    reply = await partner.order(out_order_no="A1", sku=sku, quantity=2)
    assert reply.problem == (402, "insufficient-balance")
    assert (await partner.get("/v1/orders/by-out-no/A1")).problem == (404, "not-found")
    assert (await partner.get("/v1/account")).json["balance"] == 199
    assert (await partner.order(out_order_no="A1", sku=sku, quantity=1)).status == 201


async def test_sold_out(shop: Shop) -> None:
    """409 when the database proved it; more codes end it, with the same number."""
    partner = await shop.partner()
    sku = await shop.sku(codes=2)
    too_many = await partner.order(out_order_no="A1", sku=sku, quantity=3)
    assert too_many.problem == (409, "sold-out")
    assert (await partner.order(out_order_no="A2", sku=sku, quantity=2)).status == 201
    assert (await partner.order(out_order_no="A1", sku=sku, quantity=3)).status == 409
    await shop.stock_up(sku, 3)

    async def sold() -> bool:
        return (await partner.order(out_order_no="A1", sku=sku, quantity=3)).status == 201

    await eventually(sold)


async def test_price_changed(shop: Shop) -> None:
    """max_amount is the most the whole order may cost."""
    partner = await shop.partner()
    sku = await shop.sku(codes=3, price=100)
    order = {"out_order_no": "A1", "sku": sku, "quantity": 2}
    assert (await partner.order(**order, max_amount=199)).problem == (409, "price-changed")
    assert (await partner.order(**order, max_amount=200)).status == 201


async def test_campaigns(shop: Shop) -> None:
    """An order naming a campaign that is not open, not there or not of this SKU: 409."""
    partner = await shop.partner()
    sku, other = await shop.sku(codes=2), await shop.sku(codes=1)
    is_open = await shop.campaign(sku, opens_in=-AN_HOUR, lasts=2 * AN_HOUR)
    later = await shop.campaign(sku, opens_in=AN_HOUR, lasts=AN_HOUR)
    over = await shop.campaign(sku, opens_in=-2 * AN_HOUR, lasts=AN_HOUR)

    async def taken() -> bool:
        reply = await partner.order(out_order_no="A1", sku=sku, campaign=is_open)
        return reply.status in {200, 201}

    await eventually(taken)
    for campaign in (later, over, "nowhere"):
        reply = await partner.order(out_order_no="A2", sku=sku, campaign=campaign)
        assert reply.problem == (409, "campaign-closed")
    reply = await partner.order(out_order_no="A2", sku=other, campaign=is_open)
    assert reply.problem == (409, "campaign-closed")


async def test_limits_per_buyer(shop: Shop) -> None:
    """The limit counts per partner, SKU and buyer; without a buyer there is nothing to count."""
    partner, other = await shop.partner(), await shop.partner()
    sku = await shop.sku(codes=10, per_buyer=2)
    reply = await partner.order(out_order_no="A0", sku=sku)
    assert reply.problem == (400, "invalid-request")
    assert [error["pointer"] for error in reply.json["errors"]] == ["/buyer/id"]
    buyer = {"id": "u1"}
    assert (await partner.order(out_order_no="A1", sku=sku, buyer=buyer)).status == 201
    reply = await partner.order(out_order_no="A2", sku=sku, quantity=2, buyer=buyer)
    assert reply.problem == (422, "purchase-limit")
    assert (await partner.order(out_order_no="A2", sku=sku, buyer=buyer)).status == 201
    reply = await partner.order(out_order_no="A3", sku=sku, buyer=buyer)
    assert reply.problem == (422, "purchase-limit")
    assert (await partner.order(out_order_no="A3", sku=sku, buyer={"id": "u2"})).status == 201
    assert (await other.order(out_order_no="A1", sku=sku, buyer=buyer)).status == 201


async def test_cancelling_codes(shop: Shop) -> None:
    """Codes cannot be taken back; nor can what is not there."""
    partner, other = await shop.partner(), await shop.partner()
    sku = await shop.sku(codes=1)
    order_no = (await partner.order(out_order_no="A1", sku=sku)).json["order_no"]
    cancel = f"/v1/orders/{order_no}/cancel"
    assert (await partner.send("POST", cancel)).problem == (409, "not-cancellable")
    assert (await other.send("POST", cancel)).problem == (404, "not-found")
    assert (await partner.send("POST", "/v1/orders/1/cancel", {})).problem == (404, "not-found")
    reply = await partner.send("POST", cancel, {"reason": "x"})
    assert reply.problem == (400, "invalid-request")
    assert (await partner.get(f"/v1/orders/{order_no}")).json["state"] == "delivered"


async def test_cancelling_a_top_up(shop: Shop) -> None:
    """While nothing was sent upstream: failed, refunded, once; again: nothing more."""
    partner, other = await shop.partner(balance=10_000), await shop.partner()
    sku = await shop.top_up_sku()  # whose upstream cannot be reached: nothing is ever sent
    made = (await partner.order(out_order_no="T1", sku=sku, account="13800138000")).json
    cancel = f"/v1/orders/{made['order_no']}/cancel"
    assert (await other.send("POST", cancel)).problem == (404, "not-found")
    replies: list[Reply] = []

    async def cancelled() -> bool:  # refused while a send is being tried
        replies.append(await partner.send("POST", cancel))
        return replies[-1].status == 200

    await eventually(cancelled)
    assert {reply.problem for reply in replies[:-1]} <= {(409, "not-cancellable")}
    order = as_contract(replies[-1].json, with_codes=True)
    assert (order.state, order.delivered_quantity, order.codes) == ("failed", 0, [])
    assert order.failure is not None
    assert (await partner.get("/v1/account")).json["balance"] == 10_000
    again = await partner.send("POST", cancel)
    assert (again.status, again.json) == (200, replies[-1].json)
    read = await partner.get(f"/v1/orders/{made['order_no']}")
    assert read.json == replies[-1].json
    kinds = [entry["kind"] for entry in await partner.everything("/v1/account/entries")]
    assert kinds == ["refund", "charge", "deposit"]


async def test_another_partners_order_does_not_exist(shop: Shop) -> None:
    """404, always, whatever way it is asked for."""
    partner, other = await shop.partner(), await shop.partner()
    sku = await shop.sku(codes=1)
    order = (await partner.order(out_order_no=unique("A"), sku=sku)).json
    for target in (
        f"/v1/orders/{order['order_no']}",
        f"/v1/orders/by-out-no/{order['out_order_no']}",
    ):
        assert (await other.get(target)).problem == (404, "not-found")
    assert await other.everything("/v1/orders") == []


@pytest.mark.parametrize(
    "order_no", ["0", "01", "-1", "1e3", "abc", "9" * 19, "9" * 30, "%00", "1%2F2", "٣"]
)
async def test_odd_order_numbers(shop: Shop, order_no: str) -> None:
    """What cannot be an order number is not found, without an error inside."""
    partner = await shop.partner()
    target = "/v1/orders/" + order_no.replace("٣", "%D9%A3")
    assert (await partner.get(target)).problem == (404, "not-found")
    by_number = "/v1/orders/by-out-no/" + order_no.replace("٣", "%D9%A3")
    assert (await partner.get(by_number)).problem == (404, "not-found")


# ---------------------------------------------------------------- batches


async def test_a_batch_answers_line_by_line(shop: Shop) -> None:
    """Each line on its own, in order, with the status it would have had alone."""
    partner = await shop.partner()
    sku = await shop.sku(codes=5, price=100)
    lines = [
        {"out_order_no": "B1", "sku": sku},
        {"out_order_no": "B1", "sku": sku},
        {"out_order_no": "B1", "sku": sku, "quantity": 2},
        {"out_order_no": "B2", "sku": "NOPE"},
        {"out_order_no": "B3", "sku": sku, "quantity": 501},
        {"out_order_no": "B4", "sku": sku, "quantity": 4, "max_amount": 399},
        {"out_order_no": "B5", "sku": sku, "quantity": 4},
        {"out_order_no": "B6"},
        17,
    ]
    reply = await partner.send("POST", "/v1/orders/batch", {"orders": lines})
    assert reply.status == 200
    results = reply.json["results"]
    assert [result["status"] for result in results] == [201, 200, 409, 404, 400, 409, 201, 400, 400]
    codes = [result["problem"]["code"] for result in results if "problem" in result]
    assert codes == [
        "order-conflict", "unknown-sku", "invalid-request", "price-changed", "invalid-request",
        "invalid-request",
    ]  # fmt: skip
    for result in results:
        assert set(result) in ({"status", "order"}, {"status", "problem"})
        if "order" in result:
            as_contract(result["order"], with_codes=True)
        else:
            assert result["problem"]["status"] == result["status"]
    first, again, last = results[0]["order"], results[1]["order"], results[6]["order"]
    assert partner.codes(first) == partner.codes(again)
    opened = [code["code"] for order in (first, last) for code in partner.codes(order)]
    assert len(set(opened)) == 5
    pointers = [
        [error["pointer"] for error in result["problem"].get("errors", [])]
        for result in results
        if "problem" in result
    ]
    assert pointers == [[], [], ["/orders/4/quantity"], [], ["/orders/7/sku"], ["/orders/8"]]


async def test_a_batch_of_500(shop: Shop) -> None:
    """500 lines sell 500 different codes; the 501st buyer hears sold-out."""
    partner = await shop.partner()
    sku = await shop.sku(codes=500)
    lines = [{"out_order_no": f"B{n}", "sku": sku} for n in range(500)]
    results = (await partner.send("POST", "/v1/orders/batch", {"orders": lines})).json["results"]
    assert {result["status"] for result in results} == {201}
    assert [result["order"]["out_order_no"] for result in results] == [
        line["out_order_no"] for line in lines
    ]
    opened = {partner.codes(result["order"])[0]["code"] for result in results}
    assert len(opened) == 500
    assert (await partner.order(out_order_no="B500", sku=sku)).problem == (409, "sold-out")


async def test_orders_without_codes_left_in_a_batch(shop: Shop) -> None:
    """Lines over the stock are sold-out; the others are delivered."""
    partner = await shop.partner()
    sku = await shop.sku(codes=3)
    lines = [{"out_order_no": f"B{n}", "sku": sku} for n in range(5)]
    results = (await partner.send("POST", "/v1/orders/batch", {"orders": lines})).json["results"]
    assert sorted(result["status"] for result in results) == [201, 201, 201, 409, 409]


async def test_numbers_of_our_own_are_not_taken(shop: Shop) -> None:
    """`SUB-…` names orders that the gateway places itself; another spelling is the partner's."""
    partner, sku = await shop.partner(balance=1000), await shop.sku(codes=2)
    for number in ("SUB-1", "SUB-"):
        reply = await partner.order(out_order_no=number, sku=sku)
        assert reply.problem == (400, "invalid-request")
        assert reply.json["errors"][0]["pointer"] == "/out_order_no"
    lines = {"orders": [{"out_order_no": number, "sku": sku} for number in ("SUB-2", "sub-2")]}
    first, second = (await partner.send("POST", "/v1/orders/batch", lines)).json["results"]
    assert first["problem"]["errors"][0]["pointer"] == "/orders/0/out_order_no"
    assert second["status"] == 201
