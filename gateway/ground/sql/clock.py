"""The database's clock, as seen from here: it decides windows, leases and expiry; ours does not."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import structlog

from gateway.ground.errors import ConfigError
from gateway.ground.sql.books import unreachable_is_unavailable

log = structlog.get_logger()

SQL = "SELECT extract(epoch FROM clock_timestamp())::double precision"
SKEW_ALARM_S = 2.0  # signatures go by our clock, all else by the database's
SKEW_REFUSE_S = 60.0  # order ids and partners' timestamps would be wrong for everybody


class DatabaseClock:
    """What the time is there. Measured now and then; between measurements our monotonic clock
    counts on, so that a step of our wall clock changes nothing.
    """

    def __init__(
        self,
        *,
        wall: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wall = wall
        self._monotonic = monotonic
        self._ahead_s = wall() - monotonic()  # of the database's clock before our monotonic one
        self.skew_s = 0.0  # of the database's clock before our wall clock
        self._alarmed = False

    def now(self) -> datetime:
        """The time there, in UTC."""
        return datetime.fromtimestamp(self._monotonic() + self._ahead_s, UTC)

    async def measure(self, connection: Any) -> None:
        """Ask for the time; an alarm begins and ends with one line in the log."""
        before = self._monotonic()
        with unreachable_is_unavailable():
            theirs = float(await connection.fetchval(SQL))
        after = self._monotonic()
        middle = (before + after) / 2
        self._ahead_s = theirs - middle
        self.skew_s = theirs - (self._wall() - (after - middle))
        wrong = abs(self.skew_s) - (after - before) / 2 > SKEW_ALARM_S
        if wrong != self._alarmed:
            self._alarmed = wrong
            if wrong:
                log.error("clock.skewed", database_ahead_s=round(self.skew_s, 3))
            else:
                log.info("clock.right_again", database_ahead_s=round(self.skew_s, 3))

    async def check(self, connection: Any) -> None:
        """Measure before anything starts. Raises ConfigError when they are too far apart."""
        await self.measure(connection)
        if abs(self.skew_s) > SKEW_REFUSE_S:
            order = "behind" if self.skew_s > 0 else "ahead of"
            raise ConfigError(
                f"this machine's clock is {abs(self.skew_s):.0f} s {order} the database's: "
                "synchronise both (chrony, ntpd), then start again"
            )
