"""Reads a partner's account, its entries, and the rows of a statement as CSV."""

from datetime import datetime
from typing import Any

from gateway.domain.ledger import AccountFacts, DayTotals, EntryRecord, Span
from gateway.store.books import unreachable_is_unavailable
from gateway.store.named_sql import queries

SQL = queries("account")


class AccountStore:
    """Account reads over a connection pool."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool

    async def account(self, partner_id: int) -> AccountFacts:
        """The account; every partner has one."""
        with unreachable_is_unavailable():
            row = await self._pool.fetchrow(SQL["account"], partner_id)
        return AccountFacts(**dict(row))

    async def entries(
        self, partner_id: int, before_seq: int | None, limit: int
    ) -> list[EntryRecord]:
        """Newest first, at most `limit`."""
        with unreachable_is_unavailable():
            rows = await self._pool.fetch(SQL["entries"], partner_id, before_seq, limit)
        return [EntryRecord(**dict(row)) for row in rows]

    async def first_entry_at(self, partner_id: int, moment: datetime) -> int:
        """The number of the first entry at or after a time (what the next one will get: none)."""
        with unreachable_is_unavailable():
            return int(await self._pool.fetchval(SQL["first_entry_at"], partner_id, moment))

    async def day_totals(self, span: Span) -> DayTotals:
        """Sums over a span."""
        with unreachable_is_unavailable():
            row = await self._pool.fetchrow(SQL["day_totals"], *_arguments(span))
        return DayTotals(**dict(row))

    async def balance_up_to(self, partner_id: int, seq: int) -> int:
        """The balance after an entry, or after the newest one before it; 0 before the first."""
        with unreachable_is_unavailable():
            balance = await self._pool.fetchval(SQL["balance_up_to"], partner_id, seq)
        return int(balance or 0)

    async def statement_rows(self, span: Span, *, header: bool) -> bytes:
        """The span's rows as CSV, written by PostgreSQL; the caller keeps spans small."""
        parts: list[bytes] = []

        async def take(part: bytes) -> None:
            parts.append(part)

        with unreachable_is_unavailable():
            await self._pool.copy_from_query(
                SQL["statement_rows"],
                *_arguments(span),
                output=take,
                format="csv",
                header=header,
            )
        return b"".join(parts)


def _arguments(span: Span) -> tuple[int, int, int, datetime, datetime]:
    return span.partner_id, span.first_seq, span.end_seq, span.starts_at, span.ends_at
