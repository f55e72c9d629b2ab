"""Holds over HTTP: they use the units of quotas as orders do (commerce.md "hold-quota")."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from gateway.quotas import administer as quotas
from gateway.quotas.rules import Per, Window
from tests.world.holds import confirm, end_now, given_back, hold, release
from tests.world.partner import Partner, Reply
from tests.world.shop import Shop, unique

ANN = {"buyer": {"id": "ann"}}


async def limited(shop: Shop, per: Per, most: int, **more: Any) -> tuple[str, str]:
    """A SKU with enough codes, and the name of a quota on it."""
    sku, name = await shop.sku(codes=60), unique("quota")
    async with shop.desk() as (db, _):
        await quotas.create_quota(db, name, on=f"sku:{sku}", per=per, most=most, **more)
    await shop.sku()
    return sku, name


async def buy(partner: Partner, sku: str, quantity: int = 1) -> Reply:
    """One order of Ann's."""
    return await partner.order(out_order_no=unique("Q"), sku=sku, quantity=quantity, **ANN)


async def complaints(connection: Any) -> list[str]:
    """What the audit says of quotas and holds."""
    from gateway.ground.sql.named_sql import queries

    checks = {**queries("quotas/checks"), **queries("holds/checks")}
    return [row[0] for check in checks.values() for row in await connection.fetch(check)]


@pytest.mark.parametrize("per", [Per.BUYER, Per.TOTAL])
async def test_holding_does_not_pass_a_quota(shop: Shop, connection: Any, per: Per) -> None:
    """422 purchase-limit with the quota's name at the hold; an order finds the units taken, too.

    Seen red with nothing taken at the hold.
    """
    partner = await shop.partner()
    sku, name = await limited(shop, per, 3)
    assert (await hold(partner, sku, quantity=2, **ANN)).status == 201
    refused = await hold(partner, sku, quantity=2, **ANN)
    assert refused.problem == (422, "purchase-limit")
    assert (refused.json["quota"], refused.json["retryable"]) == (name, False)
    assert refused.json["detail"] == f"1 may still be bought under the limit {name}."
    assert (await buy(partner, sku, 2)).problem == (422, "purchase-limit")
    assert (await buy(partner, sku, 1)).status == 201
    assert (await hold(partner, sku, **ANN)).problem == (422, "purchase-limit")
    assert await complaints(connection) == []


async def test_the_limit_of_a_sku_is_one(shop: Shop) -> None:
    """`per_buyer` by name, and its window's end where it has one."""
    partner = await shop.partner()
    sku = await shop.sku(codes=20, per_buyer=1)
    assert (await hold(partner, sku, **ANN)).status == 201
    assert (await hold(partner, sku, **ANN)).json["quota"] == f"sku:{sku}"
    assert (await hold(partner, sku, buyer={"id": "bob"})).status == 201
    daily, name = await limited(shop, Per.BUYER, 1, window=Window.DAY)
    assert (await hold(partner, daily, buyer={"id": "eve"})).status == 201
    refused = await hold(partner, daily, buyer={"id": "eve"})
    assert (refused.json["quota"], refused.json["retryable"]) == (name, True)
    assert "resets_at" in refused.json
    assert int(refused.headers["Retry-After"]) > 0


async def test_a_confirm_needs_no_more(shop: Shop, connection: Any) -> None:
    """The last unit is the hold's: its order has it, and nobody has another.

    Seen red with the units asked for again at the confirm.
    """
    partner = await shop.partner()
    sku, _ = await limited(shop, Per.BUYER, 2)
    held = (await hold(partner, sku, quantity=2, **ANN)).json
    made = await confirm(partner, held["hold_no"], out_order_no="C-1")
    assert made.status == 201, made.json
    assert (await confirm(partner, held["hold_no"], out_order_no="C-1")).status == 200
    assert (await buy(partner, sku)).problem == (422, "purchase-limit")
    assert await complaints(connection) == []


async def test_over_by_the_clock_and_confirmed_with_what_it_held(
    shop: Shop, connection: Any
) -> None:
    """Before anybody gave anything back the units are the hold's still."""
    partner = await shop.partner()
    sku, _ = await limited(shop, Per.BUYER, 1)
    held = (await hold(partner, sku, **ANN)).json
    await end_now(connection, held["hold_no"])
    assert (await confirm(partner, held["hold_no"])).status == 201
    assert (await buy(partner, sku)).problem == (422, "purchase-limit")
    assert await complaints(connection) == []


