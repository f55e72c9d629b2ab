"""Webhook rows on the real database: fair taking, claims, recording, plans under a backlog."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from gateway.ground.sql.database import Database
from gateway.webhooks.read_store import SQL
from gateway.webhooks.record import Outcome
from gateway.webhooks.rules import WebhookState
from gateway.webhooks.store import WebhookStore
from tests.conftest import unguarded
from tests.world.planning import plan_as_workers

SLOT, OTHER_SLOT = 7, 8
BACKLOG = 20_000
DEAD_PARTNER, PARTNER = "dead", "alive"


def store_on(connection: Any) -> WebhookStore:
    """A worker's store; a single connection serves for the pool."""
    return WebhookStore(connection, worker_id=uuid.uuid4(), slot=SLOT)


@pytest.fixture
async def rows(database: Database, connection: Any) -> AsyncIterator[Any]:
    """A connection with two partners with endpoints and no messages."""
    async with unguarded(connection):
        await connection.execute("TRUNCATE webhook, webhook_endpoint, worker")
    async with database.pool.acquire() as rows:
        for name in (DEAD_PARTNER, PARTNER):
            await rows.execute(
                "INSERT INTO partner (name, webhook_secret) VALUES ($1, '') ON CONFLICT DO NOTHING",
                name,
            )
        await rows.execute(
            "INSERT INTO webhook_endpoint (partner_id, url)"
            " SELECT id, 'https://' || name || '.example/' FROM partner"
        )
        yield rows


async def insert(rows: Any, partner: str, first: int, count: int, **changes: Any) -> None:
    """Due messages that belong to no worker's memory, unless `changes` say otherwise."""
    values = {"order_id": 0, "sequence": 1, "attempts": 0} | changes
    await rows.execute(
        "INSERT INTO webhook (id, partner_id, order_id, type, sequence, attempts, next_attempt_at)"
        " SELECT $2::bigint + n, p.id, CASE WHEN $4::bigint = 0 THEN 1000000 + n ELSE $4 END,"
        "   'order.delivered', $5, $6, now() - interval '1 s'"
        " FROM partner p, generate_series(0, $3::int - 1) n WHERE p.name = $1",
        partner, first, count, values["order_id"], values["sequence"], values["attempts"],
    )  # fmt: skip


def outcome(id_: int, state: WebhookState = WebhookState.PENDING, **changes: Any) -> Outcome:
    """A failed first attempt, unless `changes` say otherwise."""
    values: dict[str, Any] = {
        "message_id": id_, "replays": 0, "attempts_before": 0, "tried": True, "state": state,
        "status": 500, "error": "answered 500", "delay_s": 5.0, "body": b"{}", "gone": None,
    }  # fmt: skip
    return Outcome(**(values | changes))


async def test_a_backlog_leaves_room_for_others(rows: Any) -> None:
    """Each partner gets its chunk, however much waits for another; full ones get none."""
    await insert(rows, DEAD_PARTNER, 1, 1000)
    await insert(rows, PARTNER, 5001, 3)
    store = store_on(rows)
    taken = [row.id for row in await store.take([], [], 100)]
    assert len(taken) == 103
    assert {5001, 5002, 5003} <= set(taken)
    dead = await rows.fetchval("SELECT id FROM partner WHERE name = $1", DEAD_PARTNER)
    assert await store.take([], [dead], 100) == []


async def test_what_is_taken_is_claimed(rows: Any) -> None:
    """Nobody gets it again until the claim ends, or its worker is gone."""
    await insert(rows, PARTNER, 1, 3)
    first, second = store_on(rows), store_on(rows)
    assert len(await first.take([], [], 10)) == 3
    assert await second.take([], [], 10) == []
    await second.recover()  # the first is not registered: it counts as gone
    assert len(await second.take([], [], 10)) == 3


