"""Holds in campaigns that demand passes: the hold uses one up, its order needs none."""

import asyncio
from typing import Any

from gateway.ground.sql.named_sql import queries
from gateway.partners.administer import deposit
from tests.contract.orders.test_api_passes import made, order, room
from tests.world.holds import confirm, given_back, read, release
from tests.world.partner import Partner, Reply
from tests.world.shop import Shop, unique


async def hold_with(
    partner: Partner, sku: str, campaign: str, pass_: str | None, **members: Any
) -> Reply:
    """A hold of u1's in the campaign."""
    body = {
        "out_hold_no": unique("H"), "sku": sku, "campaign": campaign, "buyer": {"id": "u1"},
        **members,
    }  # fmt: skip
    headers = {} if pass_ is None else {"X-Quangate-Pass": pass_}
    return await partner.send("POST", "/v1/holds", body, headers=headers)


async def complaints(connection: Any) -> list[str]:
    """What the audit says of passes and holds."""
    checks = {**queries("campaigns/checks"), **queries("holds/checks")}
    return [row[0] for check in checks.values() for row in await connection.fetch(check)]


async def test_a_hold_demands_a_pass_and_its_confirm_none(shop: Shop, connection: Any) -> None:
    """None: `pass-required`; a wrong one: `pass-invalid`; then it is used up, for orders too; the
    number that was accepted is answered without.

    Seen red with the header not read: nothing could be held.
    """
    sku = await shop.sku(codes=40)
    campaign = await room(shop, sku)
    partner = await shop.partner()
    assert (await hold_with(partner, sku, campaign, None)).problem == (403, "pass-required")
    for wrong in ("v1", made(partner, campaign, buyer="u2"), made(partner, "other")):
        reply = await hold_with(partner, sku, campaign, wrong)
        assert reply.problem == (403, "pass-invalid"), wrong
    good = made(partner, campaign)
    first = await hold_with(partner, sku, campaign, good, out_hold_no="H-1")
    assert first.status == 201, first.json
    for again in (None, good, "v1"):
        replay = await hold_with(partner, sku, campaign, again, out_hold_no="H-1")
        assert (replay.status, replay.json) == (200, first.json)
    assert (await hold_with(partner, sku, campaign, good)).problem == (409, "pass-used")
    assert (await order(partner, sku, campaign, good)).problem == (409, "pass-used")
    placed = await confirm(partner, first.json["hold_no"])
    assert (placed.status, len(partner.codes(placed.json))) == (201, 1)
    assert await complaints(connection) == []


async def test_a_pass_that_an_order_used_holds_nothing(shop: Shop) -> None:
    """409 `pass-used`. Seen red with the look at the passes that were used left out."""
    sku = await shop.sku(codes=10)
    campaign = await room(shop, sku)
    partner = await shop.partner()
    assert (await order(partner, sku, campaign, made(partner, campaign))).status == 201
    used = await hold_with(partner, sku, campaign, made(partner, campaign))
    assert used.problem == (409, "pass-used")


async def test_a_refused_hold_leaves_its_pass_good(shop: Shop) -> None:
    """A budget, a wrong ttl, nothing left: the pass is good for the next try.

    Seen red with passes used before budgets are looked at.
    """
    sku = await shop.sku(codes=10)
    campaign = await room(shop, sku)
    partner = await shop.partner()
    good = made(partner, campaign)
    assert (await hold_with(partner, sku, campaign, good, ttl_s=1)).status == 400
    assert (await hold_with(partner, sku, campaign, good, quantity=9)).problem == (
        422, "hold-limit",
    )  # fmt: skip
    assert (await hold_with(partner, sku, campaign, good)).status == 201


async def test_one_pass_is_used_once_whatever_ends_the_hold(shop: Shop, connection: Any) -> None:
    """Released or over: the pass stays used, the goods go back."""
    sku = await shop.sku(codes=40)
    campaign = await room(shop, sku)
    partner = await shop.partner()
    passes = [made(partner, campaign, number=n) for n in (1, 2)]
    held = [(await hold_with(partner, sku, campaign, each)).json["hold_no"] for each in passes]
    await release(partner, held[0])
    await given_back(partner, connection, held[1])
    for each in passes:
        assert (await order(partner, sku, campaign, each)).problem == (409, "pass-used")
    late = await confirm(partner, held[1])
    assert (late.status, (await read(partner, held[1]))["state"]) == (201, "late_confirmed")
    assert await complaints(connection) == []


async def test_holds_and_orders_with_one_pass_at_once(shop: Shop, connection: Any) -> None:
    """Of forty at the same moment one is made, and none of the others fails otherwise.

    Seen red without the lock on the account: commits of orders met the key of `pass_use`, 500.
    """
    sku = await shop.sku(codes=200)
    campaign = await room(shop, sku)
    partner = await shop.partner()
    for n in range(10):
        good = made(partner, campaign, number=n + 1)
        tries = [(hold_with if k % 2 else order)(partner, sku, campaign, good) for k in range(12)]
        told = [reply.status for reply in await asyncio.gather(*tries)]
        assert (told.count(201), told.count(409)) == (1, 11), told
        for row in (await partner.get("/v1/holds?state=held")).json["data"]:
            await release(partner, row["hold_no"])
    assert await complaints(connection) == []


async def test_where_none_is_demanded_a_pass_is_ignored(shop: Shop) -> None:
    """Outside of a campaign."""
    partner = await shop.partner()
    sku = await shop.sku(codes=4)
    body = {"out_hold_no": unique("H"), "sku": sku}
    reply = await partner.send("POST", "/v1/holds", body, headers={"X-Quangate-Pass": "x"})
    assert reply.status == 201


async def test_no_money_is_no_matter_of_the_hold(shop: Shop) -> None:
    """The pass is the hold's; the confirm waits for money."""
    sku = await shop.sku(codes=10)
    campaign = await room(shop, sku)
    partner = await shop.partner(balance=0)
    held = (await hold_with(partner, sku, campaign, made(partner, campaign))).json
    assert (await confirm(partner, held["hold_no"])).problem == (402, "insufficient-balance")
    async with shop.desk() as (db, _):
        await deposit(db, await shop.name_of(partner), 1_000, unique("money"))
    assert (await confirm(partner, held["hold_no"])).status == 201
