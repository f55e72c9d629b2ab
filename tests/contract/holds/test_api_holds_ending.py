"""Holds over HTTP: released, over, late; budgets; what others may have (commerce.md "Holds")."""

import asyncio
from typing import Any

from tests.world.holds import confirm, end_now, given_back, hold, read, release
from tests.world.shop import Shop


async def test_a_released_hold_is_nobody_s(shop: Shop) -> None:
    """Its codes are for sale again; a confirm is 409 hold-released; again it changes nothing."""
    partner = await shop.partner()
    sku = await shop.sku(codes=4)
    await shop.setting("holds.pool_percent", 100)
    held = (await hold(partner, sku, quantity=4)).json
    assert (await release(partner, held["hold_no"])).json["state"] == "released"
    assert (await release(partner, held["hold_no"])).json["state"] == "released"
    assert (await confirm(partner, held["hold_no"])).problem == (409, "hold-released")
    assert (await partner.order(out_order_no="all", sku=sku, quantity=4)).status == 201
    await shop.setting("holds.pool_percent", 30)


async def test_a_confirmed_hold_is_not_released(shop: Shop) -> None:
    """409 not-cancellable, and the order stands."""
    partner = await shop.partner()
    held = (await hold(partner, await shop.sku(codes=4))).json
    assert (await confirm(partner, held["hold_no"])).status == 201
    assert (await release(partner, held["hold_no"])).problem == (409, "not-cancellable")
    assert (await read(partner, held["hold_no"]))["state"] == "confirmed"


async def test_over_and_confirmed_before_anybody_looked(shop: Shop, connection: Any) -> None:
    """By the database's clock it is late, with the very codes that were held."""
    partner = await shop.partner()
    held = (await hold(partner, await shop.sku(codes=4), quantity=1)).json
    await end_now(connection, held["hold_no"])
    assert (await confirm(partner, held["hold_no"])).status == 201
    assert (await read(partner, held["hold_no"]))["state"] == "late_confirmed"


async def test_late_and_there_is_stock(shop: Shop, connection: Any) -> None:
    """late_confirmed at the price of the hold, with other codes than were held, if need be."""
    partner = await shop.partner(balance=10_000)
    sku = await shop.sku(codes=4, price=100)
    held = (await hold(partner, sku)).json
    await given_back(partner, connection, held["hold_no"])
    await shop.price(sku, 5_000)
    reply = await confirm(partner, held["hold_no"], out_order_no="late")
    assert (reply.status, reply.json["amount"]) == (201, 100)
    assert (await confirm(partner, held["hold_no"], out_order_no="late")).status == 200
    after = await read(partner, held["hold_no"])
    assert (after["state"], after["order_no"]) == ("late_confirmed", reply.json["order_no"])
    assert (await partner.get("/v1/account")).json["balance"] == 9_900


async def test_late_and_nothing_left(shop: Shop, connection: Any) -> None:
    """409 hold-expired with refund_due, for good, and one webhook hold.late; nothing is charged."""
    partner = await shop.partner(balance=10_000)
    await shop.set_endpoint(await shop.name_of(partner), "http://127.0.0.1:9/late")
    sku = await shop.sku(codes=4, price=100)
    held = (await hold(partner, sku)).json
    await given_back(partner, connection, held["hold_no"])
    buyer = await shop.partner()
    assert (await buyer.order(out_order_no="all", sku=sku, quantity=4)).status == 201
    for _ in range(2):
        reply = await confirm(partner, held["hold_no"])
        assert reply.problem == (409, "hold-expired")
        assert (reply.json["refund_due"], reply.json["retryable"]) == (True, False)
    assert (await read(partner, held["hold_no"]))["state"] == "late_refused"
    await shop.stock_up(sku, 4)
    assert (await confirm(partner, held["hold_no"])).problem == (409, "hold-expired")
    rows = (await partner.get("/v1/webhooks/deliveries")).json["data"]
    assert [row["type"] for row in rows] == ["hold.late"]
    assert (await partner.get("/v1/account")).json["balance"] == 10_000


async def test_only_held_codes_are_left(shop: Shop) -> None:
    """An order is busy until the first hold ends at the latest; more than there can be is sold out.

    Seen red with refill's verdict 'held' left out: sold-out is said of codes that come back.
    """
    partner = await shop.partner()
    sku = await shop.sku(codes=10)
    await hold(partner, sku, quantity=3, ttl_s=900)
    assert (await partner.order(out_order_no="rest", sku=sku, quantity=7)).status == 201
    reply = await partner.order(out_order_no="one", sku=sku, quantity=1)
    assert reply.problem == (503, "busy")
    assert 60 < int(reply.headers["Retry-After"]) <= 900
    reply = await partner.order(out_order_no="four", sku=sku, quantity=4)
    assert reply.problem == (409, "sold-out")


