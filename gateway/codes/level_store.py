"""How many codes of a pool are for sale, for people who look; the order path never asks this."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gateway.ground.sql.books import unreachable_is_unavailable
from gateway.ground.sql.declared import Statement, Statements


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """Codes for sale of a pool: exact below `enough`, else at least it."""

    pool_id: int
    enough: int
    for_sale: int


class SQL(Statements, file="codes/level_queries"):
    """How much there is."""

    for_sale: Statement[[Sequence[int], Sequence[int]], Level]


class StockLevelStore:
    """Stock levels over a connection pool."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool

    async def for_sale(self, wanted: Sequence[tuple[int, int]]) -> list[int]:
        """For each (pool id, enough) the codes for sale; exact below `enough`, else at least it."""
        distinct = list(set(wanted))
        with unreachable_is_unavailable():
            rows = await SQL.for_sale.all(
                self._pool, [key[0] for key in distinct], [key[1] for key in distinct]
            )
        counts = {(row.pool_id, row.enough): row.for_sale for row in rows}
        return [counts.get(key, 0) for key in wanted]
