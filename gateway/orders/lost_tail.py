"""Whether what a committer acknowledged is still there when the primary has changed (faults 17).

The log of a database is lost from its end only: where the last batch that was acknowledged is
there, so is each one before it. With a synchronous standby nothing is ever missing. Where one was
promoted that lagged, it is noticed here, before the committer commits anything more, and told to
all who have to do something about it; then sales are closed.
"""

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

import asyncpg
import structlog

from gateway.ground.errors import StoreUnavailableError
from gateway.ground.sql.books import UNREACHABLE

log = structlog.get_logger()

# Batches are remembered for a day; one that was acknowledged longer ago proves nothing.
PROVES_S: Final = 12 * 3600.0
# After a promotion nobody commits for so long: every worker has seen by then whether its own
# batches are there, and sales are closed before somebody sells what another had sold.
SETTLE_S: Final = 2.0
THERE = "SELECT EXISTS (SELECT FROM commit_batch WHERE id = $1 AND outcome = 'done')"


@dataclass(frozen=True, slots=True)
class AcknowledgedLost:
    """The primary of this timeline lacks orders that were acknowledged."""

    timeline: int


class TailOfLog:
    """Of one committer; `lost` is awaited before it goes on, again until it does not fail."""

    def __init__(self, lost: Callable[[AcknowledgedLost], Awaitable[None]]) -> None:
        self._lost = lost
        self._last: tuple[uuid.UUID, float] | None = None  # acknowledged, at (monotonic)
        self._timeline = 0

    def acknowledged(self, batch_id: uuid.UUID, at: float) -> None:
        """The database has it, and it is told to partners."""
        self._last = (batch_id, at)

    async def check(self, connection: Any) -> None:
        """Look after what was acknowledged, over a new connection of the committer.

        Raises StoreUnavailableError when that cannot be told; it is asked again then.
        """
        timeline = connection.standing.timeline or 0
        if 0 < self._timeline < timeline:
            await self._check(connection, timeline)
        self._timeline = timeline

    async def _check(self, connection: Any, timeline: int) -> None:
        if self._last is not None and time.monotonic() - self._last[1] < PROVES_S:
            try:
                there = await connection.fetchval(THERE, self._last[0])
            except (*UNREACHABLE, asyncpg.PostgresError) as error:
                raise StoreUnavailableError(f"the new primary does not answer: {error}") from error
            if not there:
                log.error("database.acknowledged_lost", timeline=timeline, batch=str(self._last[0]))
                await self._lost(AcknowledgedLost(timeline))
        await asyncio.sleep(SETTLE_S)
