"""A worker is made in one place, all or nothing; and what it serves is made whole."""

import asyncio
import gc
import socket
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from gateway import compose as composing
from gateway.compose import compose
from gateway.control import Control
from gateway.ground.config import Config
from gateway.ground.errors import StoreUnavailableError
from gateway.ground.http.sockets import bind
from gateway.ground.sql import pools
from gateway.ground.sql.database import Database, open_database
from gateway.ground.vault import open_vault
from gateway.webhooks.telling import Telling
from gateway.worker import Worker
from tests.world.partner import eventually

# Where a start may fail: what is put in the way, and at which call.
STEPS: list[tuple[Any, str, int]] = [
    (pools, "create_pool", 1),
    (pools, "create_pool", 2),
    (pools, "create_pool", 3),
    (Control, "start", 1),
    (Control, "_listen", 1),  # the slot is taken by then
    (composing, "read_catalog", 1),
    (composing, "routes_of", 1),  # the last: everything is open
]


@pytest.fixture
async def mine(config: Config) -> AsyncIterator[Database]:
    """A database that is open for a worker alone: who makes it closes it, unless told otherwise."""
    opened = await open_database(config, connections=2, migrate=False)
    yield opened
    await opened.close()


async def left(connection: Any) -> tuple[int, int]:
    """Sessions of the gateway's role on this database, and workers with a slot."""
    sessions = await connection.fetchval(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    )
    return sessions, await connection.fetchval("SELECT count(*) FROM worker")


async def settles(connection: Any, before: tuple[int, int]) -> None:
    """The server forgets sessions a moment after they end."""

    async def as_before() -> bool:
        return await left(connection) == before

    await eventually(as_before)


def failing_at(count: int, real: Callable[..., Any], error: Exception) -> Callable[..., Any]:
    """The real thing, until its n-th call."""
    calls = 0

    def called(*arguments: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == count:
            raise error
        return real(*arguments, **named)

    return called


@pytest.mark.parametrize("at", STEPS, ids=[f"{name}-{count}" for _, name, count in STEPS])
async def test_what_was_opened_is_closed_when_a_later_step_fails(
    at: tuple[Any, str, int],
    mine: Database,
    config: Config,
    connection: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No session and no slot is left; the database, which is not ours to close, still works.

    Seen red without the stack in `compose` (sessions stay; from `_listen` on a slot too), and
    without the one in `open_pools`.
    """
    where, step, count = at
    vault = await open_vault(config.data, mine.pool)
    before = await left(connection)
    error = StoreUnavailableError(f"{step}, call {count}")
    monkeypatch.setattr(where, step, failing_at(count, getattr(where, step), error))
    with pytest.raises(StoreUnavailableError, match=f"{step}, call {count}"):
        await compose(config, mine, vault)
    await settles(connection, before)
    assert await mine.pool.fetchval("SELECT true")


async def test_a_start_that_fails_closes_all_that_was_made(
    config: Config, connection: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service that cannot start stops the start: those before it are stopped, all is closed.

    Seen red without the stack in `Worker.start`.
    """
    before = await left(connection)
    opened = await open_database(config, connections=2, migrate=False)
    parts = await compose(config, opened, await open_vault(config.data, opened.pool))
    error = StoreUnavailableError("the second service")
    monkeypatch.setattr(Telling, "start", failing_at(1, Telling.start, error))
    with (
        bind("127.0.0.1", 0, reuse_port=False) as listening,
        pytest.raises(StoreUnavailableError, match="the second service"),
    ):
        await Worker(parts).start(listening)
    await settles(connection, before)


async def test_a_worker_runs_and_stops_what_it_is_given(config: Config, connection: Any) -> None:
    """From made to gone, and nothing is left of it."""
    before = await left(connection)
    opened = await open_database(config, connections=2, migrate=False)
    parts = await compose(config, opened, await open_vault(config.data, opened.pool))
    listening: socket.socket = bind("127.0.0.1", 0, reuse_port=False)
    worker = Worker(parts)
    limits = gc.get_threshold()
    await worker.start(listening)
    gc.unfreeze()  # this process is not the worker's own
    gc.set_threshold(*limits)
    reader, writer = await asyncio.open_connection(*listening.getsockname())
    writer.write(b"GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert (await reader.read()).startswith(b"HTTP/1.1 200")
    writer.close()
    assert await worker.stop()
    await settles(connection, before)
