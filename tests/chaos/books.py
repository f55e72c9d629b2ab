"""What must be true when the dust has settled: the ledger of the buyers against the database."""

from typing import Any

import asyncpg

from gateway.audit.run import audit
from gateway.audit.store import AuditSnapshot
from tests.chaos.buyers import Ledger
from tests.chaos.world import World, opened


async def differences(world: World, ledger: Ledger) -> list[str]:
    """All that does not add up; empty when every order survived."""
    async with opened(world.config) as database, database.pool.acquire() as connection:
        return [
            *ledger.wrong,
            *await _orders_differ(connection, world, ledger),
            *await _money_differs(connection, world),
            *await audit_complaints(connection),
        ]


async def audit_complaints(connection: Any) -> list[str]:
    """What `quangate audit` finds."""
    async with connection.transaction():  # it reads by a cursor
        findings = await audit(AuditSnapshot(connection))
    return [f"{f.invariant}: {f.detail}" for f in findings if not f.ok]


async def stats(connection: Any, sku: str) -> dict[str, int]:
    """The pool of a SKU as `quangate codes stats` counts it."""
    row = await connection.fetchrow(
        """
        SELECT p.size AS imported, p.size - p.next_seq + coalesce(
                   (SELECT sum(hi - lo) FROM fragment WHERE pool_id = p.id), 0)::bigint AS free,
               (SELECT count(*) FROM allocation a WHERE a.pool_id = p.id AND order_id IS NOT NULL)
                   AS delivered,
               (SELECT count(*) FROM allocation a WHERE a.pool_id = p.id AND order_id IS NULL)
                   AS void,
               (SELECT count(*) FROM lease l WHERE l.pool_id = p.id AND state = 'active') AS leases
        FROM pool p JOIN sku s ON s.pool_id = p.id WHERE s.sku = $1
        """,
        sku,
    )
    return dict(row)


async def stats_of(world: World) -> dict[str, int]:
    """The same, over a connection of its own."""
    async with opened(world.config) as database:
        return await stats(database.pool, world.sku)


async def _orders_differ(connection: Any, world: World, ledger: Ledger) -> list[str]:
    rows = await connection.fetch(
        "SELECT o.out_order_no, o.id, o.quantity, cardinality(o.seqs) AS codes FROM orders o"
        " JOIN partner p ON p.id = o.partner_id WHERE p.name = $1",
        world.partner,
    )
    found = {row["out_order_no"]: str(row["id"]) for row in rows}
    told = {number: accepted.order_no for number, accepted in ledger.accepted.items()}
    wrong = []
    if len(found) != len(rows):
        wrong.append("a number has two orders")
    if found != told:
        lost = sorted(told.items() - found.items())[:5]
        untold = sorted(found.items() - told.items())[:5]
        wrong.append(f"acknowledged but not there: {lost}; there but not acknowledged: {untold}")
    wrong += [f"{row['out_order_no']} has {row['codes']}" for row in rows
              if row["codes"] != row["quantity"]]  # fmt: skip
    return wrong


async def _money_differs(connection: asyncpg.Connection, world: World) -> list[str]:
    row = await connection.fetchrow(
        "SELECT a.balance, (SELECT coalesce(sum(o.quantity), 0)::bigint FROM orders o"
        " WHERE o.partner_id = p.id) AS pieces"
        " FROM account a JOIN partner p ON p.id = a.partner_id WHERE p.name = $1",
        world.partner,
    )
    expected = world.funds_minor - world.price_minor * row["pieces"]
    return [] if row["balance"] == expected else [f"balance {row['balance']}, not {expected}"]
