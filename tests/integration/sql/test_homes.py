"""The schema stays divisible by home: its rules, each with the list of what breaks it today.

A home is a schema, perhaps on a server of its own, in which everything lies that a partner's order
writes; one commit touches one. No home is built yet. Each rule is held against the catalogue of a
migrated database or against the SQL's text: a new breach is named by its test, and so is an
exception that is none any more, so that the lists only get shorter.
"""

import re
from collections.abc import Iterator
from typing import Any

from gateway.ground.feature import PACKAGE
from gateway.ground.sql.migrate import routines_schema

# Belong to partners' orders or to stock: they lie in a home.
DIVIDED = frozenset(
    [
        "account",
        "adjustment",
        "allocation",
        "attempt",
        "batch",
        "buyer_order",
        "buyer_usage",
        "buyers_learnt",
        "case_step",
        "channel_order",
        "channel_task",
        "code",
        "code_void",
        "commit_batch",
        "entry",
        "fragment",
        "held_code",
        "hold",
        "hold_partner",
        "hold_pool",
        "lease",
        "orders",
        "partner_zone",
        "quota_taken",
        "reissue",
        "reissue_day",
        "service_case",
        "pass_number",
        "pass_use",
        "pool_day",
        "resolution",
        "reveal",
        "reveal_head",
        "sandbox_order",
        "shelf_range",
        "statement_day",
        "webhook",
    ]
)
# One for all homes by nature: names, keys, what finds a code twice, what is about no order.
# Counts of quotas are for all partners together: a device's, an address's, a total.
ONE_FOR_ALL = """
    alert alert_look api_key approval audit_run backup_run bought_code callback campaign
    campaign_partner campaign_refusal
    case_rule category change change_head channel code_fingerprint code_import
    code_import_piece desk_request forgotten lane_state migration notice notifier operator
    operator_reset operator_role partner passkey passkey_answer pool portal_session
    price_floor price_row product_teller product_told quota quota_block quota_use
    recovery_code restoration role role_permission route sales_counted session setting shelf
    sign_in_failure
    sku sku_offer token upstream used_nonce waiting_room webhook_endpoint worker
    channel_poll channel_product
"""
DIRECTORY = frozenset(ONE_FOR_ALL.split())
DIVIDING = frozenset({"partner_id", "pool_id", "home"})


def sources() -> Iterator[tuple[str, str]]:
    """(place, text without comments) of every SQL statement and function, placed by its name."""
    for path in sorted(PACKAGE.glob("*/*.sql")):
        if path.parent.name != "tables":
            text = path.read_text(encoding="utf-8")
            named = re.split(
                r"^(?:-- name: |CREATE (?:OR REPLACE )?FUNCTION )(\w+)", text, flags=re.MULTILINE
            )
            for name, body in zip(named[1::2], named[2::2], strict=True):
                yield name, re.sub(r"--[^\n]*", "", body)


def places(pattern: str) -> set[str]:
    """Where the SQL says this, by the names of statements and functions."""
    return {name for name, text in sources() if re.search(pattern, text, re.IGNORECASE)}


async def names(connection: Any, query: str, *arguments: object) -> set[str]:
    """The first column of a query."""
    return {str(row[0]) for row in await connection.fetch(query, *arguments)}


async def test_every_table_has_its_place(connection: Any) -> None:
    """A table is either divided by home or one for all: whoever adds one says which."""
    tables = await names(
        connection,
        "SELECT relname FROM pg_class"
        " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')",
    )
    assert DIVIDED | DIRECTORY == tables
    assert not DIVIDED & DIRECTORY


# Each is found by its id alone, by routines and by people: what a worker made carries its slot, and
# so is one in all homes anyway; a column more in the key would be in every index entry, and in
# every row that names it, for homes that nobody has. Chains are their connection's.
KEYS_TODAY = frozenset([
    "attempt.attempt_live", "attempt.attempt_pkey", "batch.batch_pkey",
    "commit_batch.commit_batch_pkey", "lease.lease_pkey", "resolution.resolution_pkey",
    "reveal.reveal_chain_height_key", "reveal.reveal_pkey", "reveal_head.reveal_head_pkey",
    "webhook.webhook_pkey",
])  # fmt: skip


