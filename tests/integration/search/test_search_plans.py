"""What finding costs: every look is by an index, over histories that are long and of one kind.

Counted are the rows that the plans touch, with statistics from before the history and after it.
"""

import json
from typing import Any

import pytest

from gateway.ground.sql.connecting import BY_INDEX
from gateway.ground.sql.named_sql import queries
from tests.conftest import unguarded
from tests.integration.ledger.test_list_plans import HISTORY, ROWS, touched

# Attempts at one upstream with one state, codes of one pool, changes in a request each.
MORE = f"""
INSERT INTO sku (sku, name, kind, price, account_rule) VALUES ('TOP', 'TOP', 'topup', 1, 'any');
INSERT INTO upstream (name, connector, base_url, settings, callback_token) VALUES ('u', 'fulu', 'http://x', '', '');
INSERT INTO attempt (id, partner_id, order_id, upstream_id, product_id, account, quantity, state, upstream_no)
SELECT (n << 22) + 1, p.id, n << 22, u.id, 'x', '1', 1, 'succeeded', 'UP' || n
FROM partner p, upstream u, generate_series(1::bigint, {ROWS}) AS n WHERE p.name = 'long';
INSERT INTO callback (upstream_id, attempt_id, verdict, hint, body, digest)
SELECT u.id, (n << 22) + 1, 'trusted', 'x', '', substring(sha256(n::text::bytea) FOR 16)
FROM upstream u, generate_series(1::bigint, {ROWS}) AS n;
INSERT INTO pool (name, size) VALUES ('p', {ROWS});
INSERT INTO batch (pool_id, kind, state, lo, imported) SELECT id, 'import', 'on_sale', 0, {ROWS} FROM pool WHERE name = 'p';
INSERT INTO code_fingerprint (fingerprint, pool_id, batch_id, seq)
SELECT md5(n::text)::uuid, p.id, b.id, n - 1 FROM pool p JOIN batch b ON b.pool_id = p.id, generate_series(1::bigint, {ROWS}) AS n;
INSERT INTO allocation (pool_id, seq, order_id) SELECT p.id, n - 1, n << 22 FROM pool p, generate_series(1::bigint, {ROWS}) AS n;
INSERT INTO change (id, at, actor, action, subject, given, whence, digest, hash, how)
SELECT n, now(), 'a', 'order.cancel', (n << 22)::text, '{{}}', 'x', '', '', jsonb_build_object('request_id', md5(n::text))
FROM generate_series(1::bigint, {ROWS}) AS n;
INSERT INTO reveal (no, chain, height, via, items, digest, hash)
SELECT n, -1, n, 'operator', jsonb_build_array(jsonb_build_object('order', n << 22, 'operator', 'a')), '', ''
FROM generate_series(1::bigint, {ROWS}) AS n;
"""  # noqa: E501
ONE = (ROWS // 2) << 22
HASH = "md5('30')"
LOOKS: dict[str, tuple[str, str]] = {
    "order_by_no": ("search/administration", f"{ONE}"),
    "order_by_out_no": ("search/administration", "'A30'"),
    "order_by_recipient": ("search/administration", "'1'"),
    "attempt_by_no": ("search/administration", f"{ONE + 1}"),
    "attempt_by_upstream_no": ("search/administration", "'UP30'"),
    "webhook_by_id": ("search/administration", f"{ONE}"),
    "change_by_trace": ("search/administration", HASH),
    "code_by_fingerprint": ("search/administration", f"ARRAY[{HASH}::uuid]"),
    "show_order": ("orders/life_administration", f"{ONE}"),
    "order_attempts": ("orders/life_administration", f"{ONE}"),
    "order_callbacks": ("orders/life_administration", f"{ONE}"),
    "order_webhooks": ("orders/life_administration", f"{ONE}"),
    "order_reveals": ("orders/life_administration", f"{ONE}, 1, 'long'"),
    "reveals_of_order": ("reveals/administration", f"NULL, NULL, NULL, NULL, 50, {ONE}"),
    "order_changes": ("orders/life_administration", f"'{ONE}'"),
    "list_attempts": ("dispatch/attempt_administration", f"'{ONE}', NULL, NULL, NULL, 50"),
    "list_callbacks": ("dispatch/attempt_administration", f"'{ONE}', NULL, NULL, NULL, 50"),
}
BY_BITMAP = ("order_reveals", "reveals_of_order")  # asked so: gateway/ground/desk/port.py
NONE_TOUCHED_MAX = 300  # rows in one step: a page, or the partners there are
PAGES = {
    "attempts": ("dispatch/attempt_administration", "list_attempts", "NULL, NULL, NULL, NULL, 50"),
    "failed": ("dispatch/attempt_administration", "list_attempts", "NULL, 'u', 'failed', NULL, 50"),
    "callbacks": (
        "dispatch/attempt_administration", "list_callbacks", "NULL, NULL, 'none', NULL, 50",
    ),
}  # fmt: skip


@pytest.fixture
async def long(connection: Any) -> Any:
    """A long history that no statistics know."""
    for table in ("orders", "webhook", "entry", "attempt", "callback", "change", "allocation",
                  "code_fingerprint", "reveal"):  # fmt: skip
        await connection.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = off)")
    await connection.execute("ANALYZE")
    async with unguarded(connection):
        await connection.execute(HISTORY)
        await connection.execute(MORE)
    for setting, value in BY_INDEX.items():  # as the desk's connections have it
        await connection.execute(f"SET {setting} = {value}")
    return connection


async def test_every_look_is_by_an_index(long: Any) -> None:
    """A handful of rows each, and something is found; of lists what a page may look at.

    Seen red without the index `orders_recipient`, and with the reference of an upstream unindexed.
    """
    too_many: dict[tuple[str, str, str], int] = {}
    for moment in ("before", "after"):
        if moment == "after":
            await long.execute("ANALYZE")
        for mode in ("force_custom_plan", "force_generic_plan"):
            await long.execute(f"SET plan_cache_mode = {mode}")
            for name, (file, given) in LOOKS.items():
                rows, seen = await _ask(long, file, name, given)
                assert rows > 0, name
                if seen > NONE_TOUCHED_MAX:
                    too_many[name, moment, mode] = seen
            for name, (file, statement, given) in PAGES.items():
                _, seen = await _ask(long, file, statement, given)
                if seen > 20_000:
                    too_many[name, moment, mode] = seen
    assert too_many == {}


async def _ask(connection: Any, file: str, name: str, given: str) -> tuple[int, int]:
    """How many rows there are, and how many its plan touches in one step at most."""
    by_bitmap = "on" if name in BY_BITMAP else "off"
    await connection.execute(f"SET enable_bitmapscan = {by_bitmap}")
    await connection.execute(f"PREPARE look AS {queries(file)[name]}")
    try:
        plan = await connection.fetchval(
            f"EXPLAIN (ANALYZE, TIMING off, FORMAT JSON) EXECUTE look ({given})"
        )
    finally:
        await connection.execute("DEALLOCATE look")
    whole = json.loads(plan)[0]["Plan"]
    return round(whole["Actual Rows"]), max(touched(whole), default=0)
