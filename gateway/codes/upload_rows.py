"""Uploaded imports as a worker sees them, and what their lines came to. No codes."""

import csv
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

PIECE_BYTES: Final = 1 << 20  # of a file, sealed together
UPLOAD_BYTES_MAX: Final = 64 << 20  # some two million codes; larger files by command line
OPEN_PER_OPERATOR_MAX: Final = 4  # queued and running
OPEN_MAX: Final = 16
TRIES_MAX: Final = 5
LINES_TOLD_MAX: Final = 200
OK: Final = "ok"


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenImport:
    """One that is this worker's; `given` and `how` are JSON text."""

    id: int
    pool: str
    file: str
    size: int
    given: str
    dry_run: bool
    made_by: str
    person: str
    whence: str
    how: str
    reason: str | None
    tries: int
    batch_id: int | None  # its codes are on sale already


@dataclass(frozen=True, slots=True, kw_only=True)
class Landed:
    """What a batch has."""

    imported: int
    duplicates: int
    rejected: int


@dataclass(slots=True)
class Verdicts:
    """The `Report` of an import: how many lines of each verdict, the first that were not taken."""

    counts: Counter[str] = field(default_factory=Counter)
    lines: list[Mapping[str, Any]] = field(default_factory=list)

    def write(self, text: str) -> None:
        """Whole lines `line,verdict,reason`; the header says nothing."""
        for line, verdict, reason in csv.reader(text.splitlines()):
            if line == "line":
                continue
            self.counts[f"{verdict}: {reason}" if reason else verdict] += 1
            if verdict != OK and len(self.lines) < LINES_TOLD_MAX:
                self.lines.append({"line": int(line), "verdict": verdict, "reason": reason or None})

    def told(self) -> Mapping[str, Any]:
        """As it is kept and shown; `more`: so many lines beyond those."""
        bad = sum(count for verdict, count in self.counts.items() if verdict != OK)
        return {"counts": self.counts, "lines": self.lines, "more": bad - len(self.lines)}
