"""What a top-up writes, counted in PostgreSQL's own log: a bound on every table it touches.

The calls are those of a worker, in groups of ten, on the real database; what a worker decides to
write at all (no acceptance whose end is told in time) is tests/unit/dispatch/test_awaited.py.
"""

import uuid
from typing import Any

from bench.writes import Writes, log_position, written_since
from gateway.dispatch.attempt_news import AttemptNews
from gateway.dispatch.store import AttemptStore
from gateway.ground.sql.database import Database
from gateway.webhooks.record import Outcome
from gateway.webhooks.rules import WebhookState
from gateway.webhooks.store import WebhookStore
from tests.integration.dispatch.test_topups_marks import ORDERED, connection

__all__ = ["connection"]

WORKER = uuid.UUID(int=1)
TOPUPS, GROUP = 200, 10
# Insertions into indexes, each a record: of the row when it is made, and again when it ends (an
# attempt then has its platform's number, too). A page that splits has another kind of record.
INDEXED = {"attempt": 5, "orders": 7, "webhook": 7, "callback": 2}
# All records of a top-up in groups of ten: 29.2. An update that finds no room on its page, because
# somebody's snapshot keeps old rows, has one more: three at most.
RECORDS_MAX = 33.0
CALLBACK_MAX = 3.5  # the row and its two entries; no index upon index, no second thought
BEFORE_UPDATES = """
SELECT tgrelid::regclass::text || '.' || tgname AS name FROM pg_trigger
WHERE tgrelid = ANY ('{orders,attempt,webhook,callback}'::regclass[])
  AND tgtype & 1 = 1 AND tgtype & 2 = 2 AND tgtype & 16 = 16
"""


def ended(attempt: int) -> AttemptNews:
    """Its platform's word that it was done."""
    return AttemptNews(
        attempt=attempt, news="succeeded", webhook=attempt + 100_000, upstream_no=f"S{attempt}",
        cost=98, delivered=1,
    )  # fmt: skip


def told(attempt: int) -> Outcome:
    """Its partner has taken the message."""
    return Outcome(
        message_id=attempt + 100_000, replays=0, attempts_before=0, tried=True,
        state=WebhookState.DELIVERED, status=204, error=None, delay_s=None,
        body=b'{"type":"order.delivered","data":{}}' * 10, gone=None,
    )  # fmt: skip


async def top_up(database: Database, connection: Any, first: int) -> None:
    """A group of orders, from the order to the told partner."""
    attempts = AttemptStore(database.pool, WORKER)
    await connection.execute(ORDERED, first, first + GROUP - 1)
    ids = list(range(first + 500, first + 500 + GROUP))
    assert await attempts.mark_sent(ids, [0] * GROUP, [False] * GROUP) == set(ids)
    await attempts.keep_callbacks(
        [
            [1] * GROUP, ids, ["trusted"] * GROUP, ["success"] * GROUP, [b"{}" * 80] * GROUP,
            [number.to_bytes(16, "big") for number in ids], [160] * GROUP,
        ]
    )  # fmt: skip
    assert await attempts.settle([ended(number) for number in ids]) == ["applied"] * GROUP
    webhooks = WebhookStore(database.pool, worker_id=WORKER, slot=1)
    await webhooks.record([told(number) for number in ids])


async def counted(database: Database, connection: Any) -> Writes:
    """What two hundred wrote, once pages and plans are warm."""
    await connection.execute(
        "INSERT INTO webhook_endpoint (partner_id, url) VALUES (1, 'https://p.example/')"
        " ON CONFLICT DO NOTHING"
    )
    for first in range(10_000, 10_000 + 20 * 1000, 1000):
        await top_up(database, connection, first)
    position = await log_position(connection)
    for first in range(50_000, 50_000 + TOPUPS // GROUP * 1000, 1000):
        await top_up(database, connection, first)
    return await written_since(connection, position)


async def test_a_top_up_writes_little(database: Database, connection: Any) -> None:
    """No table gets more records for a top-up than are accounted for, and only what has to be
    is updated: an attempt twice, once of which no index hears; order and message once.

    Seen red with callbacks inserted on conflict, with the index on a callback's attempt, with an
    index of their own for the attempts of an order, and with attempts held before a success.
    """
    writes = await counted(database, connection)
    found = {name: writes.index_insertions[name] / TOPUPS for name in INDEXED}
    assert {name for name in INDEXED if found[name] > INDEXED[name]} == set(), found
    assert writes.records["callback"] / TOPUPS <= CALLBACK_MAX, writes.each(TOPUPS)
    assert sum(writes.records[name] for name in INDEXED) / TOPUPS <= RECORDS_MAX
    assert {name: writes.updates[name] for name in INDEXED} == {
        "attempt": 2 * TOPUPS, "orders": TOPUPS, "webhook": TOPUPS, "callback": 0,
    }  # fmt: skip
    assert writes.hot_updates["attempt"] == TOPUPS, writes.each(TOPUPS)
    locked = [row for row in writes.rows if (row.name, row.kind) == ("attempt", "LOCK")]
    assert locked == [], "an attempt's row was locked before it was written"
    states = await connection.fetch("SELECT DISTINCT state FROM webhook WHERE partner_id = 1")
    assert [row["state"] for row in states] == ["delivered"]


async def test_no_guard_looks_before_an_update(connection: Any) -> None:
    """A row trigger before an update locks the row, which is a record for each: those of the
    tables that a top-up updates look afterwards.

    Seen red with `order_content` as it was.
    """
    assert [row["name"] for row in await connection.fetch(BEFORE_UPDATES)] == []
