"""Plain lines made by chance, and their commits both ways, with what was written."""

import random
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import asyncpg

from gateway.catalog.rules import Sku, SkuKind
from gateway.ground.sql.connecting import session_settings
from gateway.orders.commit import CommitRequest
from gateway.orders.commit_store import COMMIT, COMMIT_PLAIN, PLANNING
from gateway.orders.commit_store import _plain_columns as plain_columns
from gateway.orders.line import Line
from tests.conftest import as_owner

WORKER = "00000000-0000-0000-0000-000000000001"
CHAIN = 7
WORLD = f"""
INSERT INTO partner (name, webhook_secret) VALUES ('acme', 'x'), ('other', 'x');
INSERT INTO account (partner_id, balance, last_entry, low) SELECT id, 3000, 1, 500 FROM partner;
INSERT INTO entry (partner_id, seq, kind, amount, balance_after, reference)
SELECT id, 1, 'deposit', 3000, 3000, 'r1' FROM partner;
INSERT INTO webhook_endpoint (partner_id, url) SELECT id, 'https://acme.example' FROM partner;
INSERT INTO pool (name, size) VALUES ('p', 4000);
INSERT INTO sku (sku, name, kind, pool_id, price) SELECT 'A', 'A', 'code', id, 100 FROM pool;
INSERT INTO quota (name, sku_id, per, span, most)
SELECT q.name, s.id, q.name, q.span, q.most
FROM sku s, (VALUES ('buyer', 'ever', 2), ('device', 'day', 1)) AS q (name, span, most);
INSERT INTO quota (name, sku_id, per, span, most)
SELECT q.name, s.id, 'total', q.span, q.most
FROM sku s, (VALUES ('total', 'ever', 9), ('much', 'hour', 60)) AS q (name, span, most);
SELECT refill('{WORKER}', id, 1000, '{{}}', 3600) FROM pool;
"""
# What a commit may write, without what is another at each try: numbers of commits are counted from
# the one before, ids of messages about no order are made anew.
ROWS = """
SELECT array_agg(r ORDER BY r) FROM (
    SELECT 'order ' || (to_jsonb(o) - 'commit_no')::text || (o.commit_no > $1) AS r FROM orders o
    UNION ALL SELECT 'allocation ' || a::text FROM allocation a
    UNION ALL SELECT 'entry ' || e::text FROM entry e
    UNION ALL SELECT 'account ' || a::text FROM account a
    UNION ALL SELECT 'batch ' || (to_jsonb(b) - 'no')::text || (b.no > $1) FROM commit_batch b
    UNION ALL SELECT 'reveal ' || (to_jsonb(v) - 'no')::text || (v.no > $1) FROM reveal v
    UNION ALL SELECT 'head ' || h::text FROM reveal_head h
    UNION ALL SELECT 'use ' || u::text FROM quota_use u
    UNION ALL SELECT 'block ' || b::text FROM quota_block b
    UNION ALL SELECT 'taken ' || t::text FROM quota_taken t
    UNION ALL SELECT 'webhook ' || w.order_id || (to_jsonb(w) - 'id')::text FROM webhook w
    UNION ALL SELECT 'message ' || (to_jsonb(w) - 'id')::text FROM webhook w
) AS rows
"""

# Those that are open; now and then one that is over, and one that is to come.
OPEN = ("2026-01-01T00:00:00+00:00", "infinity")
WINDOWS = (
    *[OPEN, ("-infinity", "2100-01-01T00:00:00Z")] * 10,
    ("-infinity", OPEN[0]),
    ("2100-01-01T00:00:00Z", "infinity"),
)
PAY_IN = """
WITH paid AS (UPDATE account SET balance = balance + 3500, last_entry = last_entry + 1 RETURNING *)
INSERT INTO entry (partner_id, seq, kind, amount, balance_after, reference)
SELECT partner_id, last_entry, 'deposit', 3500, balance, $1 FROM paid
"""


@asynccontextmanager
async def open_world(database_url: str) -> AsyncIterator[Any]:
    """A connection as committers have, inside a transaction: all of it has one moment."""
    connection = await asyncpg.connect(
        as_owner(database_url), server_settings={**session_settings(), **PLANNING}
    )
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute(WORLD)
    yield connection
    await transaction.rollback()
    await connection.close()


