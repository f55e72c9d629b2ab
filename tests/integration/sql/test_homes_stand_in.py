"""A commit touches one home, shown with a stand-in: tables in partitions by the dividing column.

Each table is taken apart as homes would take it: home 1 has the first partner and pool, home 2
another's. What PostgreSQL counts of home 2 while home 1 sells is what a server of its own would
have been asked for nothing.
"""

import uuid
from collections.abc import Mapping
from typing import Any, NamedTuple

import asyncpg
import pytest

from gateway.codes.lease_store import LeaseStore
from gateway.ground.config import Config
from gateway.ground.native import OrderIds
from gateway.ground.sql.connecting import session_settings
from gateway.ground.sql.database import Database
from gateway.orders.commit_store import PLANNING

# Divided tables that a commit or a refund touches, and by what; each key of theirs names it, too.
PARTS: Mapping[str, str] = {
    "account": "partner_id",
    "allocation": "pool_id",
    "code": "pool_id",
    "entry": "partner_id",
    "orders": "partner_id",
    "quota_taken": "partner_id",
}
# Looked at in home 2 by a sale in home 1; this list may only get shorter.
# An account is locked by `= ANY`: that is one look into every part.
SCANNED_TODAY = frozenset({"account"})

SELL = """
SELECT (commit_orders(
    p_batch => gen_random_uuid(), p_chain => 1,
    p_partner => array_fill($1::bigint, ARRAY[n]), p_id => $2, p_out => $3,
    p_hash => array_fill('\\x00'::bytea, ARRAY[n]), p_sku => array_fill(1::bigint, ARRAY[n]),
    p_quantity => array_fill(1, ARRAY[n]), p_amount => array_fill(5::bigint, ARRAY[n]),
    p_pool => array_fill($4::bigint, ARRAY[n]), p_first => ARRAY(SELECT generate_series(1, n)),
    p_account => '{}', p_metadata => '{}', p_details => '{}',
    p_quotas => array_fill(format('[[%s,"b"]]', q.id), ARRAY[n]), p_count_quota => ARRAY[q.id],
    p_count_subject => '{b}', p_count_wanted => ARRAY[n],
    p_ask_line => ARRAY(SELECT generate_series(1, n)), p_ask_place => array_fill(1, ARRAY[n]),
    p_notify => array_fill(true, ARRAY[n]), p_notify_url => '{}', p_attempt => '{}',
    p_upstream => '{}', p_product => '{}', p_cost_max => '{}', p_face => '{}', p_owner => NULL,
    a_line => ARRAY(SELECT generate_series(1, n)),
    a_seq => ARRAY(SELECT generate_series($5::bigint, $5 + n - 1)),
    a_lease => array_fill($6::bigint, ARRAY[n]), l_id => ARRAY[$6], l_epoch => ARRAY[$7::bigint],
    p_all_new => $8)).outcome
FROM cardinality($2::bigint[]) AS n, quota q
"""
SELL_PLAINLY = """
SELECT (commit_plain(
    p_batch => gen_random_uuid(), p_chain => 1, p_partner => $1, p_id => $2, p_out => $3,
    p_hash => array_fill('\\x00'::bytea, ARRAY[n]), p_sku => array_fill(1::bigint, ARRAY[n]),
    p_amount => array_fill(5::bigint, ARRAY[n]), p_pool => array_fill($4::bigint, ARRAY[n]),
    p_metadata => '{}', p_details => '{}', p_notify => array_fill(true, ARRAY[n]),
    p_notify_url => '{}', a_seq => ARRAY(SELECT generate_series($5::bigint, $5 + n - 1)),
    a_lease => array_fill($6::bigint, ARRAY[n]), l_id => ARRAY[$6], l_epoch => ARRAY[$7::bigint],
    p_quotas => array_fill(format('[[%s,"c"]]', q.id), ARRAY[n]), p_count_quota => ARRAY[q.id],
    p_count_subject => '{c}', p_count_wanted => ARRAY[n],
    p_ask_line => ARRAY(SELECT generate_series(1, n)), p_ask_place => array_fill(1, ARRAY[n]),
    p_opens => '{}', p_closes => '{}')
).outcome
FROM cardinality($2::bigint[]) AS n, quota q
"""
LIMITED = "INSERT INTO quota (name, per, span, most) VALUES ('q', 'buyer', 'ever', 100)"


class Home(NamedTuple):
    """Who buys in it, and what from."""

    partner_id: int
    pool_id: int