async def test_what_a_living_worker_has_in_memory_is_left_to_it(rows: Any) -> None:
    """The id names the worker's slot. Its own worker takes what it does not hold itself."""
    await rows.execute(
        "INSERT INTO worker (slot, worker_id, host, pid, expires_at, started_at)"
        " SELECT s, gen_random_uuid(), '', 0, now() + interval '1 h', now() - interval '1 h'"
        " FROM unnest($1::int[]) s",
        [SLOT, OTHER_SLOT],
    )
    own, others = (1 << 22) | (SLOT << 12), (1 << 22) | (OTHER_SLOT << 12)
    await insert(rows, PARTNER, own, 1, order_id=own)  # made with its order
    await insert(rows, PARTNER, others, 1, order_id=77)  # made later, by a settlement
    store = store_on(rows)
    assert await store.take([own], [], 10) == []
    assert [row.id for row in await store.take([], [], 10)] == [own]
    await rows.execute("UPDATE webhook SET created_at = created_at - interval '6 s'")
    assert [row.id for row in await store.take([], [], 10)] == [others]  # its worker hangs


async def test_what_was_just_made_comes_with_its_order(rows: Any) -> None:
    """Read and not claimed; not there once it is claimed, nor while an earlier event is due."""
    await rows.execute(
        "INSERT INTO orders (partner_id, id, out_order_no, content_hash, sku_id, quantity, amount,"
        " state, delivered_quantity, account, created_at, updated_at)"
        " SELECT id, 77, 'A77', '', 1, 1, 5, 'delivered', 1, '13800000000', now(), now()"
        " FROM partner WHERE name = $1",
        PARTNER,
    )
    await insert(rows, PARTNER, 1, 1, order_id=77, sequence=1)
    await insert(rows, PARTNER, 2, 1, order_id=77, sequence=2)
    store = store_on(rows)
    [made] = await store.made([1, 2, 3])
    assert (made.id, made.order_id, made.sequence, made.url) == (1, 77, 1, None)
    assert made.order is not None
    assert (made.order.out_order_no, made.order.state) == ("A77", "delivered")
    assert [row.id for row in await store.take([], [], 10)] == [1]
    assert await store.made([1]) == []
    await store.record([outcome(1)])
    assert [row.id for row in await store.made([1, 2])] == [2]


async def test_a_later_event_waits_for_the_earlier(rows: Any) -> None:
    """Until that was attempted, with whatever result."""
    await insert(rows, PARTNER, 1, 1, order_id=77, sequence=1)
    await insert(rows, PARTNER, 2, 1, order_id=77, sequence=2)
    store = store_on(rows)
    assert [row.id for row in await store.take([], [], 10)] == [1]
    assert await store.take([], [], 10) == []
    await store.record([outcome(1)])
    assert [row.id for row in await store.take([], [], 10)] == [2]


async def test_settling_twice_is_settling_once(rows: Any) -> None:
    """Attempts do not count double; a delivered message stays so."""
    await insert(rows, PARTNER, 1, 2)
    store = store_on(rows)
    for _ in range(2):
        await store.record([outcome(1), outcome(2, WebhookState.DELIVERED, delay_s=None)])
    await store.record([outcome(2)])
    found = await rows.fetch("SELECT state, attempts FROM webhook ORDER BY id")
    assert [tuple(row) for row in found] == [("pending", 1), ("delivered", 1)]


async def replay(rows: Any) -> None:
    """As a partner asks for message 1 again."""
    partner = await rows.fetchval("SELECT id FROM partner WHERE name = $1", PARTNER)
    assert await SQL.replay.one(rows, partner, 1, False) == 1


@pytest.mark.parametrize("state", WebhookState)
@pytest.mark.parametrize("attempts", [0, 9])
async def test_no_result_undoes_a_replay(rows: Any, state: WebhookState, attempts: int) -> None:
    """Asked for while an attempt is under way, whatever becomes of that one: due at once, with a
    new schedule, and recorded by its own attempt.

    Seen red without `replays` in find_webhooks.
    """
    await insert(rows, PARTNER, 1, 1, attempts=attempts)
    store = store_on(rows)
    [taken] = await store.take([], [], 10)
    assert (taken.replays, taken.attempts) == (0, attempts)
    await replay(rows)
    await store.record([outcome(1, state, attempts_before=attempts)])
    [again] = await store.take([], [], 10)
    assert (again.replays, again.attempts) == (1, 0)
    await store.record([outcome(1, state, replays=1)])
    row = await rows.fetchrow("SELECT state, attempts FROM webhook")
    assert tuple(row) == (state, 1)


