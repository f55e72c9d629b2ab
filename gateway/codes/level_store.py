"""How many codes of an outlet are for sale, for people who look; the order path never asks this."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gateway.codes.outlet import life_of, outlet_of, shelf_of
from gateway.ground.sql.books import unreachable_is_unavailable
from gateway.ground.sql.declared import Statement, Statements


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """Codes for sale of an outlet: exact below `enough`, else at least it."""

    shelf_id: int
    life_days: int
    enough: int
    for_sale: int


class SQL(Statements, file="codes/level_queries"):
    """How much there is."""

    for_sale: Statement[[Sequence[int], Sequence[int], Sequence[int]], Level]


class StockLevelStore:
    """Stock levels over a connection pool."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool

    async def for_sale(self, wanted: Sequence[tuple[int, int]]) -> list[int]:
        """For each (outlet, enough) the codes for sale; exact below `enough`, else at least it."""
        distinct = list(set(wanted))
        with unreachable_is_unavailable():
            rows = await SQL.for_sale.all(
                self._pool,
                [shelf_of(outlet) for outlet, _ in distinct],
                [life_of(outlet) for outlet, _ in distinct],
                [enough for _, enough in distinct],
            )
        counts = {
            (outlet_of(row.shelf_id, row.life_days), row.enough): row.for_sale for row in rows
        }
        return [counts.get(key, 0) for key in wanted]
