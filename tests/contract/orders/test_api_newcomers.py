"""Campaigns for buyers who never bought, as partners meet them."""

import asyncio
from collections import Counter
from datetime import timedelta

from tests.world.partner import Partner, Reply, eventually
from tests.world.shop import Shop, unique

HOUR = timedelta(hours=1)
ONLY_NEW = (403, "forbidden")
HOLD_ACCOUNTS = "SELECT FROM account FOR NO KEY UPDATE"  # as a commit of orders does
WAITERS = (
    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query ~ 'hold_goods'"
)


async def opened(shop: Shop, sku: str, *, codes: int | None = None) -> str:
    """Such a campaign that runs, and that the gateway knows."""
    name = await shop.campaign(sku, opens_in=-HOUR, lasts=2 * HOUR, codes=codes, new_buyers=True)
    partner = await shop.partner()

    async def known() -> bool:
        reply = await partner.order(out_order_no=unique("W"), sku=sku, campaign=name)
        return reply.problem == (400, "invalid-request")

    await eventually(known)
    return name


async def buy(partner: Partner, sku: str, buyer: str, **members: object) -> Reply:
    """One order of a buyer."""
    return await partner.order(
        out_order_no=unique("N"), sku=sku, buyer={"id": buyer}, **members
    )  # fmt: skip


async def test_it_is_for_buyers_who_never_bought(shop: Shop) -> None:
    """Who bought anything before, within it too, is told so; a buyer is one partner's. Outside of
    it everybody buys, and a number that was accepted is answered as it was.

    Seen red without judge_newcomers in judge_orders.
    """
    partner, other = await shop.partner(), await shop.partner()
    sku, another = await shop.sku(codes=10), await shop.sku(codes=5)
    assert (await buy(partner, another, "old")).status == 201
    name = await opened(shop, sku)
    assert (await buy(partner, sku, "old", campaign=name)).problem == ONLY_NEW
    assert (await buy(other, sku, "old", campaign=name)).status == 201
    first = {"out_order_no": unique("N"), "sku": sku, "buyer": {"id": "new"}, "campaign": name}
    assert (await partner.order(**first)).status == 201
    assert (await partner.order(**first)).status == 200
    assert (await buy(partner, sku, "new", campaign=name)).problem == ONLY_NEW
    assert (await buy(partner, sku, "new")).status == 201
    assert (await buy(partner, another, "later")).status == 201
    assert (await buy(partner, sku, "later", campaign=name)).problem == ONLY_NEW


async def test_it_has_to_know_the_buyer(shop: Shop) -> None:
    """An order without `buyer.id` is wrong at that member, in a batch too."""
    partner = await shop.partner()
    sku = await shop.sku(codes=2)
    name = await opened(shop, sku)
    reply = await partner.order(out_order_no="A", sku=sku, campaign=name)
    assert reply.problem == (400, "invalid-request")
    assert [error["pointer"] for error in reply.json["errors"]] == ["/buyer/id"]
    line = {"out_order_no": "B", "sku": sku, "campaign": name, "buyer": {"ip": "203.0.113.7"}}
    batch = await partner.send("POST", "/v1/orders/batch", {"orders": [line]})
    (error,) = batch.json["results"][0]["problem"]["errors"]
    assert error["pointer"] == "/orders/0/buyer/id"


async def test_what_came_to_nothing_does_not_count(shop: Shop) -> None:
    """Whose only order failed never bought."""
    partner = await shop.partner()
    sku, top_up = await shop.sku(codes=2), await shop.top_up_sku()
    reply = await buy(partner, top_up, "b", account="13800138000")
    assert reply.status == 201
    name = await opened(shop, sku)
    assert (await buy(partner, sku, "b", campaign=name)).problem == ONLY_NEW
    async with shop.database() as database, database.pool.acquire() as connection:
        await connection.execute(
            "UPDATE orders SET state = 'failed', refunded = amount WHERE id = $1",
            int(reply.json["order_no"]),
        )
    assert (await buy(partner, sku, "b", campaign=name)).status == 201


