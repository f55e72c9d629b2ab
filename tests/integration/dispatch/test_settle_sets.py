"""News settled as a set: what line by line would do, with the books balanced, whatever history."""

import asyncio
import random
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from gateway.dispatch.attempt import News
from gateway.dispatch.job import Job, Settlement, as_news
from gateway.dispatch.store import AttemptStore
from gateway.ground.sql.database import Database
from gateway.ground.sql.named_sql import queries
from tests.conftest import unguarded
from tests.world.partner import eventually
from tests.world.planning import plan_as_workers

PARTNERS = (1, 2, 3)  # told at an endpoint; its endpoint is disabled; has none
HISTORY = 20_000
AUDITED = ("i6", "i9", "i10", "i11_sequence")  # names of audit queries begin so
TABLES = (
    "SELECT id, state, delivered_quantity, refunded, parked, last_event FROM orders ORDER BY 1",
    "SELECT id, failure FROM orders ORDER BY 1",
    "SELECT id, state, upstream_no, delivered_quantity, code, message FROM attempt ORDER BY 1",
    "SELECT id, upstream_id, queries, not_found, next_check_at, owner FROM attempt ORDER BY 1",
    "SELECT partner_id, kind, amount, order_id, reference FROM entry ORDER BY order_id, reference",
    "SELECT partner_id, balance, last_entry FROM account ORDER BY 1",
    "SELECT id, order_id, type, sequence, url FROM webhook ORDER BY 1",
    "SELECT partner_id, buyer_id, used FROM buyer_usage ORDER BY 1, 2",
)
WORLD = """
TRUNCATE partner, orders, attempt, entry, webhook, buyer_usage CASCADE;
INSERT INTO partner (id, name, webhook_secret) OVERRIDING SYSTEM VALUE
    SELECT p, 'p' || p, '' FROM unnest(ARRAY[1, 2, 3]) p;
INSERT INTO account (partner_id) SELECT id FROM partner;
INSERT INTO webhook_endpoint (partner_id, url, disabled_at)
    VALUES (1, 'https://p.example/', NULL), (2, 'https://q.example/', now());
INSERT INTO buyer_usage (partner_id, sku_id, buyer_id, used) SELECT id, 1, 'ann', 90 FROM partner;
"""
# An order of two pieces for 200, charged. Its first attempt's number is the order's plus 500.
ORDERED = """
WITH ordered AS (
    INSERT INTO orders (partner_id, id, out_order_no, content_hash, sku_id, quantity, amount,
                        account, details, state, created_at, updated_at)
    SELECT p, id, id, '', 1, 2, 200, 'a', d, 'processing', now(), now()
    FROM unnest($1::bigint[], $2::bigint[], $3::text[]) AS u (p, id, d) RETURNING *
), charged AS (
    INSERT INTO entry (partner_id, seq, kind, amount, balance_after, order_id)
    SELECT partner_id, row_number() OVER w, 'charge', -200, -200 * row_number() OVER w, id
    FROM ordered WINDOW w AS (PARTITION BY partner_id ORDER BY id)
), paid AS (
    UPDATE account a SET credit_limit = 10000000, balance = -200 * d.n, last_entry = d.n
    FROM (SELECT partner_id, count(*) AS n FROM ordered GROUP BY 1) AS d
    WHERE d.partner_id = a.partner_id
)
INSERT INTO attempt (id, partner_id, order_id, upstream_id, product_id, account, quantity, state)
SELECT id + 500, partner_id, id, 1, 'p', 'a', 2, 'created' FROM ordered
"""
DETAILS = (None, '{"buyer_id": "ann"}', '{"notify_url": "https://n.example/", "buyer_id": "ann"}')


async def arranged(connection: Any) -> None:
    """Nothing but three partners."""
    async with unguarded(connection):
        await connection.execute(WORLD)


@pytest.fixture
async def world(connection: Any) -> AsyncIterator[Any]:
    """A connection in a transaction, with three partners and no orders."""
    transaction = connection.transaction()
    await transaction.start()
    await arranged(connection)
    yield connection
    await transaction.rollback()


async def ordered(connection: Any, chance: random.Random, count: int) -> list[int]:
    """So many charged orders; the numbers of their attempts."""
    ids = range(1000, 1000 + count)
    await connection.execute(
        ORDERED,
        [chance.choice(PARTNERS) for _ in ids],
        list(ids),
        [chance.choice(DETAILS) for _ in ids],
    )
    return [id_ + 500 for id_ in ids]


