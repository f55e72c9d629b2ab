"""`quangate demo`: the whole product on this machine, in a minute."""

import shlex
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from gateway.ground.command.command import Call, command, room
from gateway.ground.command.output import Answer

app = room("Show the whole product on this machine, in a minute.")


@command(app, "demo", example="quangate demo --json")
async def demo(
    call: Call,
    small: Annotated[
        bool, typer.Option("--small", help="A few thousand codes only, in some seconds.")
    ] = False,
    workers: Annotated[int, typer.Option("--workers", min=1, help="Gateway processes.")] = 1,
    keep: Annotated[
        Path | None,
        typer.Option("--keep", metavar="DIR", help="Use this empty directory and leave it there."),
    ] = None,
    console: Annotated[
        bool,
        typer.Option(
            "--console",
            help="A shop with a week of made-up history instead, left running to look around in.",
        ),
    ] = False,
) -> Answer | None:
    """Sell codes and top-ups from a fresh gateway and database, and check that the books add up.

    More buyers than stock, retries, fifty equal orders at once, conflicting bodies, batches,
    a partner that runs out of money. A campaign with limits, holds of which some expire, two
    channels that borrow from each other, and a partner that floods. Top-ups over two simulated
    upstreams of which one fails, with webhooks. Exit code 0 only if every promise was kept.

    With --console: says where a console is and who signs in there, and serves it until Ctrl-C.
    """
    from rich.console import Console

    from gateway.demo.sale import FULL, SMALL
    from gateway.demo.screen import Screen
    from gateway.demo.show import run_demo
    from gateway.demo.verdict import as_tables
    from gateway.demo.week.leave_open import leave_open
    from gateway.ground.errors import RefusedError

    call.quiet_config()
    scale = SMALL if small else FULL
    if keep is not None and keep.exists() and any(keep.iterdir()):
        raise RefusedError("not-empty", f"{keep} is not empty; name another directory.")
    screen = Screen(Console(stderr=True))
    with tempfile.TemporaryDirectory(prefix="quangate-demo-", ignore_cleanup_errors=True) as scrap:
        data = keep if keep is not None else Path(scrap)
        if console:
            await leave_open(data, call.output, screen, small=small)
            return None
        async with screen.shown():
            verdict = await run_demo(data, scale, workers=workers, steps=screen)
    return Answer(
        data=verdict.document(),
        view=as_tables(verdict),
        note=what_next(ok=verdict.ok, kept=keep),
        exit_code=0 if verdict.ok else 1,
    )


def what_next(*, ok: bool, kept: Path | None) -> str:
    """The last words of the demo: what it showed, and what to try with one's own hands."""
    if not ok:
        return "A promise was broken: see above."
    place = f" --data {shlex.quote(str(kept))}" if kept is not None else ""
    look = (
        [f"Look at what is left of it:  quangate order list{place}"]
        if kept is not None
        else ["Keep what it makes:  quangate demo --keep DIR"]
    )
    steps = [
        "Every promise was kept. Next, with your own hands (README, In two minutes):",
        f"  quangate serve{place} &",
        "  quangate partner create acme",
        "  … and the API's document at http://127.0.0.1:8080/docs",
    ]
    return "\n".join([*steps, *look])
