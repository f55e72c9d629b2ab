"""Holds of what has no codes: its stock is a quota that counts a total (commerce.md "Holds")."""

from typing import Any

import pytest

from gateway.catalog.rules import SkuKind
from gateway.ground.sql.named_sql import queries
from gateway.quotas import administer as quotas
from gateway.quotas.rules import Per
from tests.world.holds import confirm, end_now, given_back, hold, read, release
from tests.world.partner import Partner
from tests.world.shop import unique
from tests.world.topup_fixtures import gateway, session, topups
from tests.world.topup_shop import PRICE_MINOR, Outlet, TopUpShop, balance, until

__all__ = ["gateway", "session", "topups"]

SECOND = "13900139000"


async def sliced(topups: TopUpShop, outlet: Outlet, most: int, *, per: Per = Per.TOTAL) -> str:
    """A top-up SKU of which so many slices may be had."""
    sku = await topups.sku([(outlet.name, None)])
    await limit(topups, sku, most, per)
    return sku


async def limit(topups: TopUpShop, sku: str, most: int, per: Per) -> None:
    """So many of a SKU, known to the gateway."""
    async with topups.shop.desk() as (db, _):
        await quotas.create_quota(db, unique("slices"), on=f"sku:{sku}", per=per, most=most)
    await topups.shop.partner(balance=0)  # a key that is known: so is what was made before


async def complaints(connection: Any) -> list[str]:
    """What the audit says of quotas and holds."""
    checks = {**queries("quotas/checks"), **queries("holds/checks")}
    return [row[0] for check in checks.values() for row in await connection.fetch(check)]


async def left(partner: Partner, sku: str) -> int:
    """How many slices an order would find: refused for more than there are, it says so."""
    reply = await hold(partner, sku, quantity=500, account=SECOND)
    assert reply.problem == (422, "purchase-limit")
    return int(reply.json["detail"].split()[0])


async def test_a_slice_is_held_and_topped_up_at_the_price_of_the_hold(
    topups: TopUpShop, connection: Any
) -> None:
    """Nothing is sent or charged before the confirm; then it is an order like any other, once.

    Seen red with counted SKUs refused, as they were.
    """
    async with topups.outlet("kasushou") as outlet:
        partner = await topups.shop.partner(balance=10_000)
        sku = await sliced(topups, outlet, 3)
        account = outlet.account("000")
        made = await hold(partner, sku, quantity=2, account=account, out_hold_no="H")
        assert made.status == 201, made.json
        held = made.json
        assert (held["state"], held["account"], held["quantity"]) == ("held", account, 2)
        assert held["amount"] == 2 * PRICE_MINOR
        assert (await balance(partner), await left(partner, sku)) == (10_000, 1)
        again = await hold(partner, sku, quantity=2, account=account, out_hold_no="H")
        assert (again.status, again.json) == (200, held)
        await topups.shop.price(sku, 9_999)
        placed = await confirm(partner, held["hold_no"], out_order_no="C", account=account)
        assert placed.status == 201, placed.json
        order = placed.json
        assert (order["state"], order["account"], order["codes"]) == ("processing", account, [])
        assert order["amount"] == 2 * PRICE_MINOR
        done = await until(partner, order)
        assert (done["state"], outlet.executions(done)) == ("delivered", 1)
        assert await balance(partner) == 10_000 - 2 * PRICE_MINOR
        replay = await confirm(partner, held["hold_no"], out_order_no="C", account=account)
        assert (replay.status, replay.json["order_no"]) == (200, order["order_no"])
        assert (await read(partner, held["hold_no"]))["order_no"] == order["order_no"]
        assert await left(partner, sku) == 1
    assert await complaints(connection) == []


async def test_the_account_is_the_hold_s(topups: TopUpShop) -> None:
    """It is checked by the SKU's rule at the hold; a confirm repeats it or not, and no other."""
    sku = await topups.shop.top_up_sku(account_rule="cn-mobile")
    await limit(topups, sku, 9, Per.TOTAL)
    partner = await topups.shop.partner()
    for wrong in ({}, {"account": "12"}):
        refused = await hold(partner, sku, **wrong)
        assert refused.problem == (400, "invalid-request")
        assert [error["pointer"] for error in refused.json["errors"]] == ["/account"]
    held = (await hold(partner, sku, account=SECOND)).json["hold_no"]
    other = await confirm(partner, held, account="13800138000")
    assert other.problem == (409, "order-conflict")
    placed = await confirm(partner, held)
    assert (placed.status, placed.json["account"]) == (201, SECOND)


