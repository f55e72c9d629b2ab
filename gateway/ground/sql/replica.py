"""Reads that may lag: from a replica while it answers, from the primary otherwise.

Products and operators' lists are asked here. Never orders, money, or what a number was answered
with: a replica may not have it yet.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

import asyncpg
import structlog

from gateway.ground.errors import ConfigError, StoreUnavailableError
from gateway.ground.sql.books import UNREACHABLE
from gateway.ground.sql.pools import BoundedPool

log = structlog.get_logger()

Result = TypeVar("Result")

ANSWER_S: Final = 3.0  # what a replica may take before the primary is asked
REST_S: Final = 5.0  # how long one that did not answer is left alone
# A replica that replays what a statement reads cuts it off; one of another release lacks routines.
FAILS: Final = (*UNREACHABLE, asyncpg.PostgresError, StoreUnavailableError, ConfigError)


class LaggingReads:
    """`replica` None: there is none, and the primary is asked."""

    def __init__(
        self,
        replica: BoundedPool | None,
        primary: BoundedPool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._replica = replica
        self._primary = primary
        self._clock = clock
        self._away = False
        self._again_at = 0.0  # by the clock; until then the replica is left alone

    async def fetch(self, statement: str, *arguments: Any) -> Any:
        """All rows."""
        return await self.read(lambda pool: pool.fetch(statement, *arguments))

    async def fetchrow(self, statement: str, *arguments: Any) -> Any:
        """The first row, or None."""
        return await self.read(lambda pool: pool.fetchrow(statement, *arguments))

    async def fetchval(self, statement: str, *arguments: Any) -> Any:
        """The first column of the first row, or None."""
        return await self.read(lambda pool: pool.fetchval(statement, *arguments))

    async def read(self, ask: Callable[[BoundedPool], Awaitable[Result]]) -> Result:
        """What `ask` finds at the replica, or, when that fails, at the primary. It only reads."""
        if self._replica is not None and self._clock() >= self._again_at:
            try:
                async with asyncio.timeout(ANSWER_S):
                    found = await ask(self._replica)
            except FAILS as error:
                self._leave_alone(error)
            else:
                if self._away:
                    log.info("replica.back")
                self._away = False
                return found
        return await ask(self._primary)

    def _leave_alone(self, error: BaseException) -> None:
        self._again_at = self._clock() + REST_S
        if not self._away:
            log.warning("replica.away", error=str(error) or type(error).__name__)
        self._away = True

    async def close(self) -> None:
        """Close the replica's connections; the primary's are others'."""
        if self._replica is not None:
            await self._replica.close()
