"""What a command prints: one answer on stdout, everything else on stderr.

With `--json` the answer is one JSON object on the last line of stdout. Without it, a table.
Text from outside is printed with its control characters taken out, and is never markup.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

PIPE_COLUMNS = 240  # width of a table that goes to a file or another program


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a command found or did: JSON members, and for people a note on what comes next."""

    data: Mapping[str, Any] = field(repr=False)  # may hold a secret that is shown once
    note: str | None = None
    exit_code: int = 0
    view: "RenderableType | None" = None  # what people see instead of the members, if not these
    raw: bytes | None = field(default=None, repr=False)  # printed as it is, instead of all that


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

    def answer(self, answer: Answer) -> None:
        """Print the one answer of this process."""
        if answer.raw is not None:
            _write_raw(answer.raw)
            return
        if self.json:
            _write_json(answer.data)
            return
        console = _console(stderr=False)
        for part in _tables(answer.data) if answer.view is None else [answer.view]:
            console.print(part)
        if answer.note:
            _console(stderr=True).print(clean(answer.note), markup=False, highlight=False)

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


def clean(text: str) -> str:
    """The text without control characters (terminal escapes, forged lines), newlines kept."""
    return "".join(
        c if c == "\n" or (c.isprintable() and c not in "\u202a\u202e") else "\ufffd" for c in text
    )


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


def _console(*, stderr: bool) -> "Console":
    from rich.console import Console

    console = Console(stderr=stderr, highlight=False)
    if not console.is_terminal:
        console.width = PIPE_COLUMNS
    return console


def _tables(data: Mapping[str, Any]) -> "list[RenderableType]":
    """The scalars as a list of names and values, then a table for each list of objects."""
    lists = {k: v for k, v in data.items() if _is_listing(v)}
    scalars = {k: v for k, v in data.items() if k not in lists}
    parts: list[RenderableType] = []
    if scalars:
        parts.append(_pairs(scalars))
    parts.extend(_listing(name, rows) for name, rows in lists.items())
    return parts


def _is_listing(value: Any) -> bool:
    return (
        isinstance(value, Sequence)
        and not isinstance(value, str)
        and all(isinstance(row, Mapping) for row in value)
    )


def _pairs(scalars: Mapping[str, Any]) -> "RenderableType":
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 2))
    for name, value in scalars.items():
        grid.add_row(Text(name.replace("_", " "), style="bold"), Text(_cell(value)))
    return grid


def _listing(name: str, rows: Sequence[Mapping[str, Any]]) -> "RenderableType":
    from rich.table import Table
    from rich.text import Text

    if not rows:
        return Text(f"no {name.replace('_', ' ')}")
    table = Table(box=None, pad_edge=False, header_style="bold")
    columns = list(rows[0])
    for column in columns:
        numbers = all(isinstance(row[column], int | None) for row in rows)
        # Folded, never cut: an id that ends in an ellipsis is of no use.
        table.add_column(
            column.replace("_", " "), justify="right" if numbers else "left", overflow="fold"
        )
    for row in rows:
        table.add_row(*(Text(_cell(row[column])) for column in columns))
    return table


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z"
    if isinstance(value, Mapping):
        return clean(", ".join(f"{k}={_cell(v)}" for k, v in value.items()))
    if isinstance(value, Sequence) and not isinstance(value, str):
        return clean(", ".join(_cell(part) for part in value)) or "-"
    return clean(str(value))