async def make_home(connection: Any) -> Home:
    """A partner with money, and a pool of codes that nobody opens."""
    name = uuid.uuid4().hex
    partner_id = await connection.fetchval(
        "INSERT INTO partner (name, webhook_secret) VALUES ($1, 'x') RETURNING id", name
    )
    await connection.execute(
        "INSERT INTO account (partner_id, credit_limit) VALUES ($1, 1000)", partner_id
    )
    pool_id = await connection.fetchval(
        "INSERT INTO pool (name, size) VALUES ($1, 9) RETURNING id", name
    )
    await connection.execute(
        "INSERT INTO code (pool_id, seq, batch_id, sealed)"
        " SELECT $1, s, 1, decode(repeat('00', 40), 'hex') FROM generate_series(0, 8) AS s",
        pool_id,
    )
    return Home(partner_id, pool_id)


async def divide(connection: Any, homes: tuple[Home, Home]) -> None:
    """Put each table in two partitions; what it had of both stays reachable under its name."""
    role = await connection.fetchval(
        "SELECT rolname FROM pg_roles WHERE rolname = 'quangate_gateway'"
    )
    for table, column in PARTS.items():
        one, two = (getattr(home, column) for home in homes)
        kept = f"{table}_home_1"
        await connection.execute(f"ALTER TABLE {table} RENAME TO {kept}")
        like = f"(LIKE {kept} INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES)"
        await connection.execute(f"CREATE TABLE public.{table} {like} PARTITION BY LIST ({column})")
        await connection.execute(f"CREATE TABLE public.{table}_home_2 {like}")
        await connection.execute("SET session_replication_role = replica")
        await connection.execute(
            f"WITH moved AS (DELETE FROM {kept} WHERE {column} = {two} RETURNING *)"
            f" INSERT INTO {table}_home_2 SELECT * FROM moved"
        )
        await connection.execute("SET session_replication_role = origin")
        for home, value in ((1, one), (2, two)):
            await connection.execute(
                f"ALTER TABLE {table} ATTACH PARTITION {table}_home_{home} FOR VALUES IN ({value})"
            )
        await connection.execute(f"GRANT ALL ON {table}, {table}_home_2 TO {role}")


async def touched(connection: Any, home: int) -> dict[str, tuple[int, int]]:
    """Of each table's part: scans of it and its indexes, rows written."""
    await connection.execute("SELECT pg_stat_force_next_flush()")
    rows = await connection.fetch(
        "SELECT relname, seq_scan + coalesce(idx_scan, 0) AS scans,"
        " n_tup_ins + n_tup_upd + n_tup_del AS written"
        " FROM pg_stat_user_tables WHERE relname LIKE '%' || $1",
        f"_home_{home}",
    )
    return {
        row["relname"].removesuffix(f"_home_{home}"): (row["scans"], row["written"]) for row in rows
    }


@pytest.fixture
async def homes(connection: Any) -> tuple[Home, Home]:
    """Two, in one database."""
    await connection.execute(LIMITED)
    made = await make_home(connection), await make_home(connection)
    await divide(connection, made)
    return made


@pytest.fixture
async def committing(config: Config) -> Any:
    """A connection as those that commit."""
    opened = await asyncpg.connect(
        config.database_url, server_settings={**session_settings(), **PLANNING}
    )
    yield opened
    await opened.close()


async def test_a_commit_touches_one_home(
    homes: tuple[Home, Home], database: Database, connection: Any, committing: Any
) -> None:
    """Sales with charge, limit, codes and webhook, new and repeated, read and write home 1 alone.

    Seen red as it was written: it found the account.
    """
    mine, _ = homes
    leases = LeaseStore(database.pool, worker_id=uuid.uuid4(), slot=1000, ttl_s=600.0)
    grant = (await leases.refill(mine.pool_id, 9, [])).grants[0]
    before = await touched(connection, 2)
    ids = OrderIds(1000)
    for n, (numbers, all_new) in enumerate(
        ((["A"], True), (["B", "C"], False), (["D"], True), (["E", "F"], True))
    ):
        outcome = await committing.fetchval(
            SELL, mine.partner_id, ids.next_many(1_790_000_000_000 + n, len(numbers)), numbers,
            mine.pool_id, grant.lo + 2 * n, grant.lease_id, grant.epoch, all_new,
        )  # fmt: skip
        assert outcome == [1] * len(numbers)
    await committing.execute("SELECT pg_stat_force_next_flush()")
    scanned = (await touched(connection, 2))["account"][0]
    plainly = await committing.fetchval(
        SELL_PLAINLY, mine.partner_id, ids.next_many(1_790_000_000_009, 1), ["G"], mine.pool_id,
        grant.lo + 8, grant.lease_id, grant.epoch,
    )  # fmt: skip
    assert plainly is None
    await committing.execute("SELECT pg_stat_force_next_flush()")
    assert (await touched(connection, 2))["account"][0] == scanned
    here, there = await touched(connection, 1), await touched(connection, 2)
    assert {table for table, (_, written) in here.items() if written} == set(PARTS)
    assert {t for t in PARTS if there[t][1] != before[t][1]} == set()
    assert {t for t in PARTS if there[t][0] != before[t][0]} == SCANNED_TODAY
