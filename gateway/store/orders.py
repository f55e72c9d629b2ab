"""Reads orders and their codes; writes nothing but the record of who saw codes."""

from collections.abc import Sequence
from typing import Any

import orjson

from gateway.domain.order_record import OrderFilter, OrderRecord
from gateway.store.books import unreachable_is_unavailable
from gateway.store.named_sql import queries

SQL = queries("orders")


class OrderStore:
    """Order reads over a connection pool."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool

    async def by_ids(self, keys: Sequence[tuple[int, int]]) -> dict[tuple[int, int], OrderRecord]:
        """Orders by (partner id, order id); those not there are missing from the answer."""
        with unreachable_is_unavailable():
            rows = await self._pool.fetch(
                SQL["by_ids"], [key[0] for key in keys], [key[1] for key in keys]
            )
        return {(row["partner_id"], row["id"]): OrderRecord(**dict(row)) for row in rows}

    async def by_numbers(
        self, keys: Sequence[tuple[int, str]]
    ) -> dict[tuple[int, str], OrderRecord]:
        """Orders by (partner id, out_order_no)."""
        with unreachable_is_unavailable():
            rows = await self._pool.fetch(
                SQL["by_numbers"], [key[0] for key in keys], [key[1] for key in keys]
            )
        return {(row["partner_id"], row["out_order_no"]): OrderRecord(**dict(row)) for row in rows}

    async def page(self, partner_id: int, filter_: OrderFilter, limit: int) -> list[OrderRecord]:
        """Newest first, at most `limit`."""
        with unreachable_is_unavailable():
            rows = await self._pool.fetch(
                SQL["page"],
                partner_id,
                filter_.before_id,
                filter_.state,
                filter_.sku_id,
                filter_.created_from,
                filter_.created_to,
                limit,
            )
        return [OrderRecord(**dict(row)) for row in rows]

    async def data_keys(self, batch_ids: Sequence[int]) -> list[tuple[int, bytes]]:
        """Wrapped data keys by batch id."""
        with unreachable_is_unavailable():
            rows = await self._pool.fetch(SQL["data_keys"], list(batch_ids))
        return [(row["id"], row["data_key"]) for row in rows]

    async def records(self, positions: Sequence[tuple[int, int]]) -> dict[tuple[int, int], bytes]:
        """Published records (batch id, then sealed code) by (pool id, seq)."""
        with unreachable_is_unavailable():
            rows = await self._pool.fetch(
                SQL["records"], [p[0] for p in positions], [p[1] for p in positions]
            )
        return {(row["pool_id"], row["seq"]): row["record"] for row in rows}

    async def record_views(self, chain: int, views: Sequence[dict[str, Any]]) -> None:
        """Make it durable that codes are about to be shown (I13)."""
        with unreachable_is_unavailable():
            await self._pool.execute(SQL["record_views"], chain, orjson.dumps(views).decode())

    async def numbers_after(
        self, partner_id: int, after_id: int, limit: int
    ) -> tuple[bytes, int, int]:
        """Up to `limit` order numbers behind an id: LF-separated, their count, the last id."""
        with unreachable_is_unavailable():
            row = await self._pool.fetchrow(SQL["numbers_after"], partner_id, after_id, limit)
        return (row["numbers"] or "").encode(), row["count"], row["last_id"] or after_id
