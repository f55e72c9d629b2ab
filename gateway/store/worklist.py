"""What waits for a person or an upstream, counted now and then so that SREs can be woken by it."""

import asyncio
from typing import Any, Final

import structlog

from gateway.store.named_sql import queries

log = structlog.get_logger()

SQL = queries("worklist")
COUNT_EVERY_S: Final = 5.0
DEADLINE_S: Final = 5.0


class Worklist:
    """The last count; every worker counts the whole database."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool
        self.parked_orders = 0
        self.uncertain_attempts = 0
        self.oldest_uncertain_s = 0.0
        self.looks = 0
        self.audit_ok: bool | None = None  # None: nobody has audited yet
        self.audited_at = 0.0  # Unix seconds, by the database's clock

    async def watch(self) -> None:
        """Count until cancelled; without a database the last count stays."""
        while True:
            try:
                async with asyncio.timeout(DEADLINE_S):
                    row = await self._pool.fetchrow(SQL["waiting"])
                    audited = await self._pool.fetchrow(SQL["last_audit"])
            except Exception as error:  # noqa: BLE001  the next turn tries again
                log.info("worklist.not_counted", error=type(error).__name__)
            else:
                self.parked_orders = row["parked_orders"]
                self.uncertain_attempts = row["uncertain_attempts"]
                self.oldest_uncertain_s = row["oldest_uncertain_s"]
                self.looks += 1
                if audited is not None:
                    self.audit_ok, self.audited_at = audited["ok"], audited["ended_at"]
            await asyncio.sleep(COUNT_EVERY_S)
