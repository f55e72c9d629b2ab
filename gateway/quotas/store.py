"""What was had of quotas, and counting what passed before every worker asked them."""

from collections.abc import Sequence
from typing import Any

from gateway.ground.sql.books import unreachable_is_unavailable
from gateway.quotas import book
from gateway.quotas.back import SQL


class QuotaStore:
    """Counts of quotas."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool

    async def counts(self, keys: Sequence[tuple[int, str]]) -> dict[tuple[int, str], int]:
        """What was had, by (quota id, subject), in the windows of now; missing: nothing."""
        with unreachable_is_unavailable():
            rows = await book.SQL.counts.all(
                self._pool, [key[0] for key in keys], [key[1] for key in keys]
            )
        return {(row.quota_id, row.subject): row.used for row in rows}

    async def settle(self) -> None:
        """Count the orders of young quotas that workers let pass because they did not know them."""
        with unreachable_is_unavailable():
            async with self._pool.acquire() as connection, connection.transaction():
                for quota in await SQL.unsettled.all(connection):
                    await SQL.count_back.run(connection, quota.id, quota.since)
                    await SQL.give_back_failed.run(connection, quota.id, quota.counts_from)
                    await SQL.settled.run(connection, quota.id)
