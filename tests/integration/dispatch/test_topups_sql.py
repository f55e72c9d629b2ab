"""The guards in the database, without a gateway: I6, I9, and SQL's own copy of the table."""

import typing
from typing import Any

import asyncpg
import msgspec
import pytest

from gateway.dispatch.attempt import VERDICTS, AttemptState, News
from gateway.dispatch.attempt_news import AttemptNews
from gateway.ground.sql.named_sql import queries

SQL = queries("dispatch/queries")

ORDER = """
INSERT INTO orders (partner_id, id, out_order_no, content_hash, sku_id, quantity, amount, account,
                    state, created_at, updated_at)
VALUES ($1, $2, 'T' || $2::bigint, '\\x00', 1, 1, 100, 'a', 'processing', now(), now())
"""
ATTEMPT = """
INSERT INTO attempt (id, partner_id, order_id, upstream_id, product_id, account, quantity, state)
VALUES ($3, $1, $2, 1, 'p', 'a', 1, $4)
"""
PARTNER = 1


@pytest.fixture(autouse=True)
async def _partner(connection: Any) -> None:
    """A partner with money; each test has its own orders."""
    await connection.execute(
        "INSERT INTO partner (id, name, webhook_secret) OVERRIDING SYSTEM VALUE"
        " VALUES (1, 'p', '\\x00') ON CONFLICT DO NOTHING"
    )
    await connection.execute(
        "INSERT INTO account (partner_id, balance) VALUES (1, 0) ON CONFLICT DO NOTHING"
    )


async def ordered(connection: Any, number: int, state: str = "created") -> int:
    """An order with one attempt; the attempt's number."""
    await connection.execute(ORDER, PARTNER, number)
    await connection.execute(ATTEMPT, PARTNER, number, number + 1, state)
    return number + 1


async def settle(connection: Any, attempt: int, news: str, *, times: int = 1) -> list[str]:
    """Apply the same news several times in one call; the verdicts."""
    lines = [
        AttemptNews(attempt=attempt, news=news, webhook=attempt * 10 + n) for n in range(times)
    ]
    verdicts: list[str] = await connection.fetchval(
        SQL["settle"], msgspec.json.encode(lines).decode(), None
    )
    return verdicts


async def test_sql_judges_as_the_table_does(connection: Any) -> None:
    """Every pair of state and news: SQL's judge_news and the domain's table agree."""
    for state in AttemptState:
        for news in News:
            said = await connection.fetchval("SELECT judge_news($1, $2)", state, news)
            assert said == VERDICTS[state][news], (state, news)


async def test_the_fields_of_news_are_the_databases(connection: Any) -> None:
    """Each field of the row type has its member, with its type: JSON by another name is ignored.

    Seen red with `park` renamed, and with `delivered` as text.
    """
    rows = await connection.fetch(
        "SELECT attname, format_type(atttypid, NULL) AS kind FROM pg_attribute"
        " WHERE attrelid = 'attempt_news'::regclass ORDER BY attnum"
    )
    python = {
        "bigint": int, "integer": int, "text": str, "double precision": float,
        "bigint[]": list[int],
    }  # fmt: skip
    said = {
        field.name: field.type if field.required else typing.get_args(field.type)[0]
        for field in msgspec.structs.fields(AttemptNews)
    }
    assert said == {row["attname"]: python[row["kind"]] for row in rows}


async def test_no_second_live_attempt(connection: Any) -> None:
    """I6: an order with a live attempt gets no second one, whoever tries."""
    await ordered(connection, 1000)
    with pytest.raises(asyncpg.UniqueViolationError, match="attempt_live"):
        await connection.execute(ATTEMPT, PARTNER, 1000, 1002, "created")


async def test_a_second_attempt_after_a_refusal(connection: Any) -> None:
    """I6 is about live attempts: after a refusal there may be another."""
    await ordered(connection, 2000, "rejected")
    await connection.execute(ATTEMPT, PARTNER, 2000, 2002, "created")


async def test_without_the_index_there_could_be_two(connection: Any) -> None:
    """The planted bug: with I6's index dropped, a second live attempt is taken without a word."""
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute("DROP INDEX attempt_live")
        await ordered(connection, 3000)
        await connection.execute(ATTEMPT, PARTNER, 3000, 3002, "created")
    finally:
        await transaction.rollback()