class Lines:
    """Makes lines by chance, of few buyers and numbers: so that they meet."""

    def __init__(self, chance: random.Random, world: Any, ids: Any, lease: Any) -> None:
        self.chance, self.world = chance, world
        self.partner_id, self.quotas = ids["partner_id"], ids["quotas"]
        self.lease = lease
        self.free = list(range(lease["lo"], lease["hi"]))
        self.next_id = 1000
        self.sku = Sku(
            id=ids["sku_id"], sku="A", name="A", kind=SkuKind.CODE, pool_id=ids["pool_id"],
            price_minor=100, currency="CNY", face_value_minor=None, account_rule=None,
            per_buyer=None, low_stock=0, offered_to_all=True, on_sale=True,
            updated_at=datetime.min.replace(tzinfo=UTC),
        )  # fmt: skip

    def line(self, number: str | None = None, **changes: Any) -> Line:
        """A line with a code of its own."""
        chance, self.next_id = self.chance, self.next_id + 1
        asks = []
        if chance.random() < 0.5:
            asks.append(f'[{self.quotas[0]},"{self.partner_id} b{chance.randrange(400)}"]')
        if chance.random() < 0.3:
            asks.append(f'[{self.quotas[1]},"d{chance.randrange(400)}"]')
        if chance.random() < 0.03:
            asks.append(f'[{self.quotas[2]},""]')
        if chance.random() < 0.15:
            asks.append(f'[{self.quotas[3]},""]')
        line = Line(
            partner_id=self.partner_id, key_id="k", reads_codes=True, sku=self.sku,
            out_order_no=number or f"n{self.next_id}",
            content_hash=bytes([chance.randrange(2)] * 16), quantity=1,
            amount_minor=chance.choice((0, 100, 100, 130)), account=None,
            metadata=chance.choice((None, '{"a": "\\"}')),
            details=chance.choice((None, '{"x": 1}')),
            quotas=f"[{','.join(asks)}]" if asks else None,
            notify=chance.random() < 0.2, notify_url=None,
            order_id=self.next_id, runs=self.run(self.free.pop(0)),
        )  # fmt: skip
        if chance.random() < 0.3:
            line.opens_at, line.closes_at = chance.choice(WINDOWS)
        for name, value in changes.items():
            setattr(line, name, value)
        return line

    def run(self, seq: int, epoch: int | None = None) -> list[tuple[int, int, int, int]]:
        """One code of the lease."""
        return [(self.lease["id"], epoch or self.lease["epoch"], seq, 1)]

    def batch(self) -> list[Line]:
        """Some lines; now and then a number that is known, a lost lease, a code that is sold."""
        chance = self.chance
        lines = [self.line() for _ in range(chance.choice((1, 1, 2, 5)))]
        if chance.random() < 0.1:
            lines[0].quotas = lines[-1].quotas
        if chance.random() < 0.1:
            lines[0] = self.line(f"n{chance.randrange(1000, self.next_id)}")
        if chance.random() < 0.05:
            lines[-1].runs = self.run(self.free.pop(0), epoch=99)
        if chance.random() < 0.05 and self.free[0] > 5:
            lines[-1].runs = self.run(self.free[0] - 5)
        return lines


async def lines_of(world: Any) -> Lines:
    """Lines of the partner acme."""
    ids = await world.fetchrow(
        "SELECT p.id AS partner_id, s.id AS sku_id, s.pool_id,"
        " (SELECT array_agg(q.id ORDER BY q.id) FROM quota q) AS quotas"
        " FROM partner p, sku s WHERE p.name = 'acme'"
    )
    return Lines(random.Random(13), world, ids, await world.fetchrow("SELECT * FROM lease"))


async def committed(world: Any, request: CommitRequest, *, plain: bool, keep: bool) -> Any:
    """(what it answered or refused, the rows there are then); undone unless it is to be kept."""
    columns = (*request.lines, *request.asked, *request.claimed)
    last_no = await world.fetchval("SELECT coalesce(max(no), 0) FROM reveal")
    savepoint = world.transaction()
    await savepoint.start()
    batch = uuid.UUID(int=abs(hash(tuple(columns))))
    try:
        if plain:
            row = await world.fetchrow(
                COMMIT_PLAIN, batch, CHAIN, request.plain_of, *plain_columns(columns)
            )
        else:
            row = await world.fetchrow(COMMIT, batch, CHAIN, None, False, *columns)
    except asyncpg.PostgresError as error:
        await savepoint.rollback()
        return (error.sqlstate, error.detail if error.sqlstate == "QG001" else ""), None
    rows = await world.fetchval(ROWS, last_no)
    await (savepoint.commit() if keep else savepoint.rollback())
    outcomes = row["outcome"] or [1] * request.size
    existing, refused = row["existing"] or [None] * request.size, row["refused"]
    if refused is not None and set(refused) == {None}:
        refused = None
    return (row["committed_at"], outcomes, existing, refused, row["outcome"] is None), rows
