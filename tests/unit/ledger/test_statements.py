"""Statements: chunks that fit together, tickets that end, days that are over."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from gateway.ground.errors import OverloadedError, QuangateError
from gateway.ledger import statements
from gateway.ledger.rules import AccountFacts, DayTotals, KeptDay, Span
from gateway.ledger.statements import GROWS_FOR, TICKET_LIFE_S, Statements
from tests.clock import LONG_S, put_forward, turns

DAY = date(2026, 3, 1)
MIDNIGHT = datetime(2026, 3, 1, tzinfo=UTC)


@dataclass
class FakeLedger:
    """Entries at given times, numbered from 1, of 10 minor units each."""

    times: list[datetime]
    asked: list[tuple[int, int]] = field(default_factory=list)
    kept: dict[tuple[int, date], KeptDay] = field(default_factory=dict)
    computed: int = 0

    async def account(self, _partner_id: int) -> AccountFacts:
        """An account with these entries."""
        balance = 10 * len(self.times)
        return AccountFacts(
            balance=balance, credit_limit=0, available=balance, currency="CNY",
            last_entry=len(self.times),
        )  # fmt: skip

    async def first_entry_at(self, _partner_id: int, moment: datetime) -> int:
        """By counting."""
        return 1 + sum(1 for at in self.times if at < moment)

    def _rows(self, span: Span) -> list[int]:
        return [
            seq
            for seq in range(span.first_seq, min(span.end_seq, len(self.times) + 1))
            if span.starts_at <= self.times[seq - 1] < span.ends_at
        ]

    async def day_totals(self, span: Span) -> DayTotals:
        """All of them are deposits."""
        self.computed += 1
        await asyncio.sleep(0)
        rows = self._rows(span)
        return DayTotals(
            rows=len(rows), deposit=10 * len(rows), charge=0, refund=0, adjustment=0,
            last_seq=max(rows, default=None),
        )  # fmt: skip

    async def balance_up_to(self, _partner_id: int, seq: int) -> int:
        """10 each."""
        return 10 * seq

    async def kept_day(self, partner_id: int, day: date) -> KeptDay | None:
        """What was kept."""
        return self.kept.get((partner_id, day))

    async def keep_day(self, partner_id: int, day: date, kept: KeptDay) -> None:
        """Keep it."""
        self.kept[partner_id, day] = kept

    async def statement_rows(self, span: Span, *, header: bool) -> bytes:
        """One number per line."""
        self.asked.append((span.first_seq, span.end_seq))
        lines = ["id", *map(str, self._rows(span))] if header else map(str, self._rows(span))
        return "".join(f"{line}\n" for line in lines).encode()


class Clock:
    """A clock that is set by hand."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now.timestamp()


def unseal(purpose: str, blob: bytes) -> bytes:
    """The inverse of `seal`; anything else is refused as the vault refuses it."""
    if not blob.startswith(purpose.encode() + b":"):
        raise QuangateError
    return blob.partition(b":")[2]


def made(ledger: Any, now: datetime) -> Statements:
    """Statements over a fake ledger."""
    return Statements(
        ledger=ledger,
        seal=lambda purpose, text: purpose.encode() + b":" + text,
        unseal=unseal,
        clock=Clock(now),
    )


@pytest.mark.parametrize("chunk_rows", [1, 2, 3, 7, 8, 100])
async def test_chunks_fit_together(monkeypatch: pytest.MonkeyPatch, chunk_rows: int) -> None:
    """Whatever the chunk, the file has every row once, in order, under one header."""
    monkeypatch.setattr(statements, "CHUNK_ROWS", chunk_rows)
    ledger = FakeLedger([MIDNIGHT + timedelta(hours=n) for n in range(7)])
    made_of = made(ledger, MIDNIGHT + timedelta(hours=9))
    statement = await made_of.make(1, DAY)
    ledger.asked.clear()
    file = b"".join([chunk async for chunk in made_of.csv(statement.span)])
    assert file == b"id\n1\n2\n3\n4\n5\n6\n7\n"
    assert all(end - first <= chunk_rows for first, end in ledger.asked)


