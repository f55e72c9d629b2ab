"""Whether the follower that commits wait for is here: without it nothing is acknowledged.

Orders cannot say why they are refused: to them a commit takes long. So it is said here, once when
it begins and once when it ends.
"""

import asyncio
from typing import Final, Protocol

import structlog

log = structlog.get_logger()

LOOK_EVERY_S: Final = 2.0
DEADLINE_S: Final = 5.0


class Awaits(Protocol):
    """What knows it; see store.BackupStore."""

    async def missing_follower(self) -> str | None: ...


class AwaitedFollower:
    """Looks, and says."""

    def __init__(self, books: Awaits) -> None:
        self._books = books
        self._missing: str | None = None

    async def look(self) -> None:
        """Look once. Raises StoreUnavailableError."""
        missing = await self._books.missing_follower()
        if missing is not None and self._missing is None:
            log.error(
                "follower.away",
                follower=missing,
                why="no order is acknowledged: each is to be in both places",
                then="quangate backup follow TO --synchronous; or --leave, to wait for nobody",
            )
        if missing is None and self._missing is not None:
            log.info("follower.back", follower=self._missing)
        self._missing = missing

    async def watch(self) -> None:
        """Look until cancelled; while the database is away nothing is said."""
        while True:
            try:
                async with asyncio.timeout(DEADLINE_S):
                    await self.look()
            except Exception as error:  # noqa: BLE001  the next turn tries again
                log.debug("follower.not_known", error=type(error).__name__)
            await asyncio.sleep(LOOK_EVERY_S)
