"""How many codes of a pool are for sale, for people who look; the order path never asks this."""

from collections.abc import Sequence
from typing import Any

from gateway.ground.sql.books import unreachable_is_unavailable
from gateway.ground.sql.named_sql import queries

SQL = queries("codes/level_queries")


class StockLevelStore:
    """Stock levels over a connection pool."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool

    async def for_sale(self, wanted: Sequence[tuple[int, int]]) -> list[int]:
        """For each (pool id, enough) the codes for sale; exact below `enough`, else at least it."""
        distinct = list(set(wanted))
        with unreachable_is_unavailable():
            rows = await self._pool.fetch(
                SQL["for_sale"], [key[0] for key in distinct], [key[1] for key in distinct]
            )
        counts = {(row["pool_id"], row["enough"]): row["for_sale"] for row in rows}
        return [counts.get(key, 0) for key in wanted]