async def test_states_never_move_back(connection: Any) -> None:
    """I9: failure after success changes nothing and is parked."""
    attempt = await ordered(connection, 4000)
    assert await settle(connection, attempt, "succeeded") == ["applied"]
    assert await settle(connection, attempt, "failed") == ["parked"]
    row = await connection.fetchrow("SELECT state, parked, refunded FROM orders WHERE id = 4000")
    assert (row["state"], row["refunded"]) == ("delivered", 0)
    assert "now says failed" in row["parked"]


async def test_without_the_judge_success_could_fail(connection: Any) -> None:
    """The planted bug: with a judge that always agrees, the order would be refunded too — and
    only the tables of states in the database stop it, the attempt's first."""
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute(
            "CREATE OR REPLACE FUNCTION judge_news(p_state text, p_news text) RETURNS text"
            " LANGUAGE sql IMMUTABLE AS $$ SELECT 'applied' $$"
        )
        attempt = await ordered(connection, 5000)
        await settle(connection, attempt, "succeeded")
        with pytest.raises(asyncpg.PostgresError, match="does not go from succeeded to failed"):
            async with connection.transaction():
                await settle(connection, attempt, "failed")
        await connection.execute("ALTER TABLE attempt DISABLE TRIGGER attempt_states")
        await settle(connection, attempt, "failed")
        assert (
            await connection.fetchval("SELECT state FROM attempt WHERE id = $1", attempt)
            == "failed"
        )
        assert await connection.fetchval("SELECT state FROM orders WHERE id = 5000") == "delivered"
    finally:
        await transaction.rollback()


async def test_repeated_news_moves_once(connection: Any) -> None:
    """The same refusal three times in one batch: one refund, one transition."""
    attempt = await ordered(connection, 6000)
    before = await connection.fetchval("SELECT balance FROM account WHERE partner_id = 1")
    verdicts = await settle(connection, attempt, "rejected", times=3)
    assert verdicts == ["applied", "repeated", "repeated"]
    after = await connection.fetchval("SELECT balance FROM account WHERE partner_id = 1")
    assert after - before == 100


async def test_only_one_of_two_may_send(connection: Any) -> None:
    """Two workers that both believe it is their turn: the second one's mark is refused."""
    attempt = await ordered(connection, 7000)
    workers = ("00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000002")
    marked = [
        await connection.fetchval(SQL["mark_sent"], [attempt], [0], [False], each)
        for each in workers
    ]
    assert marked == [[attempt], []]
    # The first one's answer was lost: it asks again, and is told that it is still its turn.
    again = [
        await connection.fetchval(SQL["mark_sent"], [attempt], [0], [True], each)
        for each in workers
    ]
    assert again == [[attempt], []]


async def test_unsent_only_as_often_as_it_was_sent(connection: Any) -> None:
    """Who knows an older count says nothing of the send that followed; and only a created one
    can be unsent."""
    attempt, accepted = await ordered(connection, 8000), await ordered(connection, 8500, "accepted")
    worker = "00000000-0000-0000-0000-000000000001"
    both, never, doubted = [attempt, accepted], [0, 0], [False, False]
    marked = await connection.fetchval(SQL["mark_sent"], both, never, doubted, worker)
    assert sorted(marked) == sorted(both)
    unsent = "SELECT array_agg(id ORDER BY id) FROM attempt WHERE id = ANY ($1) AND sent_at IS NULL"
    await connection.execute(SQL["mark_unsent"], both, [0, 0])
    assert await connection.fetchval(unsent, both) is None
    await connection.execute(SQL["mark_unsent"], both, [1, 1])
    assert await connection.fetchval(unsent, both) == [attempt]


async def test_two_people_decide(connection: Any) -> None:
    """Four eyes: the database itself refuses an approver who proposed."""
    with pytest.raises(asyncpg.CheckViolationError, match="four_eyes"):
        await connection.execute(
            "INSERT INTO resolution (partner_id, order_id, verdict, reason, requested_by,"
            " approved_by, approved_at) VALUES (1, 1, 'failed', 'r', 'ann', 'Ann', now())"
        )
