"""What `{time}` is: Unix seconds or milliseconds, or a pattern in a zone."""

import re
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

# The letters of a pattern, as these platforms' documents write them, and what they are here.
LETTERS: Final = {
    "yyyy": "%Y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S", "SSS": "%f",
}  # fmt: skip
_TOKEN: Final = re.compile("yyyy|MM|dd|HH|mm|SSS|ss|[A-Za-z]+|[^A-Za-z]")
WINDOW_S: Final = 300.0


class ClockError(ValueError):
    """`time` or `zone` cannot be read; `key` says which."""

    def __init__(self, key: str, why: str) -> None:
        super().__init__(why)
        self.key = key


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """How times are written. `pattern` empty: Unix time, of which `per_second` make a second."""

    per_second: int = 1
    pattern: str = ""
    zone: tzinfo

    def written(self, now: float) -> str:
        """A moment (Unix seconds) as it is sent."""
        if not self.pattern:
            return str(int(now * self.per_second))
        moment = datetime.fromtimestamp(now, self.zone)
        milliseconds = f"{moment.microsecond // 1000:03d}"
        return moment.strftime(self.pattern.replace("%f", milliseconds))

    def read(self, text: str) -> float | None:
        """A moment that was written so, or as Unix time; None: it cannot be read."""
        if re.fullmatch(r"[0-9]{9,14}", text):
            moment = int(text)
            return moment / 1000 if moment > 10**11 else float(moment)
        try:
            found = datetime.strptime(text, self.pattern.replace("%f", "000")).replace(
                tzinfo=self.zone
            )
        except ValueError:
            return None
        return found.timestamp() if self.pattern else None


def read_clock(time: str, zone: str) -> Clock:
    """`unix`, `unix-ms` or a pattern; raises `ClockError`."""
    try:
        where = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ClockError("zone", "there is no such zone; as Asia/Shanghai or UTC") from None
    if time in {"unix", "unix-ms"}:
        return Clock(per_second=1000 if time == "unix-ms" else 1, zone=where)
    parts = _TOKEN.findall(time)
    strange = [part for part in parts if part.isalpha() and part not in LETTERS]
    if strange or not any(part in LETTERS for part in parts) or len(time) > 40 or "%" in time:
        raise ClockError(
            "time", f"it is unix, unix-ms or a pattern of {', '.join(LETTERS)} and other signs"
        )
    return Clock(pattern="".join(LETTERS.get(part, part) for part in parts), zone=where)
