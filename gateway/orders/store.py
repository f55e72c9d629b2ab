"""Reads orders and their codes; writes nothing but the record of who saw codes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import orjson

from gateway.ground.sql.books import PROVE_TO_STANDBYS, unreachable_is_unavailable
from gateway.ground.sql.declared import Statement, Statements
from gateway.ground.sql.pools import BoundedPool
from gateway.orders.record import OrderFilter, OrderPage, OrderRecord

SCAN_MAX: Final = 10_000  # orders looked at for one page; some 10 ms


@dataclass(frozen=True, slots=True, kw_only=True)
class DataKey:
    """The key of a batch, wrapped by the vault."""

    id: int
    data_key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeRecord:
    """A published record: batch id, then sealed code."""

    pool_id: int
    seq: int
    record: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class LastEntry:
    """The number of an account's newest entry."""

    partner_id: int
    last_entry: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NumbersSince:
    """Order numbers of a run of entries, LF-separated; None: there are none."""

    numbers: str | None
    entries: int
    last_seq: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NumbersAfter:
    """Order numbers behind an id, LF-separated; None: there are none."""

    numbers: str | None
    count: int
    last_id: int | None


class SQL(Statements, file="orders/queries"):
    """Order reads."""

    by_ids: Statement[[Sequence[int], Sequence[int]], OrderRecord]
    by_numbers: Statement[[Sequence[int], Sequence[str]], OrderRecord]
    page: Statement[[int, int, int], OrderRecord]
    reach: Statement[[int, int, int, int], int]
    reach_unusual: Statement[[int, int, int, int, str], int]
    narrowed: Statement[
        [int, int, int, str | None, int | None, datetime | None, datetime | None, int], OrderRecord
    ]
    narrowed_unusual: Statement[
        [int, int, int, str | None, int | None, datetime | None, datetime | None, int], OrderRecord
    ]
    records: Statement[[Sequence[int], Sequence[int]], CodeRecord]
    record_views: Statement[[int, str], None]
    numbers_after: Statement[[int, int, int], NumbersAfter]
    last_entries: Statement[[], LastEntry]
    numbers_since: Statement[[int, int, int], NumbersSince]
    data_keys: Statement[[Sequence[int]], DataKey]


class OrderStore:
    """Order reads, over the connections of whom they are for."""

    def __init__(self, pool: BoundedPool) -> None:
        self._pool = pool

    async def by_ids(self, keys: Sequence[tuple[int, int]]) -> dict[tuple[int, int], OrderRecord]:
        """Orders by (partner id, order id); those not there are missing from the answer."""
        with unreachable_is_unavailable():
            rows = await SQL.by_ids.all(
                self._pool, [key[0] for key in keys], [key[1] for key in keys]
            )
        return {(row.partner_id, row.id): row for row in rows}

    async def by_numbers(
        self, keys: Sequence[tuple[int, str]]
    ) -> dict[tuple[int, str], OrderRecord]:
        """Orders by (partner id, out_order_no)."""
        with unreachable_is_unavailable():
            rows = await SQL.by_numbers.all(
                self._pool, [key[0] for key in keys], [key[1] for key in keys]
            )
        return {(row.partner_id, row.out_order_no): row for row in rows}

    async def confirmed_by_numbers(
        self, keys: Sequence[tuple[int, str]]
    ) -> dict[tuple[int, str], OrderRecord]:
        """The same, and what is found is safe: a standby that counts has it, too."""
        found = await self.by_numbers(keys)
        if found:
            with unreachable_is_unavailable():
                await self._pool.fetch(PROVE_TO_STANDBYS)
        return found

    async def page(self, partner_id: int, filter_: OrderFilter, limit: int) -> OrderPage:
        """Newest first, at most `limit`; looks at SCAN_MAX orders at most for them."""
        lowest, before = filter_.ids()
        pool = self._pool.of(partner_id)
        with unreachable_is_unavailable():
            if not filter_.is_narrow:
                rows = await SQL.page.all(pool, partner_id, before, limit + 1)
                return _page(rows, limit, None)
            # Orders of the states that few have are found by their index.
            state = filter_.state
            key = (partner_id, before, lowest, SCAN_MAX)
            if state is None or state == "delivered":
                narrowed = SQL.narrowed
                reached = await SQL.reach.one(pool, *key)
            else:
                narrowed = SQL.narrowed_unusual
                reached = await SQL.reach_unusual.one(pool, *key, state)
            rows = await narrowed.all(
                pool,
                partner_id,
                before,
                lowest if reached is None else reached,
                state,
                filter_.sku_id,
                filter_.created_from,
                filter_.created_to,
                limit + 1,
            )
        return _page(rows, limit, reached)

    async def data_keys(self, batch_ids: Sequence[int]) -> list[tuple[int, bytes]]:
        """Wrapped data keys by batch id."""
        with unreachable_is_unavailable():
            rows = await SQL.data_keys.all(self._pool, list(batch_ids))
        return [(row.id, row.data_key) for row in rows]

    async def records(self, positions: Sequence[tuple[int, int]]) -> dict[tuple[int, int], bytes]:
        """Published records (batch id, then sealed code) by (pool id, seq)."""
        with unreachable_is_unavailable():
            rows = await SQL.records.all(
                self._pool, [p[0] for p in positions], [p[1] for p in positions]
            )
        return {(row.pool_id, row.seq): row.record for row in rows}

    async def record_views(self, chain: int, views: Sequence[dict[str, Any]]) -> None:
        """Make it durable that codes are about to be shown (I13)."""
        with unreachable_is_unavailable():
            await SQL.record_views.run(self._pool, chain, orjson.dumps(views).decode())

    async def last_entries(self) -> dict[int, int]:
        """The number of the newest entry of every account, by partner."""
        with unreachable_is_unavailable():
            rows = await SQL.last_entries.all(self._pool)
        return {row.partner_id: row.last_entry for row in rows}

    async def numbers_since(
        self, partner_id: int, after_seq: int, limit: int
    ) -> tuple[bytes, int, int]:
        """The order numbers of up to `limit` rows of entries behind one: LF-separated, how many
        rows there were, the number of the last.
        """
        with unreachable_is_unavailable():
            row = await SQL.numbers_since.only(self._pool, partner_id, after_seq, limit)
        return (row.numbers or "").encode(), row.entries, row.last_seq or after_seq

    async def numbers_after(
        self, partner_id: int, after_id: int, limit: int
    ) -> tuple[bytes, int, int]:
        """Up to `limit` order numbers behind an id: LF-separated, their count, the last id."""
        with unreachable_is_unavailable():
            row = await SQL.numbers_after.only(self._pool, partner_id, after_id, limit)
        return (row.numbers or "").encode(), row.count, row.last_id or after_id


def _page(rows: Sequence[OrderRecord], limit: int, reached: int | None) -> OrderPage:
    """`rows` are up to one more than the page has; `reached` is where the look ended."""
    records = rows[:limit]
    return OrderPage(
        records=records, next_before_id=records[-1].id if len(rows) > limit else reached
    )