@pytest.mark.parametrize("per", [Per.BUYER, Per.TOTAL])
async def test_nobody_is_refused_for_a_hold_that_is_over(
    shop: Shop, connection: Any, per: Per
) -> None:
    """At the very moment it reads `expired` its units are had, by an order as by another hold,
    though the keeper comes by once a second only.

    Seen red without `has_due_units` in either of the two: 422.
    """
    partner = await shop.partner()
    for again in (buy, hold):
        sku, _ = await limited(shop, per, 2)
        for _ in range(4):  # the keeper may have been there already, but not each time
            held = (await hold(partner, sku, quantity=2, **ANN)).json
            await end_now(connection, held["hold_no"])
            more = {} if again is buy else ANN
            taken = await again(partner, sku, quantity=2, **more)
            assert taken.status == 201, taken.json
            assert (await buy(partner, sku)).problem == (422, "purchase-limit")
            if again is hold:
                assert (await release(partner, taken.json["hold_no"])).status == 200
            else:
                sku, _ = await limited(shop, per, 2)
    assert await complaints(connection) == []


async def released(partner: Partner, _: Any, hold_no: str) -> None:
    """It ends by its partner."""
    assert (await release(partner, hold_no)).status == 200


@pytest.mark.parametrize("end", [released, given_back])
@pytest.mark.parametrize("per", [Per.BUYER, Per.TOTAL])
async def test_units_come_back(
    shop: Shop,
    connection: Any,
    per: Per,
    end: Callable[[Partner, Any, str], Awaitable[None]],
) -> None:
    """All of them, once, with release as with expiry.

    Seen red with each of the two left out.
    """
    partner = await shop.partner()
    sku, _ = await limited(shop, per, 2)
    held = (await hold(partner, sku, quantity=2, **ANN)).json
    assert (await buy(partner, sku)).problem == (422, "purchase-limit")
    await end(partner, connection, held["hold_no"])
    assert (await release(partner, held["hold_no"])).status in {200, 409}
    assert (await buy(partner, sku, 3)).problem == (422, "purchase-limit")
    assert (await buy(partner, sku, 2)).status == 201
    assert await complaints(connection) == []


async def test_late_takes_units_as_an_order(shop: Shop, connection: Any) -> None:
    """If there are some; else 409 hold-expired with refund_due, like codes that are gone.

    Seen red with nothing taken by late ones.
    """
    partner = await shop.partner()
    sku, _ = await limited(shop, Per.BUYER, 1)
    first = (await hold(partner, sku, **ANN)).json
    await given_back(partner, connection, first["hold_no"])
    second = (await hold(partner, sku, **ANN)).json
    await given_back(partner, connection, second["hold_no"])
    assert (await confirm(partner, first["hold_no"])).status == 201
    late = await confirm(partner, second["hold_no"])
    assert late.problem == (409, "hold-expired")
    assert late.json["refund_due"] is True
    assert await complaints(connection) == []


@pytest.mark.parametrize("per", [Per.BUYER, Per.TOTAL])
async def test_holds_and_orders_at_once(shop: Shop, connection: Any, per: Per) -> None:
    """Exactly as many as are allowed, whichever of the two takes them."""
    partner = await shop.partner()
    sku, _ = await limited(shop, per, 7)
    await shop.setting("holds.per_buyer", 100)
    tries = [hold(partner, sku, **ANN) if n % 2 else buy(partner, sku) for n in range(30)]
    statuses = [reply.status for reply in await asyncio.gather(*tries)]
    await shop.setting("holds.per_buyer", 2)
    assert (statuses.count(201), statuses.count(422)) == (7, 23)
    assert await complaints(connection) == []


async def test_a_repeated_hold_takes_nothing_again(shop: Shop, connection: Any) -> None:
    """It is answered as it was, though nothing is left."""
    partner = await shop.partner()
    sku, _ = await limited(shop, Per.BUYER, 1)
    made = await hold(partner, sku, out_hold_no="H", **ANN)
    again = await hold(partner, sku, out_hold_no="H", **ANN)
    assert (made.status, again.status) == (201, 200)
    assert await complaints(connection) == []
