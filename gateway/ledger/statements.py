"""Statements: one UTC day of a partner's entries as a CSV file with its checksum.

No file is stored: entries never change and their numbers have no gaps, so the same span of
numbers gives the same file whenever it is asked for. What is said of a finished day, its file's
digest above all, is computed once and kept; who asks meanwhile waits for the same computation,
and a partner has few of them and of downloads at a time. A statement names its span in a sealed
ticket; whoever holds the ticket may fetch the file for a while. Files are made in chunks,
so that neither memory nor a database connection waits for a slow reader.
"""

import asyncio
import base64
import hashlib
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Final, Protocol

import orjson

from gateway.ground.errors import QuangateError
from gateway.ground.shares import Shares
from gateway.ledger.rules import AccountFacts, DayTotals, KeptDay, Span

PURPOSE: Final = "statement"  # what the vault binds tickets to
TICKET_LIFE_S: Final = 900
CHUNK_ROWS: Final = 5_000  # some 600 KB, some 30 ms of a connection
# An entry's time is when its transaction began, and clocks may be set back: entries near the
# edges of a day may be numbered a little out of order. The rows are filtered by time anyway.
DISORDER_MAX: Final = timedelta(hours=2)
# A transaction that began before midnight has committed by then (its timeout is 10 s).
GROWS_FOR: Final = timedelta(minutes=5)
WAIT_S: Final = 3.0  # for the computations or downloads of the same partner


class Ledger(Protocol):
    """What statements read; see store.AccountStore."""

    async def account(self, partner_id: int) -> AccountFacts: ...
    async def first_entry_at(self, partner_id: int, moment: datetime) -> int: ...
    async def day_totals(self, span: Span) -> DayTotals: ...
    async def balance_up_to(self, partner_id: int, seq: int) -> int: ...
    async def kept_day(self, partner_id: int, day: date) -> KeptDay | None: ...
    async def keep_day(self, partner_id: int, day: date, kept: KeptDay) -> None: ...
    async def statement_rows(self, span: Span, *, header: bool) -> bytes: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DayStatement:
    """A day's figures; amounts in minor units. `sha256` is the CSV's, in hex."""

    span: Span
    complete: bool
    currency: str
    totals: DayTotals
    opening_balance: int
    closing_balance: int
    sha256: str


class Statements:
    """Makes statements and their tickets. `seal` and `unseal` take a purpose first."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        seal: Callable[[str, bytes], bytes],
        unseal: Callable[[str, bytes], bytes],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._ledger = ledger
        self._seal = seal
        self._unseal = unseal
        self._clock = clock
        self._making: dict[tuple[int, date], asyncio.Task[DayStatement]] = {}
        self._computing = Shares(total=4, own=2, waiting_max=64, wait_s=WAIT_S)
        self._downloads = Shares(total=64, own=8, waiting_max=64, wait_s=WAIT_S)

    def today(self) -> date:
        """The current UTC day."""
        return datetime.fromtimestamp(self._clock(), UTC).date()

    async def make(self, partner_id: int, day: date) -> DayStatement:
        """The statement of a day as it stands now, or as it stood when one under way was begun.

        Raises OverloadedError when the partner has too many of them made.
        """
        making = self._making.get((partner_id, day))
        if making is None:
            making = asyncio.create_task(self._make(partner_id, day))
            self._making[partner_id, day] = making
            making.add_done_callback(lambda done: self._made((partner_id, day), done))
        return await asyncio.shield(making)

    def _made(self, key: tuple[int, date], done: "asyncio.Task[DayStatement]") -> None:
        del self._making[key]
        if not done.cancelled():
            done.exception()  # those who wait have it; perhaps nobody does any more

    async def _make(self, partner_id: int, day: date) -> DayStatement:
        account = await self._ledger.account(partner_id)
        ends_at = Span(partner_id=partner_id, day=day, first_seq=1, end_seq=1).ends_at
        complete = datetime.fromtimestamp(self._clock(), UTC) >= ends_at + GROWS_FOR
        kept = await self._ledger.kept_day(partner_id, day) if complete else None
        if kept is None:
            async with self._computing.held(partner_id):
                kept = await self._compute(partner_id, day, account)
            if complete:
                await self._ledger.keep_day(partner_id, day, kept)
        totals = kept.totals
        moved = totals.deposit + totals.charge + totals.refund + totals.adjustment
        return DayStatement(
            span=Span(
                partner_id=partner_id, day=day, first_seq=kept.first_seq, end_seq=kept.end_seq
            ),
            complete=complete,
            currency=account.currency,
            totals=totals,
            opening_balance=kept.closing - moved,
            closing_balance=kept.closing,
            sha256=kept.sha256,
        )

    async def _compute(self, partner_id: int, day: date, account: AccountFacts) -> KeptDay:
        span = await self._span(partner_id, day, account)
        totals = await self._ledger.day_totals(span)
        last_seq = totals.last_seq
        if last_seq is None:  # a quiet day: the balance of the evening before
            last_seq = await self._ledger.first_entry_at(partner_id, span.starts_at) - 1
        closing = await self._ledger.balance_up_to(partner_id, last_seq)
        digest = hashlib.sha256()
        async for chunk in self.csv(span):
            digest.update(chunk)
        return KeptDay(
            first_seq=span.first_seq,
            end_seq=span.end_seq,
            totals=totals,
            closing=closing,
            sha256=digest.hexdigest(),
        )

    def download(self, partner_id: int) -> AbstractAsyncContextManager[None]:
        """What a file is fetched within; raises OverloadedError when it has too many under way."""
        return self._downloads.held(partner_id)

    async def csv(self, span: Span) -> AsyncIterator[bytes]:
        """The file of a span, chunk by chunk; the first one begins with the header line."""
        first_seq = span.first_seq
        while True:
            end_seq = min(span.end_seq, first_seq + CHUNK_ROWS)
            chunk = replace(span, first_seq=first_seq, end_seq=end_seq)
            yield await self._ledger.statement_rows(chunk, header=first_seq == span.first_seq)
            if end_seq >= span.end_seq:
                return
            first_seq = end_seq

    def ticket(self, span: Span) -> str:
        """What opens the span's file for a while, for anybody who has it."""
        expires_at = int(self._clock()) + TICKET_LIFE_S
        content = [
            span.partner_id, span.day.isoformat(), span.first_seq, span.end_seq, expires_at,
        ]  # fmt: skip
        sealed = self._seal(PURPOSE, orjson.dumps(content))
        return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()

    def redeem(self, ticket: str) -> Span | None:
        """The span of a ticket; None: not ours, changed or expired."""
        try:
            sealed = base64.urlsafe_b64decode(ticket + "=" * (-len(ticket) % 4))
            content = orjson.loads(self._unseal(PURPOSE, sealed))
        except (ValueError, QuangateError):
            return None
        partner_id, day, first_seq, end_seq, expires_at = content
        if self._clock() > expires_at:
            return None
        return Span(
            partner_id=partner_id,
            day=date.fromisoformat(day),
            first_seq=first_seq,
            end_seq=end_seq,
        )

    async def _span(self, partner_id: int, day: date, account: AccountFacts) -> Span:
        whole = Span(partner_id=partner_id, day=day, first_seq=1, end_seq=account.last_entry + 1)
        first = await self._ledger.first_entry_at(partner_id, whole.starts_at - DISORDER_MAX)
        end = await self._ledger.first_entry_at(partner_id, whole.ends_at + DISORDER_MAX)
        return replace(whole, first_seq=first, end_seq=max(first, min(end, whole.end_seq)))
