"""What is written of an attempt without a lock before, while somebody else changes its row."""

import asyncio
import uuid
from typing import Any

import pytest

from gateway.dispatch.store import AttemptStore
from gateway.ground.sql.database import Database
from tests.world.partner import eventually

WORKER, OTHER = uuid.UUID(int=1), uuid.UUID(int=2)
ORDERED = """
WITH o AS (
    INSERT INTO orders (partner_id, id, out_order_no, content_hash, sku_id, quantity, amount,
                        account, state, created_at, updated_at)
    SELECT 1, n, n, '', 1, 1, 100, 'a', 'processing', now(), now()
    FROM generate_series($1::int, $2) n
)
INSERT INTO attempt (id, partner_id, order_id, upstream_id, product_id, account, quantity, state)
SELECT n + 500, 1, n, 1, 'p', 'a', 1, 'created' FROM generate_series($1::int, $2) n
"""
BLOCKED = "SELECT count(*) FROM pg_locks WHERE NOT granted"
KEPT = "SELECT upstream_no, cost, state FROM attempt WHERE id = $1"


@pytest.fixture
async def connection(connection: Any) -> Any:
    """With a partner."""
    await connection.execute(
        "INSERT INTO partner (id, name, webhook_secret) OVERRIDING SYSTEM VALUE"
        " VALUES (1, 'p', '\\x00') ON CONFLICT DO NOTHING"
    )
    return connection


async def marked_while(
    database: Database, connection: Any, ids: list[int], change: str
) -> set[int]:
    """What may be sent of these, where `change` to the first is committed while they are marked."""
    store = AttemptStore(database.pool, WORKER)

    async def is_waited_for() -> bool:
        return bool(await connection.fetchval(BLOCKED))

    async with database.pool.acquire() as other:
        changing = other.transaction()
        await changing.start()
        await other.execute(f"UPDATE attempt SET {change} WHERE id = $1", ids[0])
        marking = asyncio.create_task(store.mark_sent(ids, [0] * len(ids), [False] * len(ids)))
        await eventually(is_waited_for)
        await changing.commit()
    return await marking


@pytest.mark.parametrize(
    ("first", "change", "is_sent"),
    [
        (1000, "queries = 1", True),  # looked at by somebody else: as good as before
        (1010, "state = 'rejected'", False),  # cancelled
        (1020, f"sends = 1, owner = '{OTHER}', sent_at = now()", False),  # sent by another worker
    ],
)
async def test_a_mark_goes_by_what_the_row_is_then(
    database: Database, connection: Any, first: int, change: str, is_sent: bool
) -> None:
    """A row that is changed while it is marked: sent if it may still be, else never, and the others
    of the group are marked whatever became of it.

    Seen red (the first one is not sent, and waits for its row to be due) without the second look,
    and (cancelled, and sent all the same) without the states in the mark's own condition.
    """
    await connection.execute(ORDERED, first, first + 2)
    ids = [first + 500, first + 501, first + 502]
    marked = await marked_while(database, connection, ids, change)
    assert marked == set(ids if is_sent else ids[1:])
    rows = await connection.fetch(
        "SELECT id FROM attempt WHERE id = ANY ($1) AND sends = 1 AND owner = $2", ids, WORKER
    )
    assert {row["id"] for row in rows} == marked


async def test_of_two_who_mark_one_sends(database: Database, connection: Any) -> None:
    """The same attempts marked by twelve workers at once, in groups: each is one's to send."""
    await connection.execute(ORDERED, 2000, 2049)
    ids = list(range(2500, 2550))
    told = await asyncio.gather(
        *(
            AttemptStore(database.pool, uuid.UUID(int=worker)).mark_sent(
                ids, [0] * len(ids), [False] * len(ids)
            )
            for worker in range(1, 13)
        )
    )
    assert sorted(number for marked in told for number in marked) == ids


async def test_a_number_told_after_the_end_is_kept(database: Database, connection: Any) -> None:
    """What only a late acceptance had is added where nothing is known; nothing else changes."""
    await connection.execute(ORDERED, 3000, 3002)
    await connection.execute(
        "UPDATE attempt SET state = 'succeeded' WHERE id BETWEEN 3500 AND 3502;"
        " UPDATE attempt SET upstream_no = 'theirs', cost = 7 WHERE id = 3501;"
        " UPDATE attempt SET cost = 8 WHERE id = 3502"
    )
    store = AttemptStore(database.pool, WORKER)
    await store.keep_numbers([3500, 3501, 3502, 9], ["A", "B", "C", "D"], [1, 2, None, 4])
    rows = [tuple(await connection.fetchrow(KEPT, number)) for number in (3500, 3501, 3502)]
    assert rows == [("A", 1, "succeeded"), ("theirs", 7, "succeeded"), ("C", 8, "succeeded")]


async def test_callbacks_are_kept_once(database: Database, connection: Any) -> None:
    """New ones are rows; one that is there is counted, also by workers who insert it at once.

    Seen red without the second statement (the group of a known callback is refused).
    """
    store = AttemptStore(database.pool, WORKER)

    def columns(*attempts: int) -> list[list[Any]]:
        count = len(attempts)
        return [
            [1] * count, list(attempts), ["trusted"] * count, ["success"] * count, [b"{}"] * count,
            [bytes([number % 256]) * 16 for number in attempts], [2] * count,
        ]  # fmt: skip

    await store.keep_callbacks(columns(1, 2))
    await asyncio.gather(*(store.keep_callbacks(columns(2, 3, 4)) for _ in range(8)))
    rows = await connection.fetch("SELECT attempt_id, times FROM callback ORDER BY attempt_id")
    assert [tuple(row) for row in rows] == [(1, 1), (2, 9), (3, 8), (4, 8)]
