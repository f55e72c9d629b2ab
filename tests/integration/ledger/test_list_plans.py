"""What lists cost: every filter, also one that nothing matches, looks at a bounded number of rows.

Counted are the rows that the plans touch, as PostgreSQL says, not seconds: with statistics from
before the history and after it, with plans made for the values and with generic ones.
"""

import json
import os
import re
from collections.abc import Iterator
from typing import Any

from gateway.ground.sql.connecting import BY_INDEX
from gateway.ground.sql.named_sql import queries
from gateway.orders import store as orders
from gateway.orders.record import ID_MAX
from gateway.webhooks import read_store as webhook_reads
from tests.conftest import unguarded
from tests.world import WORLD_FILES

ROWS = int(
    os.environ.get("QUANGATE_TEST_HISTORY", "60000")
)  # of each table; also run with a million
PAGE = 201
TABLES = {
    "orders", "webhook", "entry", "attempt", "callback", "change", "code_fingerprint", "allocation",
    "service_case",
}  # fmt: skip

HISTORY = (WORLD_FILES / "long_history.sql").read_text().replace(":rows", str(ROWS))

# Statement, its arguments ({long} and {other} are partners, one delivered all, one failed all).
LISTS: dict[str, tuple[str, str, str]] = {
    "orders": ("orders/queries", "page", f"{{long}}, {ID_MAX}, {PAGE}"),
    "how far": ("orders/queries", "reach", f"{{long}}, {ID_MAX}, 0, {orders.SCAN_MAX}"),
    "how far among failed": (
        "orders/queries", "reach_unusual", f"{{other}}, {ID_MAX}, 0, {orders.SCAN_MAX}, 'failed'",
    ),
    "no such state": (
        "orders/queries", "reach_unusual", f"{{long}}, {ID_MAX}, 0, {orders.SCAN_MAX}, 'uncertain'",
    ),
    "another SKU": (
        "orders/queries", "narrowed",
        f"{{long}}, {ID_MAX}, {{reached}}, NULL, 2, NULL, NULL, {PAGE}",
    ),
    "later": (
        "orders/queries", "narrowed",
        f"{{long}}, {ID_MAX}, {{reached}}, NULL, NULL, '2026-02-01Z', NULL, {PAGE}",
    ),
    "delivered of one that failed": (
        "orders/queries", "narrowed",
        f"{{other}}, {ID_MAX}, {{reached}}, 'delivered', NULL, NULL, NULL, {PAGE}",
    ),
    "failed of another SKU": (
        "orders/queries", "narrowed_unusual",
        f"{{other}}, {ID_MAX}, {{reached}}, 'failed', 2, NULL, NULL, {PAGE}",
    ),
    "a state nothing has": (
        "orders/queries", "narrowed_unusual",
        f"{{long}}, {ID_MAX}, 0, 'partial', NULL, NULL, NULL, {PAGE}",
    ),
    "entries": ("ledger/queries", "entries", f"{{long}}, {ROWS // 2}, {PAGE}"),
    "deliveries": ("webhooks/read_queries", "page", f"{{long}}, {ID_MAX}, {PAGE}, false"),
    "deliveries of one that has none": (
        "webhooks/read_queries", "page", f"{{other}}, {ID_MAX}, {PAGE}, false",
    ),
    "how far among none": (
        "webhooks/read_queries", "reach", f"{{other}}, {ID_MAX}, {webhook_reads.SCAN_MAX}",
    ),
    "dead deliveries of one that has none": (
        "webhooks/read_queries", "dead", f"{{other}}, {ID_MAX}, {PAGE}, false",
    ),
    "deliveries of no order": (
        "webhooks/read_queries", "of_order", f"{{long}}, {ID_MAX}, {PAGE}, 7, NULL, false",
    ),
    "dead deliveries": ("webhooks/read_queries", "dead", f"{{long}}, {ID_MAX}, {PAGE}, false"),
    "how far among deliveries": (
        "webhooks/read_queries", "reach", f"{{long}}, {ID_MAX}, {webhook_reads.SCAN_MAX}",
    ),
    "pending deliveries": (
        "webhooks/read_queries", "narrowed",
        f"{{long}}, {ID_MAX}, {PAGE}, 'pending', {{reached}}, false",
    ),
    "operators: orders": (
        "orders/administration", "list_orders", "NULL, NULL, false, NULL, 50, NULL, NULL",
    ),
    "operators: failed": (
        "orders/administration", "list_orders", "'long', 'failed', false, NULL, 50, NULL, NULL",
    ),
    "operators: delivered": (
        "orders/administration", "list_orders", "'other', 'delivered', false, NULL, 50, NULL, NULL",
    ),
    "operators: parked": (
        "orders/administration", "list_orders", "NULL, NULL, true, NULL, 50, NULL, NULL",
    ),
    "operators: parked and failed": (
        "orders/administration", "list_orders", "NULL, 'failed', true, NULL, 50, NULL, NULL",
    ),
    "operators: webhooks": (
        "webhooks/administration", "list_webhooks", "NULL, NULL, NULL, 50, NULL",
    ),
    "operators: dead webhooks": (
        "webhooks/administration", "list_webhooks", "NULL, 'dead', NULL, 50, NULL",
    ),
    "operators: older orders": (
        "orders/administration", "list_orders", "'long', NULL, false, '{reached}', 50, NULL, NULL",
    ),
    "operators: older delivered": (
        "orders/administration", "list_orders",
        "'other', 'delivered', false, '{reached}', 50, NULL, NULL",
    ),
    "operators: older messages": (
        "webhooks/administration", "list_webhooks", "'long', NULL, '{reached}', 50, NULL",
    ),
    "operators: pending webhooks": (
        "webhooks/administration", "list_webhooks", "'long', 'pending', NULL, 50, NULL",
    ),
    "operators: delivered messages": (
        "webhooks/administration", "list_webhooks", "'other', 'delivered', NULL, 50, NULL",
    ),
    "operators: orders of another SKU": (
        "orders/administration", "list_orders", "NULL, NULL, false, NULL, 50, 'none', NULL",
    ),
    "operators: failed of another SKU": (
        "orders/administration", "list_orders", "'other', 'failed', false, NULL, 50, 'none', NULL",
    ),
    "operators: a partner's number": (
        "orders/administration", "list_orders", "NULL, NULL, false, NULL, 50, NULL, 'none'",
    ),
    "operators: messages of an order": (
        "webhooks/administration", "list_webhooks", "NULL, NULL, NULL, 50, '7'",
    ),
    "operators: entries": ("ledger/entry_administration", "list_entries", "NULL, NULL, NULL, 50"),
    "operators: older entries": (
        "ledger/entry_administration", "list_entries", f"'long', 'long', {ROWS // 2}, 50",
    ),
    "operators: entries of a kind": (
        "ledger/entry_administration", "entries_of_kind", "NULL, NULL, NULL, 50, 'refund'",
    ),
    "an order's entries": (
        "orders/life_administration", "order_entries", "7, {long}, '2026-02-01Z'",
    ),
}  # fmt: skip


