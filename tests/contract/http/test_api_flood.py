"""One partner's excess, or one wrong row, is that partner's alone (found.md §6, §7)."""

import asyncio
import hashlib
from datetime import UTC, datetime, timedelta

from gateway.partners import administer as partners
from tests.world.partner import eventually
from tests.world.shop import Shop, unique


async def test_a_rule_of_an_older_version_stops_only_its_sku(shop: Shop) -> None:
    """A rule that is refused today is in the database: its SKU is out of service, others sell."""
    partner, sku, other = await shop.partner(), await shop.top_up_sku(), await shop.top_up_sku()
    async with shop.database() as database:
        await database.pool.execute(r"UPDATE sku SET account_rule = '(?=1)\d+' WHERE sku = $1", sku)

    async def refused() -> bool:
        reply = await partner.order(out_order_no=unique("R"), sku=sku, account="13800138000")
        return reply.status != 201 and reply.problem == (503, "maintenance")

    await eventually(refused)
    well = await partner.order(out_order_no=unique("R"), sku=other, account="13800138000")
    assert well.status == 201


async def test_one_partners_lists_hold_up_nobody_else(shop: Shop) -> None:
    """Lists of one partner hang in the database: it is told so; orders, reads, readiness go on."""
    greedy, other, sku = await shop.partner(), await shop.partner(), await shop.sku(codes=3)
    async with shop.database() as database, database.pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        # Lists of deliveries read this table, and nothing that an order needs does.
        await connection.execute("LOCK TABLE webhook_endpoint IN ACCESS EXCLUSIVE MODE")
        try:
            hanging = [
                asyncio.create_task(greedy.get("/v1/webhooks/deliveries")) for _ in range(24)
            ]
            refused = await asyncio.wait(hanging, return_when=asyncio.FIRST_COMPLETED)
            first = next(iter(refused[0])).result()
            assert first.problem == (503, "overloaded")
            assert int(first.headers["Retry-After"]) >= 1
            assert (await other.get("/readyz")).status == 200
            assert (await other.get("/v1/orders")).status == 200
            assert (await other.get("/v1/account/entries")).status == 200
            placed = await other.order(out_order_no=unique("B"), sku=sku)
            assert placed.status == 201
            assert (await other.get(f"/v1/orders/{placed.json['order_no']}")).status == 200
        finally:
            await transaction.rollback()
        answers = await asyncio.gather(*hanging)
    assert {answer.status for answer in answers} == {200, 503}  # what had a connection is served
    assert (await greedy.get("/v1/webhooks/deliveries")).status == 200


async def test_a_penniless_flood_is_refused_and_its_accepted_orders_are_not(shop: Shop) -> None:
    """Batch after batch without money: every line 402; a replay still gets its order, and after a
    deposit orders are taken at once.
    """
    flood, sku = await shop.partner(balance=100), await shop.sku(codes=4_000, price=100)
    paid = {"out_order_no": unique("P"), "sku": sku}
    assert (await flood.order(**paid)).status == 201

    async def batch() -> list[int]:
        lines = [{"out_order_no": unique("F"), "sku": sku} for _ in range(300)]
        lines.insert(150, paid)
        answer = await flood.send("POST", "/v1/orders/batch", {"orders": lines})
        return [line["status"] for line in answer.json["results"]]

    for statuses in await asyncio.gather(*(batch() for _ in range(8))):
        assert statuses[150] == 200
        assert set(statuses) == {200, 402}
    assert await batch() == [402] * 150 + [200] + [402] * 150
    name = await shop.name_of(flood)
    async with shop.desk() as (db, _):
        await partners.deposit(db, name, 100, unique("D"))

    async def taken() -> bool:
        return (await flood.order(out_order_no=unique("P"), sku=sku)).status == 201

    await eventually(taken)


async def test_a_finished_day_is_kept_and_its_file_fits(shop: Shop) -> None:
    """Of yesterday the same is said twice, from what was kept; the file has the digest."""
    partner = await shop.partner(balance=700)
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    first = (await partner.get(f"/v1/statements/{yesterday}")).json
    async with shop.database() as database:
        kept = await database.pool.fetchval(
            "SELECT sha256 FROM statement_day d JOIN partner p ON p.id = d.partner_id"
            " WHERE p.name = $1 AND day = $2",
            *(await shop.name_of(partner), yesterday),
        )
    second = (await partner.get(f"/v1/statements/{yesterday}")).json
    assert first["complete"]
    assert kept == first["sha256"] == second["sha256"]
    assert {**first, "url": ""} == {**second, "url": ""}
    file = await partner.get(f"/v1/statements/{yesterday}/csv")
    assert hashlib.sha256(file.body).hexdigest() == kept
