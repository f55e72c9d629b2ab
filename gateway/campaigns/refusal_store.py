"""How often orders were refused in campaigns, in the database."""

from collections.abc import Mapping
from typing import Any

from gateway.ground.sql.books import unreachable_is_unavailable
from gateway.ground.sql.declared import Statement, Statements


class SQL(Statements, file="campaigns/refusal_queries"):
    """Counts that are added to."""

    add: Statement[[list[int], list[str], list[int]], int]


class RefusalStore:
    """Over the pool of what runs behind."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool

    async def add(self, counts: Mapping[tuple[int, str], int]) -> None:
        """Add to what is there, by (campaign, code). Raises StoreUnavailableError."""
        campaigns = [campaign_id for campaign_id, _ in counts]
        codes = [code for _, code in counts]
        with unreachable_is_unavailable():
            await SQL.add.all(self._pool, campaigns, codes, list(counts.values()))