def some_news(chance: random.Random, attempts: Sequence[int], first_id: int) -> list[Settlement]:
    """News about some of the attempts, about some of them again and again, about one unknown."""
    told = [*chance.choices(attempts, k=40), 7]
    return [
        Settlement(
            attempt_id=attempt,
            news=(news := chance.choice(list(News))),
            webhook_id=first_id + number,
            delivered=1 if news is News.PARTIAL else None,
            refund_minor=100 if news is News.PARTIAL else None,
            upstream_no=chance.choice((None, f"U{number}")),
            code=chance.choice((None, "", "c")),
            message=chance.choice((None, "said")),
            check_in_s=chance.choice((None, 7.0)),
            queries=chance.choice((None, number)),
            next_attempt=follower(first_id + 1000 + number) if chance.random() < 0.5 else None,
            park=chance.choice((None, None, "look at it")),
        )
        for number, attempt in enumerate(told)
    ]


def follower(attempt_id: int) -> Job:
    """A next attempt; what SQL copies from the one before it is not looked at."""
    return Job(
        attempt_id=attempt_id, partner_id=0, order_id=0, sku_id=0, upstream_id=2, product_id="q",
        account="", quantity=0, amount_minor=0, cost_max_minor=45, face_minor=None, ordered_at=0.0,
        since=0.0,
    )  # fmt: skip


async def settled(world: Any, store: AttemptStore, batches: Sequence[Sequence[Settlement]]) -> Any:
    """The verdicts and what is in the tables after the batches, which are then undone."""
    undone = world.transaction()
    await undone.start()
    verdicts = [
        each for batch in batches for each in await store.settle([as_news(line) for line in batch])
    ]
    rows = [[tuple(row) for row in await world.fetch(table)] for table in TABLES]
    problems = [
        row["problem"]
        for name, statement in queries("audit/checks").items()
        if name.startswith(AUDITED)
        for row in await world.fetch(statement)
    ]
    await undone.rollback()
    return verdicts, rows, problems


@pytest.mark.parametrize("seed", range(12))
async def test_a_set_is_settled_as_its_lines_would_be(world: Any, seed: int) -> None:
    """Same verdicts, orders, attempts, money, webhooks and limits; and the books balance.

    Seen red with all lines in one turn, and with refunds that do not add up within an account.
    """
    chance = random.Random(seed)
    attempts = await ordered(world, chance, 30)
    news = some_news(chance, attempts, first_id=5000) + some_news(chance, attempts, first_id=9000)
    store = AttemptStore(world, uuid.UUID(int=seed))
    together = await settled(world, store, [news])
    one_by_one = await settled(world, store, [[line] for line in news])
    assert together == one_by_one
    verdicts, _, problems = together
    assert problems == []
    assert {"applied", "late", "repeated", "parked", "unknown"} == set(verdicts)


@pytest.mark.parametrize("seed", range(3))
async def test_settling_again_changes_nothing(world: Any, seed: int) -> None:
    """Final news whose answer was lost are settled again: no second refund, webhook or move."""
    chance = random.Random(seed)
    attempts = await ordered(world, chance, 30)
    kinds = (News.SUCCEEDED, News.FAILED, News.REJECTED)
    news = [
        Settlement(attempt_id=attempt, news=chance.choice(kinds), webhook_id=attempt)
        for attempt in attempts
    ]
    store = AttemptStore(world, uuid.UUID(int=seed))
    first, rows, problems = await settled(world, store, [news])
    verdicts, rows_after, problems_after = await settled(world, store, [news, news])
    assert (rows_after, problems_after, problems) == (rows, [], [])
    assert verdicts == first + ["repeated"] * len(news)


@pytest.mark.parametrize(
    ("before", "change", "news", "after"),
    [
        # It moves from where it is by then.
        (None, "state = 'uncertain'", News.SUCCEEDED, ("delivered", None)),
        # Somebody took it off the list of those that wait; the contradiction puts it there.
        (News.SUCCEEDED, "parked = NULL", News.FAILED, ("delivered", "now says failed ()")),
    ],
)
async def test_an_order_that_was_changed_meanwhile(  # noqa: PLR0917  two fixtures and a row
    database: Database,
    connection: Any,
    before: News | None,
    change: str,
    news: News,
    after: tuple[str, str | None],
) -> None:
    """What was judged by an order that is no more is judged again (SQLSTATE 40001), not lost.

    Seen red without the counts of moved and of parked orders: the order stayed as it was.
    """
    store = AttemptStore(database.pool, uuid.UUID(int=1))
    other = connection
    await arranged(other)
    (attempt,) = await ordered(other, random.Random(1), 1)
    if before is not None:
        await store.settle([as_news(news_of(attempt, before))])
    moving = other.transaction()
    await moving.start()
    await other.execute(f"UPDATE orders SET {change}")
    settling = asyncio.create_task(store.settle([as_news(news_of(attempt, news))]))
    await somebody_waits(database)
    await moving.commit()
    await settling
    row = await other.fetchrow("SELECT state, right(parked, 18) FROM orders")
    assert tuple(row) == after


