"""What is rolled back for another's sake is done again, and sessions are what we rely on."""

import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from gateway.codes.lease_store import LeaseStore
from gateway.ground.config import Config
from gateway.ground.desk.transaction import administration
from gateway.ground.errors import RolledBackError
from gateway.ground.sql.books import RETRIES_MAX, again
from gateway.ground.sql.connecting import session_settings
from gateway.ground.sql.database import Database, open_database
from tests.conftest import Cli, _execute, in_own_loop

# Stricter and odder than anything a database of somebody else should come with.
STRANGE = {
    "default_transaction_isolation": "serializable",
    "default_transaction_read_only": "on",
    "statement_timeout": "1ms",
    "lock_timeout": "1ms",
    "idle_in_transaction_session_timeout": "1ms",
    "timezone": "Asia/Shanghai",
    "datestyle": "German",
    "bytea_output": "escape",
    "synchronous_commit": "local",
    "client_min_messages": "error",
    "array_nulls": "off",
}


@pytest.fixture
def strange(config: Config, connection: Any, postgres: Any) -> Iterator[None]:
    """The module's database with strange defaults, for one test."""
    name = str(config.database_url).split("?")[0].rsplit("/", 1)[1]
    for setting, value in STRANGE.items():
        in_own_loop(_execute(postgres.dsn, f"ALTER DATABASE {name} SET {setting} = '{value}'"))
    yield
    in_own_loop(_execute(postgres.dsn, f"ALTER DATABASE {name} RESET ALL"))


@pytest.fixture
async def fails_twice(connection: Any) -> AsyncIterator[Any]:
    """`await fails_twice(table, sqlstate)`: the next two changes of the table are rolled back."""
    made: list[str] = []

    async def arrange(table: str, sqlstate: str) -> None:
        await connection.execute(f"""
            CREATE SEQUENCE IF NOT EXISTS public.failures;
            GRANT ALL ON SEQUENCE public.failures TO PUBLIC;
            SELECT setval('public.failures', 1);
            CREATE OR REPLACE FUNCTION public.fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                IF nextval('public.failures') <= 3 THEN
                    RAISE EXCEPTION 'made to fail' USING ERRCODE = '{sqlstate}';
                END IF;
                RETURN NULL;
            END $$;
            CREATE TRIGGER fails BEFORE INSERT OR UPDATE ON {table}
                FOR EACH STATEMENT EXECUTE FUNCTION public.fail();
        """)
        made.append(table)

    yield arrange
    for table in made:
        await connection.execute(f"DROP TRIGGER fails ON {table}")


async def _failures(connection: Any) -> int:
    return int(await connection.fetchval("SELECT last_value FROM public.failures"))


async def test_sessions_are_what_we_rely_on(config: Config, strange: None) -> None:
    """Whatever the database's defaults are, in every connection of the pool and of its own."""
    database = await open_database(config, connections=2, migrate=True)
    try:
        for setting, value in (
            *session_settings().items(),
            ("synchronous_commit", "on"),
            ("transaction_isolation", "read committed"),
        ):
            shown = await database.pool.fetchval("SELECT current_setting($1)", setting)
            assert shown.lower() == value.lower(), setting
    finally:
        await database.close()


@pytest.mark.parametrize("sqlstate", ["40001", "40P01"])
async def test_leases_are_asked_for_again(
    database: Database, connection: Any, command: Cli, fails_twice: Any, sqlstate: str
) -> None:
    """Refilling, renewing, giving back: a deadlock or a serialization failure is not the end.

    Seen red with asyncpg's own connection class.
    """
    pool = f"p{sqlstate}"
    assert command("pool", "create", pool).returncode == 0
    made = command("codes", "generate", "10", "--pool", pool, "--pattern", "A" * 12)
    assert made.returncode == 0, made.stderr
    pool_id = await connection.fetchval("SELECT id FROM pool WHERE name = $1", pool)
    leases = LeaseStore(database.pool, worker_id=uuid.uuid4(), slot=1, ttl_s=30.0)
    await fails_twice("lease", sqlstate)
    assert (await leases.refill(pool_id, 100, [])).verdict == "granted"
    assert await _failures(connection) >= 4
    await connection.execute("SELECT setval('public.failures', 1)")
    assert await leases.give_back() == 5  # half: who comes alone leaves as much
    assert await _failures(connection) >= 4


async def test_administration_makes_way_and_goes_on(
    connection: Any, command: Cli, fails_twice: Any
) -> None:
    """A deposit whose transaction was rolled back twice is made, once."""
    assert command("partner", "create", "waits").returncode == 0
    await fails_twice("account", "40001")
    done = command("account", "deposit", "waits", "500", "--reference", "r1", "--json")
    assert (done.returncode, done.json["balance"]) == (0, 500), done.stdout
    assert await _failures(connection) >= 4


async def test_administration_says_that_nothing_took_place(database: Database) -> None:
    """What cannot be repeated for its caller is told so by type."""
    with pytest.raises(RolledBackError):
        async with administration(database) as db:
            await db.execute("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40P01'; END $$")


async def test_an_import_is_staged_again(
    connection: Any, command: Cli, fails_twice: Any, tmp_path: Path
) -> None:
    """Every step of an import is one transaction that may be rolled back for another's sake."""
    assert command("pool", "create", "imports").returncode == 0
    codes = tmp_path / "codes.csv"
    codes.write_text("code\n" + "".join(f"IMP-{n:05}\n" for n in range(50)))
    await fails_twice("batch", "40001")
    done = command("codes", "import", str(codes), "--pool", "imports", "--json")
    assert (done.returncode, done.json["imported"]) == (0, 50), done.stderr
    assert await _failures(connection) >= 4


async def test_what_fails_for_ever_is_said(connection: Any) -> None:
    """There is an end to trying, and other errors are not tried again."""
    tries = 0

    async def deadlocks() -> None:
        nonlocal tries
        tries += 1
        raise asyncpg.DeadlockDetectedError("again")

    with pytest.raises(asyncpg.DeadlockDetectedError):
        await again(deadlocks)
    assert tries == RETRIES_MAX + 1

    async def refused() -> None:
        nonlocal tries
        tries += 1
        raise asyncpg.UniqueViolationError("there already")

    tries = 0
    with pytest.raises(asyncpg.UniqueViolationError):
        await again(refused)
    assert tries == 1