@pytest.mark.parametrize("account", [{"account": SECOND}, {}])
async def test_what_is_not_counted_is_not_held(topups: TopUpShop, account: dict[str, str]) -> None:
    """A top-up that nobody counts, or only by buyer, has no stock: 400 at /sku, before its account.

    Seen red with every SKU that has some quota held.
    """
    async with topups.outlet("kasushou") as outlet:
        partner = await topups.shop.partner()
        mine = await sliced(topups, outlet, 3, per=Per.BUYER)
        for sku in (await topups.sku([(outlet.name, None)]), mine):
            refused = await hold(partner, sku, buyer={"id": "u"}, **account)
            assert refused.problem == (400, "invalid-request")
            assert [error["pointer"] for error in refused.json["errors"]] == ["/sku"]


async def test_slices_come_back(topups: TopUpShop, connection: Any) -> None:
    """With release, with expiry, and with an order that its platform rejects."""
    async with topups.outlet("kasushou") as outlet:
        partner = await topups.shop.partner()
        sku = await sliced(topups, outlet, 5)
        one = (await hold(partner, sku, quantity=2, account=outlet.account("000"))).json
        two = (await hold(partner, sku, quantity=3, account=outlet.account("000"))).json
        assert (await hold(partner, sku, account=SECOND)).problem == (422, "purchase-limit")
        assert (await release(partner, one["hold_no"])).json["state"] == "released"
        assert await left(partner, sku) == 2
        await given_back(partner, connection, two["hold_no"])
        assert await left(partner, sku) == 5
        three = (await hold(partner, sku, quantity=4, account=outlet.account("001"))).json
        placed = (await confirm(partner, three["hold_no"])).json
        assert (await until(partner, placed))["state"] == "failed"
        assert await left(partner, sku) == 5
    assert await complaints(connection) == []


async def test_late_slices(topups: TopUpShop, connection: Any) -> None:
    """late_confirmed while there are slices, at the price of the hold; else 409 with refund_due."""
    async with topups.outlet("kasushou") as outlet:
        partner = await topups.shop.partner()
        sku = await sliced(topups, outlet, 1)
        found = (await hold(partner, sku, account=outlet.account("000"))).json
        await given_back(partner, connection, found["hold_no"])
        none = (await hold(partner, sku, account=SECOND)).json
        await given_back(partner, connection, none["hold_no"])
        await topups.shop.price(sku, 5)
        late = await confirm(partner, found["hold_no"])
        assert (late.status, late.json["amount"]) == (201, PRICE_MINOR)
        assert (await read(partner, found["hold_no"]))["state"] == "late_confirmed"
        assert (await until(partner, late.json))["state"] == "delivered"
        over = await confirm(partner, none["hold_no"])
        assert over.problem == (409, "hold-expired")
        assert over.json["refund_due"] is True
        assert (await read(partner, none["hold_no"]))["state"] == "late_refused"
    assert await complaints(connection) == []


async def test_over_by_the_clock_alone(topups: TopUpShop, connection: Any) -> None:
    """Before anybody gave the slice back it is the hold's still."""
    async with topups.outlet("kasushou") as outlet:
        partner = await topups.shop.partner()
        sku = await sliced(topups, outlet, 1)
        held = (await hold(partner, sku, account=outlet.account("000"))).json
        await end_now(connection, held["hold_no"])
        assert (await confirm(partner, held["hold_no"])).status == 201
    assert await complaints(connection) == []


async def test_codes_bought_on_demand_can_be_counted(topups: TopUpShop) -> None:
    """They have no stock of their own either; their order buys them."""
    async with topups.outlet("kasushou") as outlet:
        partner = await topups.shop.partner()
        sku = await topups.code_sku((outlet.name, "card-1"), kind=SkuKind.CODE)
        assert (await hold(partner, sku)).problem == (400, "invalid-request")
        await limit(topups, sku, 2, Per.TOTAL)
        held = (await hold(partner, sku)).json
        done = await until(partner, (await confirm(partner, held["hold_no"])).json)
        assert done["state"] == "delivered"
        assert len(partner.codes(done)) == 1
