"""`quangate restore`: make a shop of a backup."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.ground.command.command import Call, command, room
from gateway.ground.command.failures import to_failure
from gateway.ground.command.output import Answer
from gateway.ground.command.parameters import read_time
from gateway.ground.command.terminal import Terminal

app = room("Make a shop of a backup; its sales are closed.")


@command(app, "restore", example="quangate restore /mnt/backups --data restored")
async def restore(
    call: Call,
    *,
    source: Annotated[
        str,
        typer.Argument(
            metavar="FROM", help="A backup, or where backups are kept: the newest good one."
        ),
    ],
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="TIME", help="The shop as of then (RFC 3339, any zone)."),
    ] = None,
) -> Answer:
    """Make a shop of a backup in the empty directory --data, with the log beside it.

    It checks the backup first; refused, it leaves the directory as it was. It always makes an
    embedded server, also of a backup of your own. Sales are closed: `quangate serve` answers
    reads and accepted numbers. Then put the key file there, and run `quangate restore-check`.
    """
    from gateway.backup.restore import restore as make
    from gateway.backup.restoring_store import RestoringStore
    from gateway.ground.sql.embedded import EmbeddedServer

    moment = None if to is None else read_time(to, "--to")
    config = call.quiet_config()
    made_from = Path(source)

    def hand(server: EmbeddedServer) -> RestoringStore:
        return RestoringStore(server, config)

    terminal = Terminal()
    restored = await make(
        made_from,
        moment,
        config.data,
        hand,
        terminal,
        passed_over=lambda error: terminal.warn(f"passed over: {to_failure(error).detail}"),
    )
    key = config.key_file
    terminal.say(
        f"All sales are closed. Put the shop's key file at {key} (mode 0600), then run `quangate"
        f" restore-check --data {config.data}`: it opens them again."
    )
    return Answer(
        data={
            "restored": str(restored.path),
            "data": str(config.data),
            "to": restored.to,
            "key_file": str(key),
        }
    )
