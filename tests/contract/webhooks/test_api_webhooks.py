"""Webhook messages as their partner sees them: lists, replays, tests (api.md "The rest")."""

from typing import Any

import msgspec

from gateway.webhooks import http as webhook_reads
from tests.world.partner import Partner
from tests.world.shop import Shop

MEMBERS = {
    "id", "webhook_id", "type", "order_no", "url", "state", "attempts", "last_status",
    "next_attempt_at", "created_at",
}  # fmt: skip
NOWHERE = "https://hook.invalid/in"  # .invalid never resolves (RFC 2606)


async def deliveries(partner: Partner, query: str = "") -> list[dict[str, Any]]:
    """All deliveries, whose members must be those of the contract."""
    rows = await partner.everything(f"/v1/webhooks/deliveries{query}")
    for row in rows:
        assert set(row) == MEMBERS
        msgspec.convert(row, webhook_reads.Delivery)
    return rows


async def told_partner(shop: Shop, orders: int) -> tuple[Partner, list[str]]:
    """A partner with an endpoint and some orders; their numbers."""
    partner = await shop.partner()
    await shop.set_endpoint(await shop.name_of(partner), NOWHERE)
    sku = await shop.sku(codes=orders)  # known to the gateway: so is the endpoint set before
    order_nos = [
        (await partner.order(out_order_no=f"A{n}", sku=sku)).json["order_no"] for n in range(orders)
    ]
    return partner, order_nos


async def test_an_order_leads_to_a_delivery(shop: Shop) -> None:
    """Code orders send order.delivered to the endpoint; the list shows it."""
    partner, (order_no,) = await told_partner(shop, 1)
    (row,) = await deliveries(partner)
    assert row["webhook_id"] == f"msg_{row['id']}"
    assert (row["type"], row["order_no"], row["url"]) == ("order.delivered", order_no, NOWHERE)
    assert row["state"] in {"pending", "dead"}


async def test_a_partner_without_an_endpoint_has_none(shop: Shop) -> None:
    """No endpoint, no messages; a notify_url makes one for its order alone."""
    partner = await shop.partner()
    sku = await shop.sku(codes=2)
    await partner.order(out_order_no="A1", sku=sku)
    assert await deliveries(partner) == []
    notified = await partner.order(out_order_no="A2", sku=sku, notify_url=NOWHERE + "/own")
    (row,) = await deliveries(partner)
    assert (row["order_no"], row["url"]) == (notified.json["order_no"], NOWHERE + "/own")


async def test_filters(shop: Shop) -> None:
    """By order and by state; newest first; other partners' messages are not there."""
    partner, order_nos = await told_partner(shop, 3)
    other = await shop.partner()
    rows = await deliveries(partner, "?limit=1")
    assert [row["order_no"] for row in rows] == order_nos[::-1]
    (row,) = await deliveries(partner, f"?order_no={order_nos[1]}")
    assert row["order_no"] == order_nos[1]
    assert await deliveries(partner, "?order_no=abc") == []
    assert await deliveries(partner, "?order_no=1") == []
    assert await deliveries(partner, "?state=delivered") == []
    assert await deliveries(other) == []
    assert await deliveries(other, f"?order_no={order_nos[1]}") == []
    reply = await partner.get("/v1/webhooks/deliveries?state=lost")
    assert reply.problem == (400, "invalid-request")


async def test_a_dead_letter_can_be_replayed(shop: Shop, connection: Any) -> None:
    """The message is pending again, due now, under its old webhook-id."""
    partner, _ = await told_partner(shop, 1)
    (row,) = await deliveries(partner)
    await connection.execute(
        "UPDATE webhook SET state = 'dead', attempts = 10, next_attempt_at = NULL WHERE id = $1",
        int(row["id"]),
    )
    (dead,) = await deliveries(partner, "?state=dead")
    assert (dead["state"], dead["next_attempt_at"]) == ("dead", None)
    reply = await partner.send("POST", f"/v1/webhooks/deliveries/{row['id']}/replay")
    assert reply.status == 200
    assert set(reply.json) == MEMBERS
    assert reply.json["webhook_id"] == row["webhook_id"]
    assert reply.json["state"] == "pending"
    assert reply.json["attempts"] <= 1
    assert await deliveries(partner, "?state=dead") == []


async def test_what_cannot_be_replayed(shop: Shop) -> None:
    """Another partner's message, and what is none, is not found."""
    partner, _ = await told_partner(shop, 1)
    (row,) = await deliveries(partner)
    other = await shop.partner()
    target = f"/v1/webhooks/deliveries/{row['id']}/replay"
    assert (await other.send("POST", target)).problem == (404, "not-found")
    for id_ in ("0", "1", "x", "msg_", "9" * 30, "%00"):
        reply = await partner.send("POST", f"/v1/webhooks/deliveries/{id_}/replay")
        assert reply.problem == (404, "not-found")
    reply = await partner.send("POST", target, {"url": "https://elsewhere.example"})
    assert reply.problem == (400, "invalid-request")


async def test_what_nobody_would_hear_is_not_replayed(shop: Shop, connection: Any) -> None:
    """404 while the endpoint is disabled; the message keeps its tries. Seen red: it was dead
    again at once.
    """
    partner, _ = await told_partner(shop, 1)
    (row,) = await deliveries(partner)
    id_ = int(row["id"])
    await connection.execute("UPDATE webhook SET state = 'dead', attempts = 10 WHERE id = $1", id_)
    await connection.execute(
        "UPDATE webhook_endpoint SET disabled_at = now()"
        " WHERE partner_id = (SELECT partner_id FROM webhook WHERE id = $1)",
        id_,
    )
    reply = await partner.send("POST", f"/v1/webhooks/deliveries/{id_}/replay")
    assert reply.problem == (404, "not-found")
    assert "endpoint" in reply.json["detail"]
    query = "SELECT attempts FROM webhook WHERE id = $1"
    assert await connection.fetchval(query, id_) == 10


async def test_a_test_message(shop: Shop) -> None:
    """It stands in the list as type test, about no order."""
    partner, _ = await told_partner(shop, 0)
    reply = await partner.send("POST", "/v1/webhooks/test", {})
    assert reply.status == 200
    assert set(reply.json) == MEMBERS
    assert (reply.json["type"], reply.json["order_no"]) == ("test", None)
    assert reply.json["url"] == NOWHERE
    (row,) = await deliveries(partner)
    assert row["id"] == reply.json["id"]


async def test_a_test_message_needs_an_endpoint(shop: Shop, connection: Any) -> None:
    """404 without one, and when it was disabled."""
    partner = await shop.partner()
    assert (await partner.send("POST", "/v1/webhooks/test")).problem == (404, "not-found")
    await shop.set_endpoint(await shop.name_of(partner), NOWHERE)
    await connection.execute("UPDATE webhook_endpoint SET disabled_at = now()")
    assert (await partner.send("POST", "/v1/webhooks/test")).problem == (404, "not-found")
