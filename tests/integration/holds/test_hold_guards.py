"""What the database refuses of holds by itself, whoever asks: see tables/0241 and 0282."""

from collections.abc import AsyncIterator
from itertools import product
from typing import Any

import asyncpg
import pytest

from gateway.holds.rules import TRANSITIONS, HoldState
from tests.conftest import unguarded
from tests.world import WORLD_FILES

CONFIRMED = {HoldState.CONFIRMED, HoldState.LATE_CONFIRMED}


@pytest.fixture
async def world(connection: Any) -> AsyncIterator[Any]:
    """The audit's small world, rolled back at the end: hold 601 has code 10."""
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute((WORLD_FILES / "audit_world.sql").read_text(encoding="utf-8"))
    yield connection
    await transaction.rollback()


async def refused(world: Any, change: str, *values: Any) -> str | None:
    """What the database says to a change; None: it takes it. Nothing stays of it."""
    savepoint = world.transaction()
    await savepoint.start()
    try:
        await world.execute(change, *values)
    except asyncpg.PostgresError as error:
        return error.sqlstate
    finally:
        await savepoint.rollback()
    return None


async def test_states_move_along_the_table_alone(world: Any) -> None:
    """Every pair. Seen red without the trigger `hold_moves`."""
    for before, after in product(HoldState, HoldState):
        async with unguarded(world):
            await world.execute(
                "UPDATE hold SET state = $1, order_id = $2 WHERE id = 601",
                before.value, 5 if before in CONFIRMED else None,
            )  # fmt: skip
        said = await refused(
            world, "UPDATE hold SET state = $1, order_id = $2 WHERE id = 601",
            after.value, 5 if after in CONFIRMED else None,
        )  # fmt: skip
        allowed = after == before or after in TRANSITIONS[before]
        assert said == (None if allowed else "QG005"), (before, after)


@pytest.mark.parametrize(
    "change",
    [
        "quantity = 2", "amount = 1", "seqs = '{11}'", "buyer_id = NULL", "expires_at = now()",
        "content_hash = ''", "out_hold_no = 'x'", "details = NULL", "account = 'a'", "sku_id = 9",
    ],
)  # fmt: skip
async def test_what_was_accepted_stays(world: Any, change: str) -> None:
    """Column by column, also with a move that is allowed. Seen red without `hold_moves`."""
    for state in ("held", "released"):
        said = await refused(world, f"UPDATE hold SET {change}, state = '{state}' WHERE id = 601")
        assert said in {"QG003", "23514"}  # or a CHECK that sees it first


async def test_what_was_sold_is_not_held(world: Any) -> None:
    """Nor what is void; one of them among others is enough, and alone they are taken.

    Seen red without the trigger `held_code_unsold`.
    """
    hold = "INSERT INTO held_code SELECT id, s, 1, 601 FROM pool, unnest($1::bigint[]) AS s"
    where = " WHERE pool.name = 'vip'"
    for seqs, said in (([16, 17], None), ([16, 17, 0], "QG003"), ([15], "QG003"), ([10], "23505")):
        assert await refused(world, hold + where, seqs) == said, seqs
