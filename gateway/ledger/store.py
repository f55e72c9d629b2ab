"""Reads a partner's account, its entries, and the rows of a statement as CSV."""

import hashlib
from datetime import date, datetime
from typing import Final

from gateway.ground.sql.books import unreachable_is_unavailable
from gateway.ground.sql.named_sql import queries
from gateway.ground.sql.pools import BoundedPool
from gateway.ledger.rules import AccountFacts, DayTotals, EntryRecord, KeptDay, Span

SQL = queries("ledger/queries")
_TOTALS: Final = ("rows", "deposit", "charge", "refund", "adjustment", "last_seq")


class AccountStore:
    """Account reads over the connections for partners."""

    def __init__(self, pool: BoundedPool) -> None:
        self._pool = pool

    async def account(self, partner_id: int) -> AccountFacts:
        """The account; every partner has one."""
        with unreachable_is_unavailable():
            row = await self._pool.of(partner_id).fetchrow(SQL["account"], partner_id)
        return AccountFacts(**dict(row))

    async def entries(
        self, partner_id: int, before_seq: int | None, limit: int
    ) -> list[EntryRecord]:
        """Newest first, at most `limit`."""
        with unreachable_is_unavailable():
            rows = await self._pool.of(partner_id).fetch(
                SQL["entries"], partner_id, before_seq, limit
            )
        return [EntryRecord(**dict(row)) for row in rows]

    async def first_entry_at(self, partner_id: int, moment: datetime) -> int:
        """The number of the first entry at or after a time (what the next one will get: none)."""
        with unreachable_is_unavailable():
            return int(
                await self._pool.of(partner_id).fetchval(SQL["first_entry_at"], partner_id, moment)
            )

    async def day_totals(self, span: Span) -> DayTotals:
        """Sums over a span."""
        with unreachable_is_unavailable():
            row = await self._pool.of(span.partner_id).fetchrow(
                SQL["day_totals"], *_arguments(span)
            )
        return DayTotals(**dict(row))

    async def balance_up_to(self, partner_id: int, seq: int) -> int:
        """The balance after an entry, or after the newest one before it; 0 before the first."""
        with unreachable_is_unavailable():
            balance = await self._pool.of(partner_id).fetchval(
                SQL["balance_up_to"], partner_id, seq
            )
        return int(balance or 0)

    async def kept_day(self, partner_id: int, day: date) -> KeptDay | None:
        """What was computed of a finished day; None: nothing yet."""
        with unreachable_is_unavailable():
            row = await self._pool.of(partner_id).fetchrow(
                SQL["kept_day"], partner_id, day, _WRITTEN_AS
            )
        if row is None:
            return None
        values = dict(row)
        totals = DayTotals(**{name: values.pop(name) for name in _TOTALS})
        return KeptDay(totals=totals, **values)

    async def keep_day(self, partner_id: int, day: date, kept: KeptDay) -> None:
        """Remember what was computed of a finished day."""
        totals = [getattr(kept.totals, name) for name in _TOTALS]
        with unreachable_is_unavailable():
            await self._pool.of(partner_id).execute(
                SQL["keep_day"],
                *(partner_id, day, _WRITTEN_AS, kept.first_seq, kept.end_seq),
                *totals,
                *(kept.closing, kept.sha256),
            )

    async def statement_rows(self, span: Span, *, header: bool) -> bytes:
        """The span's rows as CSV, written by PostgreSQL; the caller keeps spans small."""
        parts: list[bytes] = []

        async def take(part: bytes) -> None:
            parts.append(part)

        with unreachable_is_unavailable():
            await self._pool.of(span.partner_id).copy_from_query(
                SQL["statement_rows"],
                *_arguments(span),
                output=take,
                format="csv",
                header=header,
            )
        return b"".join(parts)


# A version that writes files otherwise computes their digests anew.
_WRITTEN_AS: Final = hashlib.sha256(SQL["statement_rows"].encode()).hexdigest()[:16]


def _arguments(span: Span) -> tuple[int, int, int, datetime, datetime]:
    return span.partner_id, span.first_seq, span.end_seq, span.starts_at, span.ends_at