async def test_of_many_at_once_one_gets_it(shop: Shop) -> None:
    """Fifty orders of one buyer at the same moment, singles and lines of batches, in the campaign
    and outside of it: one in it at most, and none once another came first; nobody is busy.

    Seen red with the look at earlier lines taken out of judge_newcomers.
    """
    partner = await shop.partner()
    sku, plain = await shop.sku(codes=60), await shop.sku(codes=60)
    name = await opened(shop, sku)
    for round_ in range(4):
        buyer = f"crowd-{round_}"
        lines = [
            {"out_order_no": unique("N"), "sku": sku, "campaign": name, "buyer": {"id": buyer}}
            for _ in range(20)
        ]
        *singles, batch = await asyncio.gather(
            *(buy(partner, sku, buyer, campaign=name) for _ in range(10)),
            partner.send("POST", "/v1/orders/batch", {"orders": lines}),
        )
        said = Counter([reply.status for reply in singles])
        said.update(result["status"] for result in batch.json["results"])
        assert said == {201: 1, 403: 29}
    mixed = await asyncio.gather(
        *(buy(partner, plain, "both") for _ in range(10)),
        *(buy(partner, sku, "both", campaign=name) for _ in range(10)),
    )
    assert [reply.status for reply in mixed[:10]] == [201] * 10
    assert Counter(reply.status for reply in mixed[10:])[201] <= 1
    assert {reply.status for reply in mixed[10:]} <= {201, 403}


async def test_a_hold_in_it_is_for_newcomers_too(shop: Shop) -> None:
    """Judged at the hold and not again at its confirm; an open hold counts as bought, and one that
    was given back does not.

    It is made while no order of that partner is: it waits for the account. Seen red without the
    question in judge_hold, and without lock_accounts.
    """
    partner = await shop.partner()
    sku = await shop.sku(codes=100)
    name = await opened(shop, sku)

    async def hold(buyer: str) -> Reply:
        asked = {"out_hold_no": unique("H"), "sku": sku, "quantity": 1, "ttl_s": 60}
        return await partner.send(
            "POST", "/v1/holds", {**asked, "buyer": {"id": buyer}, "campaign": name}
        )

    assert (await buy(partner, sku, "old")).status == 201
    assert (await hold("old")).problem == ONLY_NEW
    held = await hold("new")
    assert held.status == 201
    assert (await hold("new")).problem == ONLY_NEW
    assert (await buy(partner, sku, "new", campaign=name)).problem == ONLY_NEW
    path = f"/v1/holds/{held.json['hold_no']}"
    assert (await partner.send("POST", f"{path}/release", {})).status == 200
    held = await hold("new")
    path = f"/v1/holds/{held.json['hold_no']}"
    confirmed = await partner.send("POST", f"{path}/confirm", {"out_order_no": unique("N")})
    assert confirmed.status == 201
    said = await asyncio.gather(*(hold("at-once") for _ in range(6)))
    assert Counter(reply.status for reply in said) == {201: 1, 403: 5}
    assert (await buy(partner, sku, "waits")).status == 201
    async with shop.database() as database, database.pool.acquire() as connection:
        async with connection.transaction():
            await connection.execute(HOLD_ACCOUNTS)
            asked = asyncio.create_task(hold("waits"))

            async def waits() -> bool:
                return asked.done() or await connection.fetchval(WAITERS) > 0

            await eventually(waits)
            assert not asked.done()
        assert (await asked).problem == ONLY_NEW


async def test_a_long_history_is_learnt_piece_by_piece(shop: Shop) -> None:
    """Each call learns so many entries and says whether that was all; again it learns nothing."""
    partner = await shop.partner()
    sku = await shop.sku(codes=6)
    first = await buy(partner, sku, "a")
    async with (
        shop.database() as database,
        database.pool.acquire() as connection,
        connection.transaction(),
    ):
        partner_id = await connection.fetchval(
            "SELECT partner_id FROM orders WHERE id = $1", int(first.json["order_no"])
        )
        # A worker learns ahead while such a campaign runs: from here on it waits for us.
        await connection.fetchval("SELECT learn_buyers($1, 0)", partner_id)
        learnt = await connection.fetchval(
            "SELECT seq FROM buyers_learnt WHERE partner_id = $1", partner_id
        )
        for buyer in ("b", "a", "c", "d"):
            await buy(partner, sku, buyer)
        entries = 6  # a deposit and five charges
        said = [
            await connection.fetchval("SELECT learn_buyers($1, 2)", partner_id) for _ in range(4)
        ]
        rows = await connection.fetch(
            "SELECT buyer_id FROM buyer_order WHERE partner_id = $1", partner_id
        )
    assert said == [learnt + 2 * calls >= entries for calls in (1, 2, 3, 4)]
    assert said[0] is False
    assert sorted(row["buyer_id"] for row in rows) == ["a", "b", "c", "d"]
