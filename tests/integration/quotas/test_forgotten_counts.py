"""Counts of days and hours that are long over go; orders keep what they have of them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg

from gateway.ground.config import Config
from gateway.ground.sql.connecting import session_settings
from gateway.ground.sql.database import Database
from gateway.health.retention import forget_old
from tests.integration.quotas.quota_books import complaints, had, make_quota, take

OK = 1


def days_ago(days: int) -> datetime:
    """At noon of that day, so that an hour's window is not in question."""
    return datetime.now(UTC).replace(hour=12, minute=30) - timedelta(days=days)


async def test_what_is_over_goes_with_its_blocks(database: Database, connection: Any) -> None:
    """The audit leaves forgotten windows out and still sees the others; units that come back to
    one are given up; what has no window stays however old.

    Seen red without the audit's condition, with it for all windows, and with blocks left behind.
    """
    daily = await make_quota(connection, "daily", "buyer", 9, span="day")
    hourly = await make_quota(connection, "hourly", "total", 90, span="hour")
    ever = await make_quota(connection, "ever", "buyer", 9)
    asks = [(daily, "1 ann"), (hourly, ""), (ever, "1 ann")]
    for owner, days in enumerate((100, 95, 20), 9_001):
        assert (await take(connection, [(owner, 2, asks)], now=days_ago(days)))[0] == [OK]
    assert await complaints(connection) == []
    assert await forget_old(database.pool, "quota_use", 90, rows=1) == 4
    assert list((await had(connection, daily)).values()) == [2]
    assert list((await had(connection, hourly)).values()) == [2]
    assert await had(connection, ever) == {("1 ann", 0): 6}
    assert (
        await connection.fetchval("SELECT count(*) FROM quota_block WHERE quota_id = $1", hourly)
        == 1
    )
    assert await complaints(connection) == []
    await connection.execute("SELECT give_back_units('{1}', '{9001}', '{NULL}', '{f}')")
    assert await had(connection, ever) == {("1 ann", 0): 4}
    assert await complaints(connection) == []
    broken = connection.transaction()
    await broken.start()
    await connection.execute("DELETE FROM quota_use WHERE quota_id = $1", daily)
    assert len(await complaints(connection)) == 1
    await broken.rollback()


async def test_nobody_waits_for_what_is_forgotten(
    database: Database, connection: Any, config: Config
) -> None:
    """A count that somebody holds is left for the next time. Seen red without SKIP LOCKED."""
    each = await make_quota(connection, "each", "buyer", 9, span="day")
    await take(connection, [(8_001, 1, [(each, "1 bob")]), (8_002, 1, [(each, "1 eve")])],
               now=days_ago(200))  # fmt: skip
    other = await asyncpg.connect(str(config.database_url), server_settings=session_settings())
    try:
        async with other.transaction():
            await other.execute("SELECT FROM quota_use WHERE subject = '1 bob' FOR NO KEY UPDATE")
            assert await forget_old(database.pool, "quota_use", 90) == 1
        assert await forget_old(database.pool, "quota_use", 90) == 1
    finally:
        await other.close()
    assert await had(connection, each) == {}


async def test_a_step_looks_at_what_it_deletes(database: Database, connection: Any) -> None:
    """However many younger counts there are. Seen red without the index, and with a bound that it
    does not know (a numeric one)."""
    made = (
        "INSERT INTO quota_use (quota_id, subject, period, used, most) SELECT 902, n::text,"
        " extract(epoch FROM now() - make_interval(days => $1)), 1, 2 FROM generate_series(1, $2) n"
    )
    await connection.execute(made, 10, 3_000)
    await connection.execute(made, 100, 5)
    async with database.pool.acquire() as worker, worker.transaction():
        assert await worker.fetchval("SELECT deleted FROM forget('quota_use', 90, 0, 1000)") == 5
        looked_at = await worker.fetchval(
            "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables"
            " WHERE relname = 'quota_use'"
        )
    assert looked_at <= 30
