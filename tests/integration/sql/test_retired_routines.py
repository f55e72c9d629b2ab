"""Routines of other versions are dropped when nobody names them any more, and never before."""

import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest

from gateway.codes.lease_store import register_worker
from gateway.ground.config import Config
from gateway.ground.sql.connecting import connect
from gateway.ground.sql.migrate import retire_routines, routines_lock, routines_schema

OLD = "routines_00000000abcd"
OLD_LOCK = 0x5152_0000_0000_ABCD
# Functions and row types that use each other, as a version has them.
MAKE_OLD = f"""
CREATE SCHEMA {OLD};
CREATE TYPE {OLD}.pair AS (a integer, b integer);
CREATE FUNCTION {OLD}.swapped({OLD}.pair) RETURNS {OLD}.pair LANGUAGE sql AS 'SELECT $1.b, $1.a';
CREATE FUNCTION {OLD}.several(p {OLD}.pair[]) RETURNS SETOF {OLD}.pair LANGUAGE sql
    AS 'SELECT * FROM unnest(p)';
"""
LONG_AGO = f"COMMENT ON SCHEMA {OLD} IS 'unnamed since 2026-01-01 00:00:00+00'"
WORKER = """
INSERT INTO worker (slot, worker_id, host, pid, expires_at, routines, routines_of)
VALUES (7, $1, 'h', 1, now() + make_interval(secs => $2), $3, $4)"""
ME, BEFORE_ME = uuid.UUID(int=7), uuid.UUID(int=6)


@pytest.fixture
async def database(connection: Any) -> AsyncIterator[Any]:
    """The owner's connection, to a database that an older version used as well."""
    await connection.execute(MAKE_OLD)
    yield connection
    await connection.execute(f"DROP SCHEMA IF EXISTS {OLD} CASCADE; DELETE FROM worker")


async def is_there(connection: Any, schema: str = OLD) -> bool:
    """Whether a schema exists."""
    return bool(
        await connection.fetchval(
            "SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)", schema
        )
    )


async def mark_of(connection: Any) -> str | None:
    """The older version's mark."""
    mark: str | None = await connection.fetchval(
        "SELECT obj_description($1::regnamespace, 'pg_namespace')", OLD
    )
    return mark


async def test_what_nobody_names_goes_after_its_term(database: Any) -> None:
    """Marked when it was first found unnamed, dropped when that is long ago; our own stays.

    Seen red with `p_term` not looked at (the first call dropped it) and with `n.nspname <> p_own`
    gone.
    """
    await retire_routines(database)
    marked = await mark_of(database)
    await retire_routines(database)
    assert marked is not None
    assert marked == await mark_of(database)
    await database.execute(LONG_AGO)
    await database.execute(LONG_AGO.replace(OLD, routines_schema()))
    await retire_routines(database)
    assert not await is_there(database)
    assert await is_there(database, routines_schema())


@pytest.mark.parametrize(
    ("routines", "said_by", "lives_s"),
    [
        (OLD, ME, 60.0),  # it calls them
        (None, None, 60.0),  # an older release: it may call any
        (routines_schema(), BEFORE_ME, 60.0),  # the same, in a slot that was ours before
    ],
)
async def test_what_a_living_worker_may_call_stays(
    database: Any, routines: str | None, said_by: uuid.UUID | None, lives_s: float
) -> None:
    """However long it was unnamed before: the mark is taken away again.

    Seen red, each, with its part of the look at `worker` gone.
    """
    await database.execute(LONG_AGO)
    await database.execute(WORKER, ME, lives_s, routines, said_by)
    await retire_routines(database)
    assert await is_there(database)
    assert await mark_of(database) is None


@pytest.mark.parametrize(
    ("routines", "said_by", "lives_s"),
    [(OLD, ME, -1.0), (None, None, -1.0), (routines_schema(), ME, 60.0)],
)
async def test_no_dead_worker_and_no_other_version_keeps_it(
    database: Any, routines: str | None, said_by: uuid.UUID | None, lives_s: float
) -> None:
    """Who is gone, or says that it calls others, keeps nothing. Seen red without `expires_at`."""
    await database.execute(LONG_AGO)
    await database.execute(WORKER, ME, lives_s, routines, said_by)
    await retire_routines(database)
    assert not await is_there(database)


async def test_what_an_open_connection_names_stays(
    database: Any, connection: Any, config: Config
) -> None:
    """A command or an audit of that version is no worker, but holds its lock.

    Seen red without `pg_try_advisory_xact_lock`.
    """
    other = await connect(str(config.database_url), config)
    try:
        await other.execute("SELECT pg_advisory_lock_shared($1)", OLD_LOCK)
        await database.execute(LONG_AGO)
        await retire_routines(connection)
        assert await is_there(database)
    finally:
        await other.close()


async def test_every_connection_of_ours_names_its_routines(connection: Any, config: Config) -> None:
    """By a shared lock as long as it is open, on the number that retire_routines makes of the name.

    Seen red with the lock gone from `_WHO`.
    """
    number = await connection.fetchval(
        "SELECT ('x5152' || right($1, 12))::bit(64)::bigint", routines_schema()
    )
    assert number == routines_lock()
    ours = await connect(str(config.database_url), config)
    try:
        assert not await connection.fetchval("SELECT pg_try_advisory_lock($1)", number)
    finally:
        await ours.close()


async def test_a_worker_says_which_routines_it_calls(connection: Any, config: Config) -> None:
    """Beside its slot. Seen red with `routines_of` left out of register_worker."""
    ours = await connect(str(config.database_url), config)
    try:
        slot = await register_worker(ours, ME, 60.0, uuid.uuid4())
        row = await connection.fetchrow("SELECT * FROM worker WHERE slot = $1", slot)
        assert (row["routines"], row["routines_of"]) == (routines_schema(), ME)
    finally:
        await connection.execute("DELETE FROM worker")
        await ours.close()


async def test_what_stands_on_them_keeps_them(database: Any) -> None:
    """Something of one's own made with a routine is not lost with it: all of it stays.

    Seen red with DROP SCHEMA … CASCADE.
    """
    await database.execute(LONG_AGO)
    await database.execute(f"CREATE VIEW mine AS SELECT * FROM {OLD}.several('{{}}')")
    try:
        await retire_routines(database)
        assert await database.fetchval("SELECT count(*) FROM mine") == 0
        assert await is_there(database)
    finally:
        await database.execute("DROP VIEW mine")