async def test_a_span_reaches_over_its_edges() -> None:
    """Entries numbered out of order around midnight are found, and only this day's are kept."""
    ledger = FakeLedger(
        [
            MIDNIGHT - timedelta(hours=30),
            MIDNIGHT - timedelta(seconds=1),
            MIDNIGHT + timedelta(hours=1),
            MIDNIGHT - timedelta(seconds=2),
            MIDNIGHT + timedelta(hours=23),
            MIDNIGHT + timedelta(hours=24),
            MIDNIGHT + timedelta(hours=23, minutes=59),
        ]
    )
    made_of = made(ledger, MIDNIGHT + timedelta(days=3))
    statement = await made_of.make(1, DAY)
    file = b"".join([chunk async for chunk in made_of.csv(statement.span)])
    assert file == b"id\n3\n5\n7\n"
    assert statement.closing_balance - statement.opening_balance == 30


@pytest.mark.parametrize(
    ("asked_at", "complete"),
    [
        (MIDNIGHT + timedelta(hours=12), False),  # the day runs
        (MIDNIGHT + timedelta(days=1), False),  # a transaction may still be on its way
        (MIDNIGHT + timedelta(days=1) + GROWS_FOR, True),
    ],
)
async def test_when_a_day_is_over(asked_at: datetime, *, complete: bool) -> None:
    """Complete is said only when nothing can be added any more."""
    statement = await made(FakeLedger([]), asked_at).make(1, DAY)
    assert statement.complete is complete


async def test_a_ticket_is_good_for_a_while() -> None:
    """It opens the very span it was made for, until it expires."""
    clock = MIDNIGHT + timedelta(hours=1)
    made_of = made(FakeLedger([MIDNIGHT]), clock)
    span = (await made_of.make(7, DAY)).span
    ticket = made_of.ticket(span)
    assert made_of.redeem(ticket) == span
    later = made(FakeLedger([]), clock + timedelta(seconds=TICKET_LIFE_S))
    assert later.redeem(ticket) == span
    too_late = made(FakeLedger([]), clock + timedelta(seconds=TICKET_LIFE_S + 1))
    assert too_late.redeem(ticket) is None


@pytest.mark.parametrize("ticket", ["", "x", "AAAA", "====", "c3RhdGVtZW50Og", "\ud800", "é"])
def test_what_is_no_ticket(ticket: str) -> None:
    """Anything that was not sealed here opens nothing."""
    assert made(FakeLedger([]), MIDNIGHT).redeem(ticket) is None


async def test_a_finished_day_is_computed_once() -> None:
    """Of a day that is over the statement is kept, and says the same; a running day is not."""
    ledger = FakeLedger([MIDNIGHT + timedelta(hours=1)])
    over = made(ledger, MIDNIGHT + timedelta(days=2))
    first = await over.make(1, DAY)
    assert await made(ledger, MIDNIGHT + timedelta(days=9)).make(1, DAY) == first
    assert ledger.computed == 1
    running = made(ledger, MIDNIGHT + timedelta(days=2))
    await running.make(1, DAY + timedelta(days=2))
    await running.make(1, DAY + timedelta(days=2))
    assert ledger.computed == 3
    assert list(ledger.kept) == [(1, DAY)]


async def test_who_asks_at_once_shares_one_computation() -> None:
    """However many ask for one statement at a time, it is made once, also when some give up."""
    ledger = FakeLedger([MIDNIGHT + timedelta(hours=1)])
    made_of = made(ledger, MIDNIGHT + timedelta(hours=2))
    asking = [asyncio.create_task(made_of.make(1, DAY)) for _ in range(24)]
    await asyncio.sleep(0)
    asking[0].cancel()
    answers = await asyncio.gather(*asking[1:])
    assert ledger.computed == 1
    assert len({answer.sha256 for answer in answers}) == 1


async def test_a_partner_has_few_statements_made_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many days at once: some are told to come back; another partner's is made meanwhile."""
    monkeypatch.setattr(statements, "WAIT_S", LONG_S)
    ledger, never = FakeLedger([]), asyncio.Event()
    made_of = made(ledger, MIDNIGHT + timedelta(days=40))
    rows = ledger.day_totals

    async def hang(span: Span) -> DayTotals:
        if span.partner_id == 1:
            await never.wait()
        return await rows(span)

    monkeypatch.setattr(ledger, "day_totals", hang)
    days = [asyncio.create_task(made_of.make(1, DAY + timedelta(days=n))) for n in range(9)]
    assert (await made_of.make(2, DAY)).complete
    await turns()
    put_forward(LONG_S + 1)
    await turns()
    done = [day for day in days if day.done()]
    assert len(done) == 7
    assert all(isinstance(day.exception(), OverloadedError) for day in done)
    never.set()
    await asyncio.gather(*days, return_exceptions=True)
