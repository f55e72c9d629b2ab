"""Moments and days as the API writes them, and one reader for each. Pure.

Python's own readers take much that RFC 3339 does not know: weeks, days without hyphens, decimal
commas, and zones left out.
"""

import re
from datetime import UTC, date, datetime
from typing import Final

_MOMENT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})"
).fullmatch
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}").fullmatch


def read_moment(text: str) -> datetime:
    """An RFC 3339 time; it may be out of the calendar in UTC. Raises ValueError."""
    if not _MOMENT(text):
        raise ValueError(f"{text!r} is no RFC 3339 time")
    return datetime.fromisoformat(text.upper())


def is_moment(text: str) -> bool:
    """Whether it is written like an RFC 3339 time."""
    return _MOMENT(text) is not None


def read_day(text: str) -> date:
    """A day of the calendar, as 2026-01-31. Raises ValueError."""
    if not _DAY(text):
        raise ValueError(f"{text!r} is no day")
    return date.fromisoformat(text)


def rfc3339(moment: datetime) -> str:
    """RFC 3339 in UTC, always with microseconds."""
    # The database's moments are in UTC already. isoformat takes a quarter of strftime's time; an
    # order and its webhook write six of them.
    in_utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return in_utc.isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"
