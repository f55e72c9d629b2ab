"""Statements: one UTC day of a partner's entries as a CSV file with its checksum.

Nothing is stored: entries never change and their numbers have no gaps, so the same span of
numbers gives the same file whenever it is asked for. A statement names its span in a sealed
ticket; whoever holds the ticket may fetch the file for a while. Files are made in chunks,
so that neither memory nor a database connection waits for a slow reader.
"""

import base64
import hashlib
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Final, Protocol

import orjson

from gateway.domain.errors import QuangateError
from gateway.domain.ledger import AccountFacts, DayTotals, Span

PURPOSE: Final = "statement"  # what the vault binds tickets to
TICKET_LIFE_S: Final = 900
CHUNK_ROWS: Final = 20_000
# An entry's time is when its transaction began, and clocks may be set back: entries near the
# edges of a day may be numbered a little out of order. The rows are filtered by time anyway.
DISORDER_MAX: Final = timedelta(hours=2)
# A transaction that began before midnight has committed by then (its timeout is 10 s).
GROWS_FOR: Final = timedelta(minutes=5)


class Ledger(Protocol):
    """What statements read; see store.account.AccountStore."""

    async def account(self, partner_id: int) -> AccountFacts: ...
    async def first_entry_at(self, partner_id: int, moment: datetime) -> int: ...
    async def day_totals(self, span: Span) -> DayTotals: ...
    async def balance_up_to(self, partner_id: int, seq: int) -> int: ...
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

    def today(self) -> date:
        """The current UTC day."""
        return datetime.fromtimestamp(self._clock(), UTC).date()

    async def make(self, partner_id: int, day: date) -> DayStatement:
        """The statement of a day as it stands now."""
        account = await self._ledger.account(partner_id)
        span = await self._span(partner_id, day, account)
        totals = await self._ledger.day_totals(span)
        last_seq = totals.last_seq
        if last_seq is None:  # a quiet day: the balance of the evening before
            last_seq = await self._ledger.first_entry_at(partner_id, span.starts_at) - 1
        closing = await self._ledger.balance_up_to(partner_id, last_seq)
        moved = totals.deposit + totals.charge + totals.refund + totals.adjustment
        digest = hashlib.sha256()
        async for chunk in self.csv(span):
            digest.update(chunk)
        return DayStatement(
            span=span,
            complete=datetime.fromtimestamp(self._clock(), UTC) >= span.ends_at + GROWS_FOR,
            currency=account.currency,
            totals=totals,
            opening_balance=closing - moved,
            closing_balance=closing,
            sha256=digest.hexdigest(),
        )

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
