"""What operators are told, in words, however long a place lets a message be."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

EVENTS: Final = {"opened": "", "resolved": "over: ", "test": "test: "}


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """An alert opened, or is over; or somebody tries the place out."""

    event: str
    alert: str | None  # its id; None: of a test
    kind: str
    subject: str
    level: str
    detail: str
    since: datetime

    def line(self) -> str:
        """A line for people. What comes from outside keeps no line break of its own."""
        at = self.since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        text = f"{EVENTS[self.event]}[{self.level}] {self.kind} {self.subject}: {self.detail}"
        return " ".join(f"{text} (since {at})".split())

    def json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "event": self.event,
            "alert": self.alert,
            "kind": self.kind,
            "subject": self.subject,
            "level": self.level,
            "detail": self.detail,
            "since": self.since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }


def as_text(notices: Sequence[Notice], bytes_max: int) -> str:
    """A digest: a head, a line each, the most urgent first; what does not fit is counted."""
    rank = {"page": 0, "ticket": 1, "info": 2}
    lines = [one.line() for one in sorted(notices, key=lambda one: rank.get(one.level, 3))]
    head = "Quangate: 1 alert" if len(lines) == 1 else f"Quangate: {len(lines)} alerts"
    for kept in range(len(lines), 0, -1):
        rest = [] if kept == len(lines) else [f"… and {len(lines) - kept} more"]
        text = "\n".join([head, *lines[:kept], *rest])
        if len(text.encode()) <= bytes_max:
            return text
    return "\n".join([head, lines[0]]).encode()[:bytes_max].decode(errors="ignore")
