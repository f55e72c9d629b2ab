"""`quangate reconcile`: our records of a day and an upstream's."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

from gateway.ground.command.command import Call, command, room
from gateway.ground.command.output import Answer
from gateway.ground.desk.opening import open_desk
from gateway.ground.moment import read_day
from gateway.reconciliation.day_command import reconcile_day

app = room("Compare our records of a day with an upstream's.")


@command(app, "reconcile", example="quangate reconcile f1 2026-11-11 --file bill.csv")
async def reconcile(
    call: Call,
    *,
    upstream: Annotated[str, typer.Argument(metavar="UPSTREAM", help="An upstream's name.")],
    day: Annotated[str, typer.Argument(metavar="DATE", help="A day in UTC, as 2026-11-11.")],
    file: Annotated[
        Path | None,
        typer.Option(
            "--file",
            metavar="CSV",
            help="Their bill, where the platform lists nothing: columns our_no, upstream_no, "
            "state, and amount (minor units) or amount_yuan; perhaps refunded or refunded_yuan.",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only compare; settle nothing.")
    ] = False,
) -> Answer:
    """Match our attempts, their list and the money; settle what they know better than we.

    Differences: long (长款: they have it, we don't), short (短款: we have it, they don't),
    amount, state. They are written to reports/ in the data directory. Exit code 1 when some
    of them need a person.
    """
    when = _read_day(day)
    async with open_desk(call) as desk:
        data, needs_person = await reconcile_day(desk, upstream, when, file, dry_run=dry_run)
    return Answer(
        data=data,
        note="Some differences need a person: see above." if needs_person else None,
        exit_code=1 if needs_person else 0,
    )


def _read_day(text: str) -> date:
    try:
        when = read_day(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no day such as 2026-11-11") from None
    if when > datetime.now(UTC).date():
        raise typer.BadParameter(f"{text} is not over yet; it has not even begun")
    return when
