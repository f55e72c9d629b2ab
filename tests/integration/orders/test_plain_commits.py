"""A commit of plain lines writes and answers what the commit there always was does, for less."""

import random
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from gateway.campaigns.passes import UsedPass
from gateway.catalog.rules import Sku, SkuKind
from gateway.ground.sql.connecting import session_settings
from gateway.orders.commit import CommitRequest
from gateway.orders.commit_columns import commit_request
from gateway.orders.commit_store import COMMIT, COMMIT_PLAIN, PLAIN_PARAMETERS, PLANNING
from gateway.orders.commit_store import _plain_columns as plain_columns
from gateway.orders.line import HeldGoods, Line
from gateway.orders.plain_commits import PAUSE_MAX, PlainCommits
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
    UNION ALL SELECT 'batch ' || b::text FROM commit_batch b
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


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[Any]:
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


@pytest.fixture
async def lines(world: Any) -> Lines:
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


async def test_both_ways_write_the_same_and_say_the_same(world: Any, lines: Lines) -> None:
    """120 commits of lines made by chance, each done both ways from the same state.

    Seen red with the charge's amounts positive, without `take_first`'s look at what is allowed,
    with the digest of views over the ids alone, and with `last_event` always 0.
    """
    seen = {"plain": 0, "through": 0, "refused": 0}
    for n in range(120):
        request = commit_request(lines.batch())
        assert request.plain_of == lines.partner_id
        if n % 20 == 19:
            await world.execute(PAY_IN, f"d{n}")
        keeps_plain = n % 2 == 0
        said, rows = await committed(world, request, plain=True, keep=False)
        other, rows_of_other = await committed(world, request, plain=False, keep=not keeps_plain)
        assert said[:4] == other[:4]
        assert rows == rows_of_other
        if rows is None:
            seen["refused"] += 1
            continue
        if keeps_plain:
            await committed(world, request, plain=True, keep=True)
        seen["plain" if said[4] else "through"] += 1
    # Each way was gone often, or this says little.
    assert min(seen.values()) > 5
    assert seen["plain"] > 40


async def test_a_total_in_hand_is_sold_from_plainly(world: Any, lines: Lines) -> None:
    """In a campaign that is open, lines take units of a total that their connection has in hand;
    the first commit, which has none, and one that wants more than is in hand go the full way.

    Seen red with a plain commit that takes nothing of totals.
    """
    asks = f'[[{lines.quotas[3]},""]]'
    ways = []
    for size in (1, 5, 3, 2):  # of 60 the first takes one, and a block of 7
        asked = [lines.line(quotas=asks) for _ in range(size)]
        for line in asked:
            line.opens_at, line.closes_at = OPEN
        said, _ = await committed(world, commit_request(asked), plain=True, keep=True)
        assert said[1] == [1] * size
        ways.append(said[4])
    assert ways == [False, True, False, True]
    had = await world.fetchrow(
        "SELECT (SELECT used FROM quota_use) - (SELECT sum(units) FROM quota_block) AS had,"
        " (SELECT sum(units) FROM quota_taken) AS taken"
    )
    assert tuple(had) == (11, 11)


@pytest.mark.parametrize("window", WINDOWS[-2:])
async def test_a_window_that_is_not_open_is_seen(
    world: Any, lines: Lines, window: tuple[str, str]
) -> None:
    """One line whose window is over, or to come, among others without one: it is refused, and no
    other is.

    Seen red without the plain commit's look at windows.
    """
    asked = [lines.line(quotas=None) for _ in range(3)]
    for line in asked:
        line.opens_at = line.closes_at = None
    asked[1].opens_at, asked[1].closes_at = window
    said, _ = await committed(world, commit_request(asked), plain=True, keep=True)
    assert (said[1], said[4]) == ([1, 11, 1], False)


async def test_a_campaign_for_newcomers_is_judged(world: Any, lines: Lines) -> None:
    """As long as there is one, whoever orders in a window goes the full way.

    Seen red without the plain commit's look for one.
    """
    await world.execute(
        "INSERT INTO campaign (name, sku_id, starts_at, ends_at, new_buyers)"
        " SELECT 'first', id, now() - interval '1 h', now() + interval '1 h', true FROM sku"
    )
    line = lines.line(quotas=None)
    line.opens_at, line.closes_at = OPEN
    said, _ = await committed(world, commit_request([line]), plain=True, keep=True)
    assert (said[1], said[4]) == ([1], False)


async def test_what_was_sold_plainly_adds_up(world: Any, lines: Lines) -> None:
    """The chain's digest is that of the orders that name the commit, and the money follows."""
    for size in (1, 4):
        request = commit_request([lines.line(quotas=None) for _ in range(size)])
        said, _ = await committed(world, request, plain=True, keep=True)
        assert said[4]
    digests = await world.fetch(
        "SELECT r.digest = sha256(array_send(array_agg(o.id ORDER BY o.id))"
        " || array_send(array_agg(o.seqs[1] ORDER BY o.id))) AS same, r.digest"
        " FROM reveal r JOIN orders o ON o.commit_no = r.no GROUP BY r.no, r.digest"
    )
    assert [row["same"] for row in digests] == [True, True]


async def test_the_arguments_of_a_plain_commit_are_the_databases(world: Any) -> None:
    """Each parameter of `commit_plain` has its name and type here.

    Seen red with `a_lease` missing among the columns.
    """
    rows = await world.fetch(
        "SELECT a.name, format_type(a.type, NULL) AS kind"
        " FROM pg_proc p,"
        " unnest(p.proargnames, p.proallargtypes, p.proargmodes) AS a (name, type, mode)"
        " WHERE p.proname = 'commit_plain' AND pg_function_is_visible(p.oid) AND a.mode = 'i'"
    )
    kinds = {
        name: kind.removeprefix("text::").replace("timestamptz", "timestamp with time zone")
        for name, kind in PLAIN_PARAMETERS.items()
    }
    assert kinds == {row["name"]: row["kind"] for row in rows}


@pytest.mark.parametrize(
    "changes",
    [
        {"quantity": 2},
        {"partner_id": -1},
        {"account": "13800000000"},
        {"hold": HeldGoods(id=1, late=False)},
        {"used_pass": UsedPass(room_id=1, number=1)},
    ],
)
async def test_unusual_lines_go_the_full_way(lines: Lines, changes: dict[str, Any]) -> None:
    """One line with something that only `commit_orders` judges, and all of its commit goes there.

    Seen red without the look at quantities and partners, and at the columns.
    """
    assert commit_request([lines.line(), lines.line()]).plain_of == lines.partner_id
    assert commit_request([lines.line(), lines.line(**changes)]).plain_of is None


def test_in_vain_is_tried_less_and_less() -> None:
    """After each failure twice as many commits go the full way at once, up to a bound; one that
    was plain begins anew.

    Seen red with a pause that does not grow.
    """
    plain = PlainCommits()

    def tried(commits: int) -> int:
        return sum(plain.is_worth_trying() for _ in range(commits))

    assert tried(1 + 1 + 1 + 3 + 1 + 7 + 1) == 4
    assert tried(100 * (PAUSE_MAX + 1)) in {99, 100, 101, 102}
    while not plain.is_worth_trying():
        pass
    plain.was_plain()
    assert tried(1) == 1
