"""Reads that may lag: from a replica while it answers, from the primary otherwise.

Products and operators' lists are asked here. Never orders, money, or what a number was answered
with: a replica may not have it yet. One that is further behind than may be is as good as away.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Final, TypeVar

import asyncpg
import structlog

from gateway.ground.errors import ConfigError, StoreUnavailableError
from gateway.ground.sql.books import UNREACHABLE
from gateway.ground.sql.pools import BoundedPool

log = structlog.get_logger()

Result = TypeVar("Result")

ANSWER_S: Final = 3.0  # what a replica may take before the primary is asked
REST_S: Final = 5.0  # how long one that did not answer, or is behind, is left alone
LOOK_S: Final = 1.0  # between two looks at how far behind it is
# When the last transaction was committed that it has. A primary that is served is never still: each
# worker renews what it is there. NULL: it has seen none; or it is no standby, and not behind.
REPLAYED = """
SELECT pg_is_in_recovery() AS is_standby, pg_last_xact_replay_timestamp() AS replayed_at
"""
# A replica that replays what a statement reads cuts it off; one of another release lacks routines.
FAILS: Final = (*UNREACHABLE, asyncpg.PostgresError, StoreUnavailableError, ConfigError)


class ReplicaBehindError(StoreUnavailableError):
    """It lacks what was committed longer ago than it may."""


class LaggingReads:
    """`replica` None: there is none, and the primary is asked. `now` is the primary's clock; what
    was committed `behind_s_max` ago the replica has to have."""

    def __init__(
        self,
        replica: BoundedPool | None,
        primary: BoundedPool,
        *,
        now: Callable[[], datetime],
        behind_s_max: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._replica = replica
        self._primary = primary
        self._now = now
        self._behind_s_max = behind_s_max
        self._has_until: datetime | None = None  # what it has, when it was last looked at
        self._look_at = 0.0  # by the clock
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
                    await self._look(self._replica)
                    found = await ask(self._replica)
            except FAILS as error:
                self._leave_alone(error)
            else:
                if self._away:
                    log.info("replica.back")
                self._away = False
                return found
        return await ask(self._primary)

    async def _look(self, replica: BoundedPool) -> None:
        """Raises ReplicaBehindError."""
        if self._clock() >= self._look_at:
            row = await replica.fetchrow(REPLAYED)
            self._has_until = row["replayed_at"] if row["is_standby"] else self._now()
            self._look_at = self._clock() + LOOK_S
        if self._has_until is None:
            raise ReplicaBehindError("it has nothing yet")
        behind_s = (self._now() - self._has_until).total_seconds()
        if behind_s > self._behind_s_max:
            raise ReplicaBehindError(f"it is {behind_s:.0f} s behind")

    def _leave_alone(self, error: BaseException) -> None:
        self._again_at = self._clock() + REST_S
        self._look_at = 0.0  # it may be another one then
        if not self._away:
            log.warning("replica.away", error=str(error) or type(error).__name__)
        self._away = True

    async def close(self) -> None:
        """Close the replica's connections; the primary's are others'."""
        if self._replica is not None:
            await self._replica.close()