async def test_gone_is_about_the_address_that_said_so(rows: Any) -> None:
    """410 from where the endpoint was does not disable the one that was set meanwhile.

    Seen red with the partner alone compared.
    """
    await insert(rows, PARTNER, 1, 2)
    store = store_on(rows)
    old, _ = await store.take([], [], 10)
    assert old.url == f"https://{PARTNER}.example/"
    new = "https://new.example/"
    moved = (
        "UPDATE webhook_endpoint SET url = $2"
        " WHERE partner_id = (SELECT id FROM partner WHERE name = $1)"
    )
    disabled = "SELECT url FROM webhook_endpoint WHERE disabled_why = 'it answered 410 Gone'"
    await rows.execute(moved, PARTNER, new)
    await store.record([outcome(1, WebhookState.DEAD, gone=old.url)])
    assert await rows.fetch(disabled) == []
    await store.record([outcome(2, WebhookState.DEAD, gone=new)])
    assert [row["url"] for row in await rows.fetch(disabled)] == [new]


async def test_a_hand_over_leaves_a_replay_to_polling(rows: Any) -> None:
    """What was just made and is asked for again is neither handed over nor claimed: it is due now.

    Seen red without `replays IS NULL` in either.
    """
    await insert(rows, PARTNER, 1, 1, order_id=77)
    store = store_on(rows)
    await replay(rows)
    assert await store.made([1]) == []
    await store.claim([1])
    assert [row.id for row in await store.take([], [], 10)] == [1]


@asynccontextmanager
async def few_rows_looked_at(rows: Any) -> AsyncIterator[None]:
    """What is done inside must not read the backlog."""
    count = "SELECT coalesce(sum(idx_tup_fetch + seq_tup_read), 0) FROM pg_stat_xact_user_tables"
    async with rows.transaction():
        before = await rows.fetchval(f"{count} WHERE relname = 'webhook'")
        yield
        after = await rows.fetchval(f"{count} WHERE relname = 'webhook'")
    assert after - before < BACKLOG / 4


async def test_plans_hold_when_statistics_are_old(rows: Any, connection: Any) -> None:
    """A backlog that statistics know nothing of: the index of pending rows seems to be empty."""
    await plan_as_workers(rows)
    await insert(rows, DEAD_PARTNER, 1, 300)
    await rows.execute("UPDATE webhook SET state = 'delivered'")
    await connection.execute("ANALYZE webhook")
    await insert(rows, DEAD_PARTNER, 10_000, BACKLOG)
    await insert(rows, PARTNER, 900_000, 50, order_id=77, sequence=2)
    await insert(rows, PARTNER, 900_100, 1, order_id=77, sequence=1, attempts=1)
    store = store_on(rows)
    ids = list(range(10_000, 10_200))
    async with few_rows_looked_at(rows):
        await store.claim(ids)
    async with few_rows_looked_at(rows):
        await store.record([outcome(id_) for id_ in ids])
    async with few_rows_looked_at(rows):
        assert len(await store.take([], [], 200)) == 251
    async with few_rows_looked_at(rows):
        await store.recover()


async def test_the_backlog_is_counted_by_state_and_only_so_far(rows: Any) -> None:
    """Due, later and dead, each up to the most; the oldest's age is exact all the same.

    Seen red with `LIMIT` taken away from one of the counts.
    """
    await insert(rows, DEAD_PARTNER, 1, 40)
    await insert(rows, PARTNER, 1001, 7)
    await insert(rows, PARTNER, 2001, 3)
    await insert(rows, PARTNER, 3001, 4)
    await rows.execute(
        "UPDATE webhook SET next_attempt_at = now() + interval '1 hour' WHERE id >= 2001;"
        " UPDATE webhook SET state = 'dead', next_attempt_at = NULL WHERE id >= 3001;"
        " UPDATE webhook SET next_attempt_at = now() - interval '1 day' WHERE id = 1001"
    )
    backlog = "SELECT due, later, dead, oldest_due_s FROM webhook_backlog($1)"
    *counts, oldest_due_s = await rows.fetchrow(backlog, 100)
    assert counts == [47, 3, 4]
    assert 86_400 <= oldest_due_s < 90_000
    *counts, oldest_due_s = await rows.fetchrow(backlog, 2)
    assert counts == [2, 2, 2]
    assert 86_400 <= oldest_due_s < 90_000
    await rows.execute(
        "UPDATE webhook SET next_attempt_at = now() + interval '9 s' WHERE id < 2001"
    )
    assert tuple(await rows.fetchrow(backlog, 100)) == (0, 50, 4, 0.0)