async def test_budgets(shop: Shop) -> None:
    """Two of a buyer, ten of an address, thirty percent of a pool rounded up: 422 hold-limit.

    Seen red for each with its comparison taken away.
    """
    partner, other = await shop.partner(), await shop.partner()
    sku = await shop.sku(codes=100)
    for n in range(2):
        assert (await hold(partner, sku, buyer={"id": "b", "ip": f"192.0.2.{n}"})).status == 201
    full = await hold(partner, sku, buyer={"id": "b"})
    assert full.problem == (422, "hold-limit")
    assert (full.json["retryable"], 0 < int(full.headers["Retry-After"]) <= 60) == (True, True)
    assert (await hold(other, sku, buyer={"id": "b"})).status == 201  # another partner's buyer
    for n in range(10):
        who = (partner, other)[n % 2]
        assert (await hold(who, sku, buyer={"id": f"i{n}", "ip": "198.51.100.7"})).status == 201
    crowd = await hold(partner, sku, buyer={"id": "i10", "ip": "198.51.100.7"})
    assert crowd.problem == (422, "hold-limit")
    small = await shop.sku(codes=11)
    assert (await hold(partner, small, quantity=4)).status == 201  # 3.3, rounded up
    share = await hold(partner, small)
    assert share.problem == (422, "hold-limit")
    assert (share.json["retryable"], "Retry-After" in share.headers) == (True, True)


async def test_more_than_the_share_is_not_worth_another_try(shop: Shop) -> None:
    """What would be too much though nothing were held has no Retry-After and is not retryable.

    Seen red: it was told to come back when another hold ends.
    """
    partner = await shop.partner()
    sku = await shop.sku(codes=20)
    assert (await hold(partner, sku)).status == 201
    large = await hold(partner, sku, quantity=7)  # of 20: 6
    assert large.problem == (422, "hold-limit")
    assert (large.json["retryable"], "Retry-After" in large.headers) == (False, False)


async def test_a_budget_is_changed_at_once(shop: Shop) -> None:
    """`setting set` is in force within a second, up and down."""
    partner = await shop.partner()
    sku = await shop.sku(codes=100)
    await shop.setting("holds.per_buyer", 1)
    assert (await hold(partner, sku, buyer={"id": "s"})).status == 201
    assert (await hold(partner, sku, buyer={"id": "s"})).problem == (422, "hold-limit")
    await shop.setting("holds.per_buyer", 2)
    assert (await hold(partner, sku, buyer={"id": "s"})).status == 201


async def test_a_confirm_frees_its_budget(shop: Shop) -> None:
    """Confirmed and released ones are not open any more."""
    partner = await shop.partner()
    sku = await shop.sku(codes=100)
    first = (await hold(partner, sku, buyer={"id": "f"})).json["hold_no"]
    second = (await hold(partner, sku, buyer={"id": "f"})).json["hold_no"]
    await confirm(partner, first)
    await release(partner, second)
    for _ in range(2):
        assert (await hold(partner, sku, buyer={"id": "f"})).status == 201


async def test_at_once_as_one_after_the_other(shop: Shop) -> None:
    """Many at the same moment: of one number one is made, and of one buyer, or address, as many as
    its budget.

    Seen red with a batch judged as if none of its holds were about another.
    """
    partner = await shop.partner()
    sku = await shop.sku(codes=400)
    same = await asyncio.gather(*(hold(partner, sku, out_hold_no="same") for _ in range(20)))
    assert sorted(reply.status for reply in same) == [200] * 19 + [201]
    assert len({reply.json["hold_no"] for reply in same}) == 1
    for who, most in (({"id": "one"}, 2), ({"ip": "203.0.113.99"}, 10)):
        tries = (hold(partner, sku, buyer=who) for _ in range(20))
        told = [reply.status for reply in await asyncio.gather(*tries)]
        assert (told.count(201), told.count(422)) == (most, 20 - most)
    mixed = (hold(partner, sku, out_hold_no=f"m{n % 4}", quantity=1 + n % 2) for n in range(20))
    told = sorted(reply.status for reply in await asyncio.gather(*mixed))
    assert (told.count(201), told.count(409)) == (4, 0)