async def test_an_attempt_that_was_changed_meanwhile(database: Database, connection: Any) -> None:
    """Settling and marking wait for whoever holds the attempt, and go on from what he left."""
    store = AttemptStore(database.pool, uuid.UUID(int=1))
    other = connection
    await arranged(other)
    (attempt,) = await ordered(other, random.Random(1), 1)
    for work, expected in (
        (store.mark_sent([attempt], [0], [False]), {attempt}),
        (store.settle([as_news(news_of(attempt, News.SUCCEEDED))]), ["applied"]),
    ):
        changing = other.transaction()
        await changing.start()
        await other.execute("UPDATE attempt SET queries = queries + 1")
        working = asyncio.create_task(work)
        await somebody_waits(database)
        await changing.commit()
        assert await working == expected
    row = await other.fetchrow("SELECT state, queries, sends FROM attempt")
    assert tuple(row) == ("succeeded", 2, 1)


async def test_no_end_is_overtaken(database: Database, connection: Any) -> None:
    """What was judged by a state that an attempt has no more is judged again, and changes nothing.

    Seen red without the count of attempts in `settle`: delivered, of an attempt that was refused.
    """
    store, other = AttemptStore(database.pool, uuid.UUID(int=1)), connection
    await arranged(other)
    (attempt,) = await ordered(other, random.Random(1), 1)
    ending = other.transaction()
    await ending.start()
    await other.execute("UPDATE attempt SET state = 'rejected'")
    settling = asyncio.create_task(store.settle([as_news(news_of(attempt, News.SUCCEEDED))]))
    await somebody_waits(database)
    await ending.commit()
    assert await settling == ["parked"]
    row = await other.fetchrow("SELECT a.state, o.state FROM attempt a, orders o")
    assert tuple(row) == ("rejected", "processing")


async def somebody_waits(database: Database) -> None:
    """Until a lock is waited for."""

    async def waits() -> bool:
        return bool(await database.pool.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"))

    await eventually(waits)


def news_of(attempt: int, news: News) -> Settlement:
    """News that say nothing else."""
    return Settlement(attempt_id=attempt, news=news, webhook_id=attempt * 10 + len(news))


@asynccontextmanager
async def few_rows_looked_at(connection: Any) -> AsyncIterator[None]:
    """What is done inside must not read the history."""
    count = "SELECT sum(idx_tup_fetch + seq_tup_read)::bigint FROM pg_stat_xact_user_tables"
    before = await connection.fetchval(count)
    yield
    assert await connection.fetchval(count) - before < HISTORY / 4


async def test_plans_hold_whatever_history_and_statistics(world: Any) -> None:
    """Statistics of tables that were empty: nothing of the top-up path reads what is settled.

    Seen red with follow_up's attempts joined to its lines instead of looked up.
    """
    await plan_as_workers(world)
    await world.execute("ANALYZE orders, attempt, quota_taken")
    chance = random.Random(1)
    for n in range(8):  # plans are made while there is nothing
        await AttemptStore(world, uuid.UUID(int=n)).settle(
            [as_news(line) for line in some_news(chance, [1], 1)]
        )
    await ordered(world, chance, HISTORY)
    store = AttemptStore(world, uuid.UUID(int=1))
    recent = [1500 + HISTORY - n for n in range(1, 200)]
    async with few_rows_looked_at(world):
        await store.mark_sent(recent, [0] * len(recent), [False] * len(recent))
    async with few_rows_looked_at(world):
        await store.settle([as_news(line) for line in some_news(chance, recent, 10**9)])
    async with few_rows_looked_at(world):
        assert len(await store.by_ids(recent)) == len(recent)
    async with few_rows_looked_at(world):
        assert await store.take_due(500, 60.0, orphans=False) == []
