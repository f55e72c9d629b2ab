"""Hours as a chart: where each bar of an SVG stands. Pure.

The newest hour is on the right; an hour without attempts has no bar.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from gateway.dispatch.administration import AttemptsOfHour

HOURS: Final = 24
WIDTH: Final = 10  # of an hour's place, with what is between two
BAR: Final = 8
HEIGHT: Final = 60
LEAST: Final = 1.0  # what is there is seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """An hour: from below what succeeded, what failed, what is open; beside it how long it took."""

    x: int
    hour: datetime
    succeeded: float
    failed: float
    open: float
    slow: float
    attempts: int
    share: float | None  # of what is over, how much succeeded
    seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Bars of all hours that had attempts, and what the highest ones mean."""

    bars: Sequence[Bar]
    most: int
    slowest_s: float
    attempts: int
    share: float | None


def chart(rows: Sequence[AttemptsOfHour], now: datetime) -> Chart:
    """The hours until the one of `now`."""
    first = now - timedelta(hours=HOURS - 1)
    shown = [row for row in rows if first <= row["hour"] <= now]
    most = max((row["attempts"] for row in shown), default=0)
    slowest = max((row["seconds"] or 0.0 for row in shown), default=0.0)
    succeeded = sum(row["succeeded"] for row in shown)
    over = succeeded + sum(row["failed"] for row in shown)
    return Chart(
        bars=[_bar(row, first, most, slowest) for row in shown],
        most=most,
        slowest_s=slowest,
        attempts=sum(row["attempts"] for row in shown),
        share=succeeded / over if over else None,
    )


def _bar(row: AttemptsOfHour, first: datetime, most: int, slowest: float) -> Bar:
    over = row["succeeded"] + row["failed"]
    return Bar(
        x=WIDTH * round((row["hour"] - first) / timedelta(hours=1)),
        hour=row["hour"],
        succeeded=_height(row["succeeded"], most),
        failed=_height(row["failed"], most),
        open=_height(row["attempts"] - over, most),
        slow=_height(row["seconds"] or 0.0, slowest),
        attempts=row["attempts"],
        share=row["succeeded"] / over if over else None,
        seconds=row["seconds"],
    )


def _height(value: float, most: float) -> float:
    return 0.0 if not value else round(max(LEAST, HEIGHT * value / most), 1)
