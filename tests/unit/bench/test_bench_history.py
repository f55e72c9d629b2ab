"""The past that the bench writes by SQL fits the schema and adds up."""

from typing import Any

from bench.history import PARTNER, SOLD, write_orders
from bench.shop import PRICE_MINOR
from tests.conftest import Cli

ORDERS = 40

BROKEN_MONEY = """
SELECT a.partner_id FROM account a JOIN entry e USING (partner_id)
GROUP BY a.partner_id, a.balance, a.last_entry
HAVING a.balance <> sum(e.amount) OR a.last_entry <> max(e.seq) OR a.last_entry <> count(*)
"""
UNALLOCATED = """
SELECT count(*) FROM orders o JOIN allocation a ON a.order_id = o.id
WHERE o.seqs = ARRAY[a.seq] AND o.pool_id = a.pool_id
"""


async def test_the_written_past_is_consistent(cli: Cli, connection: Any) -> None:
    """Orders, allocations, entries, balance and purchase counters agree with each other."""
    funds = str(ORDERS * PRICE_MINOR)
    for command in (
        ("partner", "create", PARTNER),
        ("account", "deposit", PARTNER, funds, "--reference", "bench"),
        ("pool", "create", SOLD),
        ("sku", "create", SOLD, "--name", SOLD, "--kind", "code", "--pool", SOLD,
         "--price", str(PRICE_MINOR)),
    ):  # fmt: skip
        done = cli(*command, "--json")
        assert done.returncode == 0, done.stderr
    await connection.execute("UPDATE pool SET size = $1", ORDERS)

    await write_orders(connection, ORDERS)

    assert await connection.fetchval("SELECT count(*) FROM orders") == ORDERS
    assert await connection.fetchval(UNALLOCATED) == ORDERS
    assert await connection.fetchval("SELECT sum(used) FROM buyer_usage") == ORDERS
    assert await connection.fetchval("SELECT balance FROM account") == 0
    assert await connection.fetch(BROKEN_MONEY) == []
    assert await connection.fetchval("SELECT size - next_seq FROM pool") == 0
