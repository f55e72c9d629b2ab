"""Whether the database is away: said once when it goes, and once when it is back."""

import time
from collections.abc import Callable

import structlog

log = structlog.get_logger()


class Absence:
    """The database's, as the order path of one worker sees it."""

    __slots__ = ("_clock", "_since", "lasts")

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since = 0.0
        self.lasts = False  # nothing can be committed

    def begin(self, why: str) -> None:
        """It does not answer, again or still."""
        if not self.lasts:
            self.lasts, self._since = True, self._clock()
            log.error("database.away", error=why)

    def end(self) -> None:
        """It answers."""
        if self.lasts:
            self.lasts = False
            log.info("database.back", away_s=round(self._clock() - self._since, 1))
