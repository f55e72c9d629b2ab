"""An import on one page: how far it is, and what its lines came to."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from gateway.codes.upload_desk import OneImport, State, show_import
from gateway.ground.desk.html.own_page import OwnPage
from gateway.ground.desk.html.wording import human
from gateway.ground.desk.port import At
from gateway.ground.desk.rest.asked import from_query
from gateway.ground.desk.rest.caller import Caller

KNOWN: Final = (
    "pool", "file", "size", "batch", "made_by", "reason", "created_at", "started_at", "ended_at",
)  # fmt: skip
MAY: Final = "codes:import"


def share_of(done: int, total: int, state: str) -> int:
    """Of 100, for a bar: what is over is whole."""
    return 100 if state == State.DONE else min(99, 100 * done // max(1, total))


def within_the_file(row: Mapping[str, Any]) -> int:
    """How many of its duplicates the file itself has; the others were there before."""
    counts = row["counts"] or {}
    return min(row["duplicates"] or 0, int(counts.get("duplicate: in_file", 0)))


def again(row: Mapping[str, Any], *, may: bool) -> str | None:
    """The form that imports for good what a dry run liked; the file is sent anew."""
    if not (may and row["dry_run"] and row["state"] == State.DONE):
        return None
    return f"/console/codes/import?{urlencode({'pool': row['pool'], 'dry_run': ''})}"


def why_in_words(line: Mapping[str, Any]) -> Mapping[str, Any]:
    """A line that was not taken, with its reason as words: `bad_url` is for programs."""
    reason = line["reason"]
    return {
        "line": line["line"],
        "verdict": line["verdict"],
        "why": None if reason is None else human(reason),
    }


async def _import(at: At, asked: Mapping[str, str], caller: Caller) -> Mapping[str, Any]:
    given = from_query(OneImport, {"import": asked["import"]})
    assert isinstance(given, OneImport)
    row = await show_import(at, given)
    twice = within_the_file(row)
    return {
        "twice": twice,
        "before": (row["duplicates"] or 0) - twice,
        "row": row,
        "verdicts": [why_in_words(line) for line in row["verdicts"]],
        "known": {name: row[name] for name in KNOWN if row[name] is not None},
        "share": share_of(row["progress"]["done"], row["size"], row["state"]),
        "is_over": row["state"] in {State.DONE, State.FAILED},
        "again": again(row, may=MAY in caller.permissions),
    }


PAGES: Final[Sequence[OwnPage]] = (
    OwnPage(
        path="imports/{import}",
        zh="导入",
        en="Import",
        template="codes/templates/import.html",
        read=_import,
        permission="imports:read",
    ),
)
