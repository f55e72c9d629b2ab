"""What partners were told of products, in PostgreSQL."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from gateway.ground.sql.books import unreachable_is_unavailable
from gateway.ground.sql.declared import Statement, Statements
from gateway.webhooks.product_news import News

LEAD_S: Final = 10.0  # a worker that is gone is followed by another one after so long


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeRow:
    """What became of one: `told`, `same`, `held`, `lost`."""

    no: int
    outcome: str


class SQL(Statements, file="webhooks/product_queries"):
    """Telling partners of products."""

    lead: Statement[[uuid.UUID, float], bool]
    tell: Statement[
        [
            uuid.UUID,
            int,
            Sequence[int],
            Sequence[bytes],
            Sequence[str],
            Sequence[bytes | None],
            Sequence[str | None],
            Sequence[datetime | None],
        ],
        OutcomeRow,
    ]


class ProductsTold:
    """The rows of all partners, for one worker."""

    def __init__(self, pool: Any, worker_id: uuid.UUID) -> None:
        self._pool = pool
        self._worker_id = worker_id

    async def lead(self) -> bool:
        """Whether this worker tells, for the next seconds."""
        with unreachable_is_unavailable():
            return await SQL.lead.only(self._pool, self._worker_id, LEAD_S)

    async def tell(self, partner_id: int, news: Sequence[News]) -> Sequence[str]:
        """What became of each: told, same, held or lost."""
        with unreachable_is_unavailable():
            rows = await SQL.tell.all(
                self._pool,
                self._worker_id,
                partner_id,
                [each.sku_id for each in news],
                [each.now.digest for each in news],
                [each.now.data for each in news],
                [each.ahead.digest if each.ahead else None for each in news],
                [each.ahead.data if each.ahead else None for each in news],
                [each.ahead.at if each.ahead else None for each in news],
            )
        return [row.outcome for row in rows]
