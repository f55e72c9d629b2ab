"""Outcomes recorded without a lock before: rows that somebody else changes meanwhile."""

import asyncio
from typing import Any

import pytest

from gateway.ground.sql.database import Database
from gateway.webhooks.rules import WebhookState
from tests.integration.webhooks.test_webhook_store import PARTNER, insert, outcome, rows, store_on
from tests.world.partner import eventually

__all__ = ["rows"]


@pytest.mark.parametrize(
    ("change", "recorded"),
    [
        ("owner = gen_random_uuid()", ("delivered", 1)),  # claimed: the delivery counts
        ("replays = 1, next_attempt_at = now()", ("pending", 0)),  # asked for again: it does not
        ("state = 'delivered', attempts = 3", ("delivered", 3)),  # told by somebody else already
    ],
)
async def test_an_outcome_goes_by_what_the_row_is_then(
    database: Database, rows: Any, change: str, recorded: tuple[str, int]
) -> None:
    """A message that is changed while its outcome is being recorded; that of another one is
    recorded in the same group whatever became of it.

    Seen red without the second look (claimed, delivered, and sent again a minute later).
    """
    await insert(rows, PARTNER, 1, 2)
    async with database.pool.acquire() as other, database.pool.acquire() as recorder:
        changing = other.transaction()
        await changing.start()
        await other.execute(f"UPDATE webhook SET {change} WHERE id = 1")
        outcomes = [outcome(number, WebhookState.DELIVERED, status=200) for number in (1, 2)]
        recording = asyncio.create_task(store_on(recorder).record(outcomes))

        async def is_waited_for() -> bool:
            return bool(await rows.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"))

        await eventually(is_waited_for)
        await changing.commit()
        await recording
    found = await rows.fetch("SELECT state, attempts FROM webhook ORDER BY id")
    assert [tuple(row) for row in found] == [recorded, ("delivered", 1)]
