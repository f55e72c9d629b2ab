"""What operators are told, in words, however long a place lets a message be.

Here are the words around an alert; whoever has one to tell knows its own in other languages.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

from connectors.settings import SettingsError

Told: TypeAlias = Callable[[str], str]
EVENTS: Final = ("opened", "resolved", "test")


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The words around alerts; `begins` by the event, in the order of EVENTS."""

    begins: tuple[str, str, str]
    line: str
    one: str
    several: str
    more: str

    def head(self, count: int) -> str:
        """The first line."""
        return self.one if count == 1 else self.several.format(count=count)


FRAMES: Final[Mapping[str, Frame]] = {
    "en": Frame(
        begins=("", "over: ", "test: "),
        line="{begins}[{level}] {kind} {subject}: {detail} (since {at})",
        one="Quangate: 1 alert",
        several="Quangate: {count} alerts",
        more="… and {count} more",
    ),
    "zh": Frame(
        begins=("", "已结束：", "测试："),
        line="{begins}[{level}] {kind} {subject}：{detail}（自 {at} 起）",
        one="Quangate：1 条告警",
        several="Quangate：{count} 条告警",
        more="…… 另有 {count} 条",
    ),
}


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

    def line(self, frame: Frame, told: Told) -> str:
        """A line for people. What comes from outside keeps no line break of its own."""
        text = frame.line.format(
            begins=frame.begins[EVENTS.index(self.event)],
            level=told(self.level),
            kind=told(self.kind),
            subject=self.subject,
            detail=told(self.detail),
            at=self.since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        )
        return " ".join(text.split())

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


def check_language(language: str) -> None:
    """Raises SettingsError for one that we do not speak."""
    if language not in FRAMES:
        raise SettingsError(f"setting language is one of {', '.join(FRAMES)}", "language")


def as_text(
    notices: Sequence[Notice], bytes_max: int, frame: Frame = FRAMES["en"], told: Told = str
) -> str:
    """A digest: a head, a line each, the most urgent first; what does not fit is counted.

    `told` says in the frame's language what the program says.
    """
    rank = {"page": 0, "ticket": 1, "info": 2}
    by_rank = sorted(notices, key=lambda one: rank.get(one.level, 3))
    lines = [one.line(frame, told) for one in by_rank]
    head = frame.head(len(lines))
    for kept in range(len(lines), 0, -1):
        rest = [] if kept == len(lines) else [frame.more.format(count=len(lines) - kept)]
        text = "\n".join([head, *lines[:kept], *rest])
        if len(text.encode()) <= bytes_max:
            return text
    return "\n".join([head, lines[0]]).encode()[:bytes_max].decode(errors="ignore")
