"""`quangate campaign`: all that campaigns declare, and their rehearsal."""

from typing import Annotated

import typer

from gateway.campaigns.commands import app  # one more is added to the noun's
from gateway.ground.command.command import Call, command
from gateway.ground.command.output import Answer
from gateway.rehearsals.rules import BUYERS_MAX


@command(app, "rehearse", example="quangate campaign rehearse 1111 --buyers 2000")
async def rehearse(
    call: Call,
    campaign: Annotated[str, typer.Argument(metavar="NAME", help="A campaign that is not over.")],
    *,
    buyers: Annotated[
        int, typer.Option("--buyers", min=1, max=BUYERS_MAX, help="How many come at once.")
    ],
) -> Answer:
    """Try a campaign out: made-up buyers on its settings, in a copy that is thrown away.

    The copy has a database, keys and codes of its own; the shop is only read. It opens at once,
    for as long as the campaign lasts; who still waits after a minute is counted as waiting.
    """
    import tempfile
    from pathlib import Path

    from gateway.ground.command.terminal import Terminal
    from gateway.ground.desk.opening import open_desk
    from gateway.rehearsals.plan import read_plan
    from gateway.rehearsals.rehearse import rehearse as run

    workers = call.quiet_config().workers
    async with open_desk(call) as desk, desk.transaction(read_only=True) as db:
        plan = await read_plan(db, campaign)
    with (
        tempfile.TemporaryDirectory(
            prefix="quangate-rehearsal-", ignore_cleanup_errors=True
        ) as scrap,
        Terminal().progress(f"rehearsing {campaign}", buyers) as advance,
    ):
        figures = await run(plan, Path(scrap), buyers=buyers, workers=workers, advance=advance)
    return Answer(data=figures, note=what_next(figures), exit_code=0 if figures["audit_ok"] else 1)


def what_next(figures: dict[str, object]) -> str:
    """The last words."""
    if not figures["audit_ok"]:
        return "The books of the copy do not balance: please report this."
    return "Nothing of this happened: the copy is gone, the shop is as it was."
