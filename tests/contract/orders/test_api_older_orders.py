"""What an earlier release accepted is repeated, whatever is refused or told apart today (I5)."""

from typing import Any

import msgspec
import pytest

from gateway.orders.rules import OrderContent
from tests.conftest import unguarded
from tests.world.partner import Partner, Reply
from tests.world.shop import Shop


async def made_older(connection: Any, order_no: str, **columns: Any) -> None:
    """Write into an order what only an earlier release could have."""
    changes = ", ".join(f"{name} = ${at}" for at, name in enumerate(columns, 2))
    async with unguarded(connection):
        done = await connection.execute(
            f"UPDATE orders SET {changes} WHERE id = $1",
            int(order_no),
            *columns.values(),
        )
    assert done == "UPDATE 1"


async def with_empty_metadata(connection: Any, content: OrderContent, created: Reply) -> None:
    """The order as releases stored it that told `metadata: {}` from none."""
    digest = msgspec.structs.replace(content, metadata={}).digest()
    await made_older(connection, created.json["order_no"], metadata="{}", content_hash=digest)


@pytest.mark.parametrize("sold_out", [False, True])
@pytest.mark.parametrize("members", [{}, {"metadata": {}}, {"metadata": None}])
async def test_empty_metadata_of_an_earlier_release(
    shop: Shop, connection: Any, members: dict[str, Any], sold_out: bool
) -> None:
    """Repeated with `{}` or without: the order, on the way through the commit or past it."""
    partner, sku = await shop.partner(balance=1_000), await shop.sku(codes=1 if sold_out else 3)
    order = {"out_order_no": "A1", "sku": sku, "buyer": {"id": "u1"}}
    created = await partner.order(**order)
    content = OrderContent(out_order_no="A1", sku=sku, buyer_id="u1")
    await with_empty_metadata(connection, content, created)
    if sold_out:
        assert (await partner.order(out_order_no="A2", sku=sku)).problem == (409, "sold-out")
    replayed = await partner.order(**order, **members)
    assert (replayed.status, replayed.json["order_no"]) == (200, created.json["order_no"])
    assert partner.codes(replayed.json) == partner.codes(created.json)
    batch = {"orders": [{**order, **members}, {**order, "quantity": 2}]}
    lines = (await partner.send("POST", "/v1/orders/batch", batch)).json["results"]
    assert [line["status"] for line in lines] == [200, 409]
    await conflicts_still(partner, order)


async def conflicts_still(partner: Partner, order: dict[str, Any]) -> None:
    """Other content under the number is a conflict without effect."""
    before = (await partner.get("/v1/account")).json["balance"]
    for other in ({"metadata": {"k": ""}}, {"buyer": {"id": "u2"}}, {"quantity": 2}):
        reply = await partner.order(**{**order, **other})
        assert reply.problem == (409, "order-conflict")
    assert (await partner.get("/v1/account")).json["balance"] == before


async def test_an_account_that_no_row_keeps(shop: Shop, connection: Any) -> None:
    """The digest alone decides: it covers also what is not stored beside it."""
    partner, sku = await shop.partner(), await shop.sku(codes=3)
    order = {"out_order_no": "A1", "sku": sku, "account": "a"}
    created = await partner.order(**order)
    content = OrderContent(out_order_no="A1", sku=sku, account="a")
    await with_empty_metadata(connection, content, created)
    assert (await partner.order(**order)).status == 200
    assert (await partner.order(**{**order, "account": "b"})).problem == (409, "order-conflict")


REFUSED_TODAY: dict[str, tuple[dict[str, Any], dict[str, Any], str, str]] = {
    # (order as repeated, columns of its row, number of a new one, pointer of its refusal)
    "a number of ours": (
        {"out_order_no": "SUB-1"},
        {"out_order_no": "SUB-1"},
        "SUB-2",
        "/out_order_no",
    ),
    "an address of none": (
        {"out_order_no": "A1", "buyer": {"ip": "300.1.1.1"}},
        {"details": '{"buyer_ip":"300.1.1.1"}'},
        "A2",
        "/buyer/ip",
    ),
}


@pytest.mark.parametrize("name", REFUSED_TODAY)
async def test_what_is_refused_today(shop: Shop, connection: Any, name: str) -> None:
    """A rule younger than the order: the accepted one is repeated, a new one refused."""
    members, columns, number, pointer = REFUSED_TODAY[name]
    partner, sku = await shop.partner(), await shop.sku(codes=2)
    created = await partner.order(out_order_no="A1", sku=sku)
    ip = members.get("buyer", {}).get("ip")
    digest = OrderContent(out_order_no="A1", sku=sku, buyer_ip=ip).digest()
    await made_older(connection, created.json["order_no"], content_hash=digest, **columns)
    order = {"sku": sku, **members}
    replayed = await partner.order(**order)
    assert (replayed.status, replayed.json["order_no"]) == (200, created.json["order_no"])
    assert (await partner.order(**{**order, "quantity": 2})).problem == (409, "order-conflict")
    new = await partner.order(**{**order, "out_order_no": number})
    assert new.problem == (400, "invalid-request")
    assert new.json["errors"][0]["pointer"] == pointer


ADDRESSES = {
    "203.0.113.7": 201, "::1": 201, "2001:DB8::7": 201, "::ffff:203.0.113.7": 201,
    "0.0.0.0": 201, "300.1.1.1": 400, "203.0.113": 400, "203.0.113.07": 400, "1": 400,
    "0x7f000001": 400, "203.0.113.7:80": 400, "[::1]": 400, "[::1]:80": 400, "fe80::1%eth0": 400,
    "203.0.113.0/24": 400, " 203.0.113.7": 400, "203.0.113.7 ": 400, "１.1.1.1": 400,
    "example.com": 400, "unknown": 400,
}  # fmt: skip


async def test_the_address_of_a_buyer(shop: Shop) -> None:
    """`buyer.ip` is one address of IPv4 or IPv6; all else is named."""
    partner, sku = await shop.partner(), await shop.sku(codes=len(ADDRESSES))
    said = {}
    for at, address in enumerate(ADDRESSES):
        reply = await partner.order(out_order_no=f"A{at}", sku=sku, buyer={"ip": address})
        said[address] = reply.status
        if reply.status == 400:
            assert reply.json["errors"][0]["pointer"] == "/buyer/ip"
    assert said == ADDRESSES