async def test_unique_keys_have_the_dividing_column(connection: Any) -> None:
    """Rule 1: a key that does not name the home's column cannot be held on two servers."""
    keys = await connection.fetch(
        "SELECT t.relname || '.' || i.relname AS key, pg_get_indexdef(x.indexrelid) AS text"
        " FROM pg_index x JOIN pg_class t ON t.oid = x.indrelid"
        " JOIN pg_class i ON i.oid = x.indexrelid"
        " WHERE (x.indisunique OR x.indisexclusion) AND t.relname = ANY ($1)",
        sorted(DIVIDED),
    )
    undivided = {
        row["key"]
        for row in keys
        if not DIVIDING
        & set(re.findall(r"\w+", row["text"].partition(" USING ")[2].partition(" WHERE ")[0]))
    }
    assert KEYS_TODAY == undivided


async def test_divided_tables_have_the_column_and_keep_it(connection: Any) -> None:
    """Rule 2: partner or pool, NOT NULL in every divided table, and never updated."""
    with_column = await names(
        connection,
        "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
        " WHERE c.relname = ANY ($1) AND a.attname = ANY ($2) AND a.attnotnull",
        sorted(DIVIDED),
        sorted(DIVIDING),
    )
    # One row for a whole commit, which is one home's; its orders say whose.
    assert {"commit_batch", "reveal", "reveal_head"} == DIVIDED - with_column
    # `pool_id` of an order says where its codes are, and comes with them; its partner stays.
    updated = r"UPDATE (?!orders)\w+(?: \w+)?\s+(?:SET|SET [^;]*?,)\s*(?:partner_id|pool_id) = "
    assert set() == places(updated)


async def test_triggers_on_divided_tables_only_refuse(connection: Any) -> None:
    """Rule 4: row triggers that refuse; none sees a whole statement's rows or writes elsewhere."""
    seen = await connection.fetch(
        "SELECT t.relname || '.' || g.tgname AS trigger, p.proname AS calls,"
        "       g.tgoldtable IS NOT NULL OR g.tgnewtable IS NOT NULL AS transition,"
        "       pg_get_functiondef(p.oid) ~* 'INSERT |UPDATE |DELETE ' AS writes"
        " FROM pg_trigger g JOIN pg_class t ON t.oid = g.tgrelid JOIN pg_proc p ON p.oid = g.tgfoid"
        " WHERE NOT g.tgisinternal AND t.relname = ANY ($1) AND g.tgname <> 'never_emptied'",
        sorted(DIVIDED),
    )
    # Of older versions: it goes with its table. And one that looks at all codes a confirm takes at
    # once: a row trigger for each of them cost a third of the confirm.
    today = {"orders.wake_channel_orders", "buyer_usage.carry_usage", "held_code.held_code_unsold"}
    assert today == {row["trigger"] for row in seen if row["transition"] or row["writes"]}


async def test_news_is_a_statement_of_its_own(connection: Any) -> None:
    """Rule 5: NOTIFY lives on one stated node: not in triggers, not in RETURNING."""
    triggers = await names(
        connection,
        "SELECT DISTINCT p.proname FROM pg_proc p JOIN pg_trigger g ON g.tgfoid = p.oid"
        " WHERE p.prosrc ILIKE '%pg_notify%'",
    )
    # Of the catalog and of pools, which are one for all: so no change goes unheard, psql's too.
    assert {"announce_catalog", "announce_pool"} == triggers
    assert set() == places(r"RETURNING[^;]*pg_notify")


