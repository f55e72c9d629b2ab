"""What the portal's lists cost: each is one partner's, and looks at a bounded number of rows.

Counted are the rows that the plans touch, as for operators' lists, with statistics from before a
long history and after it, with plans made for the values and with generic ones.
"""

import json
import re
from typing import Any

from gateway.ground.sql.connecting import BY_INDEX
from gateway.ground.sql.named_sql import queries
from tests.conftest import unguarded
from tests.integration.ledger.test_list_plans import HISTORY, ROWS, touched

LOOKED_AT_MAX = 20_000  # twice what a list narrowed by a filter looks at
# Of the partner `long`: cases about its orders, all refused, dead messages, reveals of none.
MORE = f"""
INSERT INTO service_case (partner_id, id, out_case_no, content_hash, order_id, kind, reason, opened_by, state, outcome)
SELECT p.id, n << 22, 'C' || n, '', n << 22, 'question', 'why', 'partner', 'refused', 'refused'
FROM partner p, generate_series(1::bigint, {ROWS}) AS n WHERE p.name = 'long';
INSERT INTO webhook (id, partner_id, order_id, type, sequence, state, created_at)
SELECT (n << 22) + 1, p.id, n << 22, 'order.updated', 2, 'dead', '2026-01-01T00:00:00Z'
FROM partner p, generate_series(1::bigint, {ROWS}) AS n WHERE p.name = 'other';
INSERT INTO webhook_endpoint (partner_id, url) SELECT id, 'https://example.com' FROM partner;
"""  # noqa: E501
OLDER = (ROWS // 2) << 22
# Statement, by its file, and its arguments ({own} is the partner that asks).
LISTS: dict[str, tuple[str, str, str]] = {
    "orders": ("orders", "portal_orders", "{long}, NULL, NULL, NULL, NULL, 50"),
    "older orders": ("orders", "portal_orders", f"{{long}}, NULL, NULL, NULL, '{OLDER}', 50"),
    "failed orders": ("orders", "portal_orders", "{other}, 'failed', NULL, NULL, NULL, 50"),
    "failed of one that has none": (
        "orders",
        "portal_orders",
        "{long}, 'failed', NULL, NULL, NULL, 50",
    ),
    "delivered of one that has none": (
        "orders",
        "portal_orders",
        "{other}, 'delivered', NULL, NULL, NULL, 50",
    ),
    "orders of no SKU": ("orders", "portal_orders", "{long}, NULL, 'none', NULL, NULL, 50"),
    "failed of no SKU": ("orders", "portal_orders", "{other}, 'failed', 'none', NULL, NULL, 50"),
    "a number": ("orders", "portal_orders", "{long}, NULL, NULL, 'none', NULL, 50"),
    "an order": ("orders", "portal_order", f"{{long}}, {OLDER}"),
    "whether it is an own order": ("orders", "portal_owns_order", f"{{long}}, {OLDER}"),
    "an order's messages": ("orders", "portal_order_webhooks", f"{{long}}, {OLDER}"),
    "an order's cases": ("orders", "portal_order_cases", f"{{long}}, {OLDER}"),
    "messages": ("webhooks", "portal_webhooks", "{long}, NULL, NULL, NULL, 50"),
    "dead messages": ("webhooks", "portal_webhooks", "{other}, 'dead', NULL, NULL, 50"),
    "dead of one that has none": ("webhooks", "portal_webhooks", "{long}, 'dead', NULL, NULL, 50"),
    "pending messages": ("webhooks", "portal_webhooks", "{long}, 'pending', NULL, NULL, 50"),
    "messages of no order": ("webhooks", "portal_webhooks", "{long}, NULL, '7', NULL, 50"),
    "older messages": ("webhooks", "portal_webhooks", f"{{long}}, NULL, NULL, '{OLDER}', 50"),
    "a message": ("webhooks", "portal_webhook", f"{{long}}, {OLDER}"),
    "cases": ("cases", "portal_cases", "{long}, NULL, NULL, NULL, 50"),
    "older cases": ("cases", "portal_cases", f"{{long}}, NULL, NULL, '{OLDER}', 50"),
    "cases of a state that none has": ("cases", "portal_cases", "{long}, 'acting', NULL, NULL, 50"),
    "cases of an order": ("cases", "portal_cases", f"{{long}}, NULL, '{OLDER}', NULL, 50"),
    "cases of no order": ("cases", "portal_cases", "{long}, NULL, '7', NULL, 50"),
    "a case": ("cases", "portal_case", f"{{long}}, {OLDER}"),
    "entries": ("ledger", "portal_entries", "{long}, NULL, 50"),
    "older entries": ("ledger", "portal_entries", f"{{long}}, {ROWS // 2}, 50"),
    "entries of a kind": ("ledger", "portal_entries_of_kind", "{long}, NULL, 50, 'refund'"),
    "keys": ("partners", "portal_keys", "{long}"),
    "first page: money": ("seen", "partner_money", "{long}"),
    "first page: open orders": ("seen", "open_orders", "{long}"),
    "first page: newest orders": ("seen", "newest_orders", "{long}"),
    "first page: endpoint": ("seen", "endpoint", "{other}"),
    "usage by day": ("seen", "usage_by_day", "{long}"),
    "usage by SKU": ("seen", "usage_by_sku", "{long}"),
    "how far usage reaches": ("seen", "usage_reach", "{long}"),
    "team": ("seen", "team", "{long}"),
}
# Of one row that is named, or what writes: bounded by what it is asked with.
OTHERS = {
    "portal_name", "portal_hold_key", "portal_rates", "portal_set_networks", "portal_replay",
    "portal_replay_dead",
}  # fmt: skip


def place_of(file: str) -> str:
    """Where its statements are."""
    return "portal/seen" if file == "seen" else f"{file}/portal_administration"


async def test_every_list_touches_a_bounded_number_of_rows(connection: Any) -> None:
    """Also with a filter that nothing matches. Seen red with cases of a state read from the first
    to the last.
    """
    for table in ("orders", "webhook", "service_case"):
        await connection.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = off)")
    await connection.execute("ANALYZE")
    async with unguarded(connection):
        await connection.execute(HISTORY)
        await connection.execute(MORE)
    for setting, value in BY_INDEX.items():  # as connections for lists have it
        await connection.execute(f"SET {setting} = {value}")
    too_many = {}
    for moment in ("before", "after"):
        if moment == "after":
            await connection.execute("ANALYZE")
        for mode in ("force_custom_plan", "force_generic_plan"):
            await connection.execute(f"SET plan_cache_mode = {mode}")
            for name in LISTS:
                seen = await _rows_touched(connection, name)
                if seen > LOOKED_AT_MAX:
                    too_many[name, moment, mode] = seen
    assert too_many == {}


async def _rows_touched(connection: Any, name: str) -> int:
    file, statement, arguments = LISTS[name]
    ids = {r["name"]: r["id"] for r in await connection.fetch("SELECT id, name FROM partner")}
    await connection.execute(f"PREPARE listing AS {queries(place_of(file))[statement]}")
    try:
        plan = await connection.fetchval(
            "EXPLAIN (ANALYZE, TIMING off, FORMAT JSON) EXECUTE listing"
            f" ({arguments.format(**ids)})"
        )
    finally:
        await connection.execute("DEALLOCATE listing")
    return max(touched(json.loads(plan)[0]["Plan"]), default=0)


def test_every_statement_of_the_portal_is_looked_at() -> None:
    """Whatever a partner's people read; and none counts or reads without its partner."""
    looked_at = {statement for _, statement, _ in LISTS.values()}
    for file in ("orders", "webhooks", "cases", "ledger", "partners", "seen"):
        for name, sql in queries(place_of(file)).items():
            assert name in looked_at | OTHERS, name
            assert re.search(r"\$1\b", sql), name
