"""Reads a partner's account, its entries, and the rows of a statement as CSV."""

import hashlib
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Final

from gateway.ground.sql.books import unreachable_is_unavailable
from gateway.ground.sql.declared import Statement, Statements
from gateway.ground.sql.pools import BoundedPool
from gateway.ledger.rules import AccountFacts, DayTotals, EntryKind, EntryRecord, KeptDay, Span


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptDayRow(DayTotals):
    """A kept day as its row."""

    first_seq: int
    end_seq: int
    closing: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementRow:
    """A row of a statement, as PostgreSQL writes it into the file."""

    id: int
    created_at: str
    kind: EntryKind
    amount: int
    balance_after: int
    order_no: int | None
    out_order_no: str | None
    sku: str | None
    quantity: int | None
    reference: str | None


class SQL(Statements, file="ledger/queries"):
    """A partner's money, read."""

    account: Statement[[int], AccountFacts]
    entries: Statement[[int, int | None, int], EntryRecord]
    first_entry_at: Statement[[int, datetime], int]
    day_totals: Statement[[int, int, int, datetime, datetime], DayTotals]
    balance_up_to: Statement[[int, int], int]
    statement_rows: Statement[[int, int, int, datetime, datetime], StatementRow]
    kept_day: Statement[[int, date, str], KeptDayRow]
    keep_day: Statement[
        [int, date, str, int, int, int, int, int, int, int, int | None, int, str], None
    ]


class AccountStore:
    """Account reads over the connections for partners."""

    def __init__(self, pool: BoundedPool) -> None:
        self._pool = pool

    async def account(self, partner_id: int) -> AccountFacts:
        """The account; every partner has one."""
        with unreachable_is_unavailable():
            return await SQL.account.only(self._pool.of(partner_id), partner_id)

    async def entries(
        self, partner_id: int, before_seq: int | None, limit: int
    ) -> list[EntryRecord]:
        """Newest first, at most `limit`."""
        with unreachable_is_unavailable():
            return await SQL.entries.all(self._pool.of(partner_id), partner_id, before_seq, limit)

    async def first_entry_at(self, partner_id: int, moment: datetime) -> int:
        """The number of the first entry at or after a time (what the next one will get: none)."""
        with unreachable_is_unavailable():
            return await SQL.first_entry_at.only(self._pool.of(partner_id), partner_id, moment)

    async def day_totals(self, span: Span) -> DayTotals:
        """Sums over a span."""
        with unreachable_is_unavailable():
            return await SQL.day_totals.only(self._pool.of(span.partner_id), *_arguments(span))

    async def balance_up_to(self, partner_id: int, seq: int) -> int:
        """The balance after an entry, or after the newest one before it; 0 before the first."""
        with unreachable_is_unavailable():
            balance = await SQL.balance_up_to.one(self._pool.of(partner_id), partner_id, seq)
        return balance or 0

    async def kept_day(self, partner_id: int, day: date) -> KeptDay | None:
        """What was computed of a finished day; None: nothing yet."""
        with unreachable_is_unavailable():
            row = await SQL.kept_day.one(self._pool.of(partner_id), partner_id, day, _WRITTEN_AS)
        if row is None:
            return None
        return KeptDay(
            first_seq=row.first_seq,
            end_seq=row.end_seq,
            totals=DayTotals(**{one.name: getattr(row, one.name) for one in fields(DayTotals)}),
            closing=row.closing,
            sha256=row.sha256,
        )

    async def keep_day(self, partner_id: int, day: date, kept: KeptDay) -> None:
        """Remember what was computed of a finished day."""
        sums = kept.totals
        with unreachable_is_unavailable():
            await SQL.keep_day.run(
                self._pool.of(partner_id),
                *(partner_id, day, _WRITTEN_AS, kept.first_seq, kept.end_seq),
                *(sums.rows, sums.deposit, sums.charge, sums.refund, sums.adjustment),
                *(sums.last_seq, kept.closing, kept.sha256),
            )

    async def statement_rows(self, span: Span, *, header: bool) -> bytes:
        """The span's rows as CSV, written by PostgreSQL; the caller keeps spans small."""
        parts: list[bytes] = []

        async def take(part: bytes) -> None:
            parts.append(part)

        with unreachable_is_unavailable():
            await self._pool.of(span.partner_id).copy_from_query(
                SQL.statement_rows.text,
                *_arguments(span),
                output=take,
                format="csv",
                header=header,
            )
        return b"".join(parts)


# A version that writes files otherwise computes their digests anew.
_WRITTEN_AS: Final = hashlib.sha256(SQL.statement_rows.text.encode()).hexdigest()[:16]


def _arguments(span: Span) -> tuple[int, int, int, datetime, datetime]:
    return span.partner_id, span.first_seq, span.end_seq, span.starts_at, span.ends_at
