"""How old the last good backup is, looked up now and then; between looks it grows by itself."""

import asyncio
from collections.abc import Callable
from typing import Final, Protocol

import structlog

log = structlog.get_logger()

LOOK_EVERY_S: Final = 5.0
DEADLINE_S: Final = 5.0


class Aged(Protocol):
    """What knows it; see store.BackupStore."""

    async def age_s(self) -> float | None: ...


class BackupAge:
    """The age of the last good backup, by the database's clock at the last look."""

    def __init__(self, books: Aged, clock: Callable[[], float]) -> None:
        self._books = books
        self._clock = clock
        self._ended_at: float | None = None  # by `clock`

    def now(self) -> float | None:
        """In seconds; None: there was none."""
        return None if self._ended_at is None else max(0.0, self._clock() - self._ended_at)

    async def look(self) -> None:
        """Look once. Raises StoreUnavailableError."""
        age_s = await self._books.age_s()
        self._ended_at = None if age_s is None else self._clock() - age_s

    async def watch(self) -> None:
        """Look until cancelled; without a database the last look counts."""
        while True:
            try:
                async with asyncio.timeout(DEADLINE_S):
                    await self.look()
            except Exception as error:  # noqa: BLE001  the next turn tries again
                log.info("backup.age_not_known", error=type(error).__name__)
            await asyncio.sleep(LOOK_EVERY_S)
