"""The migrations of an order's and its attempts' guards, beside workers that go on selling."""

import asyncio
from collections.abc import AsyncIterator
from itertools import count
from typing import Any

import asyncpg
import pytest

from gateway.ground.sql import migrate
from gateway.ground.sql.embedded import EmbeddedServer
from tests.conftest import in_database

FIRST = "0495_attempts_of_an_order"
OLD = "migrating_attempts"
HISTORY = 30_000
ROUNDS = 200  # of each seller at least
SELLERS = 4
# A commit writes orders, then attempts; a settlement the other way round, after a row lock.
ORDER = """
INSERT INTO orders (partner_id, id, out_order_no, content_hash, sku_id, quantity, amount, account,
                    state, created_at, updated_at)
SELECT 1, n, n, '', 1, 1, 100, 'a', 'processing', now(), now() FROM generate_series($1::int, $2) n
"""
ATTEMPT = """
INSERT INTO attempt (id, partner_id, order_id, upstream_id, product_id, account, quantity, state)
SELECT n, 1, n, 1, 'p', 'a', 1, 'created' FROM generate_series($1::int, $2) n
"""
HOLD = "SELECT FROM attempt WHERE id = $1 FOR NO KEY UPDATE"
END = "UPDATE attempt SET state = 'succeeded' WHERE id = $1"
DELIVER = "UPDATE orders SET state = 'delivered', delivered_quantity = 1 WHERE id = $1"
TWICE = """
INSERT INTO attempt SELECT (jsonb_populate_record(a, '{"id": 0}')).* FROM attempt a WHERE id = 1
"""


@pytest.fixture
async def before(
    postgres: EmbeddedServer, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[str, dict[str, str]]]:
    """A database as it was before them, with a history; and all migrations."""
    everything = migrate.migrations()
    keeper = await asyncpg.connect(postgres.dsn)
    await keeper.execute(f"CREATE DATABASE {OLD}")
    dsn = in_database(postgres.dsn, OLD)
    connection = await asyncpg.connect(dsn)
    earlier = {name: text for name, text in everything.items() if name < FIRST}
    monkeypatch.setattr(migrate, "migrations", lambda: earlier)
    await migrate.apply_migrations(connection)
    await connection.execute(ORDER, 1, HISTORY)
    await connection.execute(ATTEMPT, 1, HISTORY)
    await connection.close()
    yield dsn, everything
    await keeper.execute(f"DROP DATABASE {OLD} WITH (FORCE)")
    await keeper.close()


async def sell(dsn: str, numbers: "count[int]", over: asyncio.Event) -> int:
    """Commit and settle one order after the other until told; how many."""
    connection: Any = await asyncpg.connect(dsn)
    sold = 0
    while sold < ROUNDS or not over.is_set():
        number = next(numbers)
        async with connection.transaction():
            await connection.execute(ORDER, number, number)
            await connection.execute(ATTEMPT, number, number)
        async with connection.transaction():
            await connection.execute(HOLD, number)
            await connection.execute(END, number)
            await connection.execute(DELIVER, number)
        sold += 1
    await connection.close()
    return sold


async def test_they_run_beside_sellers(
    before: tuple[str, dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is undone: neither a migration nor a commit or settlement waits in a circle.

    Seen red (a deadlock) with all of it in one migration.
    """
    dsn, everything = before
    over, numbers = asyncio.Event(), count(HISTORY + 1)
    selling = [asyncio.create_task(sell(dsn, numbers, over)) for _ in range(SELLERS)]
    migrating = await asyncpg.connect(dsn)
    monkeypatch.setattr(migrate, "migrations", lambda: everything)
    try:
        applied = await migrate.apply_migrations(migrating)
    finally:
        over.set()
    assert applied[0] == FIRST
    assert sum(await asyncio.gather(*selling)) >= SELLERS * ROUNDS
    with pytest.raises(asyncpg.UniqueViolationError, match="attempt_live"):
        await migrating.execute(TWICE)
    await migrating.close()
