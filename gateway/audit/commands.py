"""`quangate audit`: do the books add up?"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from gateway.audit.anchors_option import read_anchors, write_anchor
from gateway.ground.command.command import Call, command, room
from gateway.ground.command.output import Answer
from gateway.ground.command.parameters import read_time
from gateway.ground.desk.opening import open_desk

app = room("Check the invariants on the live database.")


@command(app, "audit", example="quangate audit --since 2026-11-11T00:00:00+08:00")
async def audit(
    call: Call,
    *,
    since: Annotated[
        str | None,
        typer.Option(
            "--since",
            metavar="TIME",
            help="Only what changed from then on (RFC 3339); what has no time is checked whole.",
        ),
    ] = None,
    anchors: Annotated[
        str | None,
        typer.Option(
            "--anchors",
            metavar="[DIR]",
            help="Also against what the gateway wrote down outside the database (DATA/anchors),"
            " or a copy of that.",
        ),
    ] = None,
) -> Answer:
    """Check the invariants on the live database, beside a running gateway; exit 1 if one is broken.

    Every code, order and cent is counted; what does not add up is named by
    its ids. With --anchors also what the database's owner rewrote so that it
    adds up. Not seen: what is newer than the newest line, and that the
    newest lines were removed. So copy DATA/anchors often to where neither
    that owner nor the gateway's user can write, and audit against the copy:
    --anchors COPY. Exit 2: there is nothing to compare with.
    """
    from gateway.audit.run import audit as check_all
    from gateway.audit.store import audit_snapshot, note_run

    moment = None if since is None else _past(since)
    async with open_desk(call) as desk:
        # Read before the database is, which is never older then.
        written = None if anchors is None else await read_anchors(desk, anchors)
        async with audit_snapshot(desk.database, moment) as snapshot:
            with _progress(shown=moment is None) as looked:
                findings = list(await check_all(snapshot, looked))
            if written is not None:
                findings.append(written.finding(await snapshot.differences(written.reading)))
        ok = all(finding.ok for finding in findings)
        failed = [asdict(finding) for finding in findings if not finding.ok]
        if moment is None or not ok:  # a part that is sound does not say that the whole is
            await note_run(desk.database, ok=ok, failed=json.dumps(failed))
        if moment is None and ok:
            await write_anchor(desk)
    note = "All is well." if ok else "Stop selling what is named above until it is understood."
    return Answer(
        data={"ok": ok, "checks": [asdict(finding) for finding in findings]},
        note=note,
        exit_code=0 if ok else 1,
    )


def _past(text: str) -> datetime:
    """A moment that has been; BadParameter otherwise."""
    when = read_time(text, "--since")
    if when > datetime.now(UTC):
        raise typer.BadParameter(
            f"{text!r} is in the future: nothing changed since then", param_hint="--since"
        )
    if when.year < 2000:
        raise typer.BadParameter(f"{text!r} is before the year 2000", param_hint="--since")
    return when


@contextmanager
def _progress(*, shown: bool) -> Iterator[Callable[[], None]]:
    """A progress bar on a terminal's stderr; anywhere else nothing."""
    from rich.console import Console
    from rich.progress import Progress

    from gateway.audit.run import STATEMENTS

    console = Console(stderr=True)
    shown = shown and console.is_terminal
    with Progress(console=console, transient=True, disable=not shown) as progress:
        task = progress.add_task("auditing", total=STATEMENTS)
        yield lambda: progress.advance(task)