async def test_every_list_touches_a_bounded_number_of_rows(connection: Any) -> None:
    """No list, and no filter without a match, touches more rows than a page may look at."""
    await connection.execute("ALTER TABLE orders SET (autovacuum_enabled = off)")
    await connection.execute("ALTER TABLE webhook SET (autovacuum_enabled = off)")
    await connection.execute("ANALYZE")
    async with unguarded(connection):
        await connection.execute(HISTORY)
    for setting, value in BY_INDEX.items():  # as connections for lists have it
        await connection.execute(f"SET {setting} = {value}")
    too_many = {}
    for moment in ("before", "after"):
        if moment == "after":
            await connection.execute("ANALYZE")
        for mode in ("force_custom_plan", "force_generic_plan"):
            await connection.execute(f"SET plan_cache_mode = {mode}")
            for name in LISTS:
                touched = await rows_touched(connection, name)
                if touched > 2 * orders.SCAN_MAX:
                    too_many[name, moment, mode] = touched
    assert too_many == {}


async def rows_touched(connection: Any, name: str) -> int:
    """How many rows of the large tables a list reads, at most in one step of its plan."""
    file, statement, arguments = LISTS[name]
    ids = {r["name"]: r["id"] for r in await connection.fetch("SELECT id, name FROM partner")}
    reached = (ROWS - orders.SCAN_MAX) << 22
    given = arguments.format(reached=reached, **ids)
    await connection.execute(f"PREPARE listing AS {queries(file)[statement]}")
    try:
        plan = await connection.fetchval(
            f"EXPLAIN (ANALYZE, TIMING off, FORMAT JSON) EXECUTE listing ({given})"
        )
    finally:
        await connection.execute("DEALLOCATE listing")
    return max(touched(json.loads(plan)[0]["Plan"]), default=0)


def touched(node: dict[str, Any]) -> Iterator[int]:
    """Rows read of the large tables, by the steps of a plan."""
    if node.get("Relation Name") in TABLES or "Index Name" in node:
        rows = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
        rows += node.get("Rows Removed by Index Recheck", 0)
        yield round(rows * node["Actual Loops"])
    for below in node.get("Plans", ()):
        yield from touched(below)


def test_every_list_is_looked_at() -> None:
    """Each statement of these files that has a LIMIT by argument is in the table above."""
    looked_at = {(file, statement) for file, statement, _ in LISTS.values()}
    for file in ("orders/queries", "webhooks/read_queries"):
        lists = {
            name for name, sql in queries(file).items() if re.search(r"LIMIT \$|OFFSET \$", sql)
        } - {"numbers_after", "numbers_since"}  # chunks for the filter, by key
        assert lists <= {statement for f, statement in looked_at if f == file}
