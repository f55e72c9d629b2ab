"""Time zones as the native reader takes them: from which local second on which offset holds."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone, tzinfo
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

Offsets = Sequence[tuple[int, int]]  # (local seconds since 1970-01-01 00:00, seconds east of UTC)

FIRST_YEAR: Final = 1970
LAST_YEAR: Final = 2100  # a code that lasts longer is taken by the rule of that year
_FIXED: Final = re.compile(r"([+-])(\d{2}):?(\d{2})")


def read_zone(text: str) -> tzinfo:
    """`UTC`, an offset such as `+08:00`, or a name such as `Asia/Shanghai`. Raises ValueError."""
    if fixed := _FIXED.fullmatch(text):
        sign, hours, minutes = fixed.groups()
        offset = timedelta(hours=int(hours), minutes=int(minutes))
        if offset < timedelta(hours=24) and int(minutes) < 60:
            return timezone(-offset if sign == "-" else offset)
    elif text.upper() in {"UTC", "Z"}:
        return timezone.utc  # noqa: UP017  (datetime.UTC has no name of its own in errors)
    else:
        try:
            return ZoneInfo(text)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            pass
    raise ValueError(f"no such zone: {text!r}; give a name like Asia/Shanghai, or +08:00")


def offsets_of(zone: tzinfo) -> Offsets:
    """The zone's offsets by local time, ascending; a local time that comes twice is the first."""
    found: list[tuple[int, int]] = []
    start = datetime(FIRST_YEAR, 1, 1)  # noqa: DTZ001  (local by intent)
    days = (datetime(LAST_YEAR, 1, 1) - start).days  # noqa: DTZ001
    # No zone changed there and back within so many days.
    step = timedelta(days=7)
    if isinstance(zone, timezone):
        return [(0, _offset(zone, start))]
    for day in range(0, days, step.days):
        low, high = start + timedelta(days=day), start + timedelta(days=day) + step
        if not found:
            found.append((0, _offset(zone, low)))
        while found[-1][1] != _offset(zone, high):
            change = _change(zone, low, high, found[-1][1])
            found.append((int((change - start).total_seconds()), _offset(zone, change)))
            low = change
    return found


def _change(zone: tzinfo, low: datetime, high: datetime, offset: int) -> datetime:
    """The first second after `low` and up to `high` at which the offset is another."""
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) // 2
        middle = middle.replace(microsecond=0)
        if middle == low:
            break
        low, high = (middle, high) if _offset(zone, middle) == offset else (low, middle)
    return high


def _offset(zone: tzinfo, local: datetime) -> int:
    offset = local.replace(tzinfo=zone).utcoffset()
    assert offset is not None
    return int(offset.total_seconds())
