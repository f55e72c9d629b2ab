"""What a command prints: one answer on stdout, everything else on stderr.

With `--json` the answer is one JSON object on the last line of stdout. Without it, a table.
Text from outside is printed with its control characters taken out, and is never markup.
"""

import json
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from gateway.ground.command import tables
from gateway.ground.command.tables import clean as clean  # noqa: PLC0414  others have it from here

if TYPE_CHECKING:
    from rich.console import RenderableType

PIPE_COLUMNS = 240  # width of a view that goes to a file or another program


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a command found or did: JSON members, and for people a note on what comes next."""

    data: Mapping[str, Any] = field(repr=False)  # may hold a secret that is shown once
    note: str | None = None
    exit_code: int = 0
    view: "RenderableType | str | None" = (
        None  # what people see instead of the members, if not these
    )
    raw: bytes | None = field(default=None, repr=False)  # printed as it is, unless --json is given


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a command did nothing; `code` is for programs, `detail` for people."""

    code: str
    detail: str
    exit_code: int = 1


@dataclass(frozen=True, slots=True)
class Output:
    """Prints answers in the form that was asked for."""

    json: bool
    wide: bool = False  # tables as wide as they are, also on a narrow screen

    def answer(self, answer: Answer) -> None:
        """Print the one answer of this process."""
        if self.json:  # whatever else there is to show: scripts read an object, always
            _write_json(answer.data)
            return
        if answer.raw is not None:
            _write_raw(answer.raw)
            return
        if answer.view is not None and not isinstance(answer.view, str):
            _print_view(answer.view)
        else:
            width = None if self.wide else _screen_width()
            text = answer.view if answer.view is not None else tables.render(answer.data, width)
            sys.stdout.write(text + "\n")
            sys.stdout.flush()
        if answer.note:
            sys.stderr.write(clean(answer.note) + "\n")

    def failure(self, failure: Failure) -> None:
        """Print why nothing was done; with `--json` also as the answer."""
        print_error(failure.detail)
        if self.json:
            _write_json({"error": {"code": failure.code, "detail": clean(failure.detail)}})


def print_error(detail: str) -> None:
    """One message for people on stderr."""
    sys.stderr.write(f"quangate: {clean(detail)}\n")


def warn(detail: str) -> None:
    """Something worth knowing that stops nothing."""
    sys.stderr.write(f"quangate: warning: {clean(detail)}\n")


def _write_json(data: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(data, default=_plain, separators=(", ", ": ")) + "\n")
    sys.stdout.flush()


def _write_raw(content: bytes) -> None:
    sys.stdout.write(content.decode("utf-8", errors="surrogateescape"))
    if sys.stdout.isatty() and not content.endswith(b"\n"):
        sys.stdout.write("\n")
    sys.stdout.flush()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _screen_width() -> int | None:
    """Columns of the terminal stdout goes to; None: a file or another program reads it."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def _print_view(view: "RenderableType") -> None:
    from rich.console import Console

    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = PIPE_COLUMNS
    console.print(view)
