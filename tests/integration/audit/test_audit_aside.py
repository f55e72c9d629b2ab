"""An audit that is asked for by API takes nothing from anybody: audit/aside.py."""

import asyncio
from typing import Any

import pytest

from gateway.audit.aside import aside
from gateway.ground.config import Config
from gateway.ground.desk.refusal import DeskRefusedError
from gateway.ground.sql.database import Database
from tests.clock import LONG_S, put_forward

RUNNING = """SELECT count(*) FROM pg_stat_activity
WHERE state = 'active' AND query LIKE '%pg_sleep(1000)%' AND pid <> pg_backend_pid()"""


async def test_one_at_a_time_and_by_a_connection_of_its_own(
    database: Database, config: Config
) -> None:
    """The second one is refused at once, whichever worker asks; after the first it is let in."""
    async with aside(database, config) as first:
        assert first.pool is not database.pool
        assert await first.pool.fetchval("SHOW max_parallel_workers_per_gather") == "0"
        with pytest.raises(DeskRefusedError) as caught:
            async with aside(database, config):
                raise AssertionError
        assert (caught.value.code, caught.value.why) == ("busy", "audit-running")
    async with aside(database, config):
        pass


async def test_it_has_so_long_and_leaves_nothing_behind(
    database: Database, config: Config, connection: Any
) -> None:
    """At the deadline the server stops, too, and the next one is let in."""
    inside = asyncio.Event()

    async def too_long() -> None:
        async with aside(database, config, deadline_s=LONG_S) as own:
            inside.set()
            await own.pool.fetch("SELECT pg_sleep(1000)", timeout=2 * LONG_S)

    running = asyncio.create_task(too_long())
    await inside.wait()
    while await connection.fetchval(RUNNING) == 0:  # noqa: ASYNC110  a database answers meanwhile
        await asyncio.sleep(0.01)
    put_forward(LONG_S)
    with pytest.raises(DeskRefusedError) as caught:
        await running
    assert (caught.value.code, caught.value.why) == ("busy", "audit-too-long")
    while await connection.fetchval(RUNNING):  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    async with aside(database, config):
        pass
