"""The table of states stands twice, in Python and in a trigger: compared pair by pair."""

from itertools import product
from typing import Any

import asyncpg
import pytest

from gateway.cases.rules import ENDED, MOVES, CaseState

PAIRS = list(product(CaseState, CaseState))


@pytest.fixture
async def case(connection: Any) -> Any:
    """A connection in a transaction that is rolled back, with a partner."""
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute("INSERT INTO partner (name, webhook_secret) VALUES ('p', 'x')")
    yield connection
    await transaction.rollback()


@pytest.mark.parametrize(("before", "after"), PAIRS, ids=lambda state: str(state.value))
async def test_the_trigger_moves_as_the_table_says(
    case: Any, before: CaseState, after: CaseState
) -> None:
    """The trigger allows what the table does, pair by pair, and nothing else."""
    await case.execute(
        "INSERT INTO service_case (partner_id, id, out_case_no, content_hash, order_id, kind,"
        " reason, opened_by, state, outcome, deadline_at)"
        " SELECT id, 1, 'k', '', 1, 'question', 'r', 'partner', $1, 'x', now() FROM partner",
        before.value,
    )
    move = "UPDATE service_case SET state = $1"
    if after is before or after in MOVES[before]:
        await case.execute(move, after.value)
    else:
        with pytest.raises(asyncpg.PostgresError) as refused:
            await case.execute(move, after.value)
        assert refused.value.sqlstate == "QG005"


def test_what_ended_stays() -> None:
    """Every state leads to an end, and none leads on from there."""
    assert {state for state, moves in MOVES.items() if not moves} == ENDED
    assert set(MOVES) == set(CaseState)


async def test_what_was_asked_stays(case: Any) -> None:
    """Neither the order nor the amount of a case can be changed, nor can it be deleted; an open
    line has one.
    """
    insert = (
        "INSERT INTO service_case (partner_id, id, out_case_no, content_hash, order_id, kind,"
        " reason, amount, opened_by) SELECT id, $1, $2, '', 1, 'refund', 'r', 5, 'partner'"
        " FROM partner"
    )
    await case.execute(insert, 1, "a")
    for statement in (
        "UPDATE service_case SET amount = 6", "UPDATE service_case SET order_id = 2",
        "UPDATE service_case SET kind = 'reissue'", "UPDATE service_case SET reason = ''",
        "DELETE FROM service_case",
    ):  # fmt: skip
        with pytest.raises(asyncpg.PostgresError) as refused:
            async with case.transaction():
                await case.execute(statement)
        assert refused.value.sqlstate == "QG003", statement
    with pytest.raises(asyncpg.UniqueViolationError):
        async with case.transaction():
            await case.execute(insert, 2, "b")


async def test_no_order_gives_back_more_than_it_cost(case: Any) -> None:
    """The CHECK stands whoever writes; and codes are replaced, never taken away."""
    await case.execute(
        "INSERT INTO orders (partner_id, id, out_order_no, content_hash, sku_id, quantity, amount,"
        " state, delivered_quantity, pool_id, seqs, created_at, updated_at)"
        " SELECT id, 1, 'o', '', 1, 2, 100, 'delivered', 2, 1, '{4,5}', now(), now() FROM partner"
    )
    await case.execute("UPDATE orders SET refunded = 100, returned = 2")
    await case.execute("UPDATE orders SET current_seqs = '{4,9}', replaced = 1")
    for statement, state in (
        ("UPDATE orders SET refunded = 101", "23514"),
        ("UPDATE orders SET current_seqs = '{4}', replaced = 2", "QG003"),
        ("UPDATE orders SET current_seqs = '{4,8}'", "QG003"),
        ("UPDATE orders SET replaced = 0", "QG003"),
        ("UPDATE orders SET returned = 3", "QG003"),
        ("UPDATE orders SET recipient = 'x'", "QG003"),
    ):
        with pytest.raises(asyncpg.PostgresError) as refused:
            async with case.transaction():
                await case.execute(statement)
        assert refused.value.sqlstate == state, statement


@pytest.mark.parametrize(
    ("state", "kind", "days"),
    [
        ("opened", "question", 10),
        ("resolved", "question", 6),
        ("resolved", "refund", 10),
        ("resolved", "reissue", 10),
        ("resolved", "recipient", 10),
    ],
)
async def test_what_explains_something_is_not_deleted(
    case: Any, state: str, kind: str, days: int
) -> None:
    """Not even by the owner: what is open, young, or moved something; nor a step of what is there.

    Seen red with `case_kept` away, and with `case_step_insert_only`.
    """
    await case.execute(
        "INSERT INTO service_case (partner_id, id, out_case_no, content_hash, order_id, kind,"
        " reason, opened_by, state, outcome, updated_at) SELECT id, 1, 'k', '', 1, $2, 'r',"
        " 'partner', $1, 'x', now() - make_interval(days => $3) FROM partner",
        state, kind, days,
    )  # fmt: skip
    await case.execute(
        "INSERT INTO case_step (partner_id, case_id, no, step, actor, state)"
        " SELECT partner_id, id, 1, 'opened', 'partner', 'opened' FROM service_case"
    )
    for table in ("case_step", "service_case"):
        with pytest.raises(asyncpg.PostgresError) as refused:
            async with case.transaction():
                await case.execute(f"DELETE FROM {table}")
        assert refused.value.sqlstate == "QG003", table