def test_no_number_comes_from_a_bare_sequence() -> None:
    """Rule 6: a column's default, or an id that the worker made."""
    assert set() == places(r"\bnextval\b")
    python = {
        str(path.relative_to(PACKAGE))
        for path in sorted(PACKAGE.rglob("*.py"))
        if re.search(r"\bnextval\b", path.read_text(encoding="utf-8"))
    }
    # A worker's slot is only tried in this order: whose it is, an advisory lock says, and those
    # live on one stated node, as the sequence does (rule 5).
    assert {"codes/lease_store.py"} == python


async def test_a_range_in_an_expression_is_checked(connection: Any) -> None:
    """Rule 7: `pool_id << 40` wraps without a word from 2²³ on; a CHECK refuses such ids."""
    shifted = await names(
        connection,
        "SELECT DISTINCT t.relname FROM pg_index x JOIN pg_class t ON t.oid = x.indrelid"
        " WHERE pg_get_indexdef(x.indexrelid) LIKE '%<< 40%'",
    )
    checked = await names(
        connection,
        "SELECT conrelid::regclass::text FROM pg_constraint"
        " WHERE contype = 'c' AND pg_get_constraintdef(oid) LIKE '%pool_id < 8388608%'",
    )
    assert {"fragment", "lease", "shelf_range"} == shifted
    assert shifted == checked


async def test_plans_are_set_by_the_connection(connection: Any) -> None:
    """Rule 8: no function sets how it is planned; an executor elsewhere would refuse it."""
    setting = await names(
        connection,
        "SELECT p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
        " WHERE n.nspname = $1 AND EXISTS"
        " (SELECT FROM unnest(p.proconfig) AS s WHERE s NOT LIKE 'search_path=%')",
        routines_schema(),
    )
    assert set() == setting


async def test_no_function_takes_a_hot_table_s_row(connection: Any) -> None:
    """Rule 9: a table's row type is another on every server."""
    takers = await names(
        connection,
        "SELECT DISTINCT n.nspname || '.' || p.proname"
        " FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
        " CROSS JOIN LATERAL unnest(p.proargtypes::oid[] || p.prorettype) AS used"
        " JOIN pg_type y ON y.oid = used OR y.typarray = used"
        " JOIN pg_class t ON t.oid = y.typrelid AND t.relkind IN ('r', 'v')"
        " WHERE n.nspname IN ('public', $1) AND t.relnamespace = 'public'::regnamespace",
        routines_schema(),
    )
    # It takes a run of entries apart, for readers and the audit alone: no commit calls it.
    assert {"public.entries_of"} == takers


def test_a_row_found_by_its_place_is_named_with_its_column() -> None:
    """Rule 10: the same ctid exists on every shard; alone, it updates a stranger's row too."""
    alone = {
        name
        for name, text in sources()
        for where in re.findall(r"(?:WHERE|AND) \w+\.ctid = [^;]*", text)
        if not re.search(r"\.(?:partner_id|pool_id) = ", where.partition("RETURNING")[0])
    }
    assert set() == alone


def test_updates_of_a_conflict_use_what_was_excluded() -> None:
    """Rule 12: DO UPDATE SET speaks of `excluded` and of the row; RETURNING of columns only."""
    assert set() == places(r"DO UPDATE SET[^;]*\(SELECT ")
    assert set() == places(r"RETURNING[^;]*\bpg_\w+\(")


def test_errors_are_told_apart_by_our_own_sqlstate() -> None:
    """Rule 13: a shard's table has another name, and so have its constraints."""
    told = {
        path.name
        for path in sorted(PACKAGE.rglob("*.py"))
        if re.search(r"table_name|constraint_name", path.read_text(encoding="utf-8"))
    }
    assert set() == told


async def test_tables_are_logged(connection: Any) -> None:
    """Rule 14: nothing among a partner's orders or stock is lost by a crash."""
    unlogged = await names(
        connection,
        "SELECT relname FROM pg_class"
        " WHERE relnamespace = 'public'::regnamespace AND relpersistence <> 'p'",
    )
    assert set() == unlogged & DIVIDED
