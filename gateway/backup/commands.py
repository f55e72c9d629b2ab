"""`quangate backup`: copy the shop while it sells, once or all the time."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.ground.command.command import Call, command, room
from gateway.ground.command.output import Answer
from gateway.ground.command.terminal import Terminal
from gateway.ground.config import Config

if TYPE_CHECKING:
    from gateway.backup.take import Pace

FOLLOW = "follow"
app = room("Copy the shop while it sells: once, or all the time.")


@command(app, "backup", example="quangate backup /mnt/backups --keep 14")
async def backup(
    call: Call,
    *,
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[follow] TO", help="Where backups are kept: a directory on another disk."
        ),
    ] = None,
    keep: Annotated[
        int | None,
        typer.Option(
            "--keep", min=1, metavar="N", help="Then remove good older ones beyond the N newest."
        ),
    ] = None,
    logical: Annotated[
        bool,
        typer.Option("--logical", help="What is in the database, for another major of PostgreSQL."),
    ] = False,
    synchronous: Annotated[
        bool,
        typer.Option(
            "--synchronous", help="follow: acknowledge no order that is not in both places."
        ),
    ] = False,
    max_rate: Annotated[
        str | None,
        typer.Option(
            "--max-rate",
            metavar="RATE",
            help="Copy no faster: kB a second, or MB as in 40M. Orders share the disk.",
        ),
    ] = None,
    spread: Annotated[
        bool,
        typer.Option(
            "--spread", help="Begin with a checkpoint that is written slowly; it takes minutes."
        ),
    ] = False,
    leave: Annotated[
        bool, typer.Option("--leave", help="follow: orders wait for no follower any more.")
    ] = False,
) -> Answer | None:
    """Copy the whole shop into a new entry of TO while orders flow, and verify it.

    With `follow` TO receives the log all the time, until SIGTERM: a restore loses nothing that
    was received. It takes a backup first where there is none, and goes on when started again.
    With --synchronous an order is acknowledged only when it is in both places; while no follower
    runs none is, until `quangate backup follow --leave`.

    The key file is never in a backup, and without it nothing in it opens: keep a copy elsewhere.
    """
    follows, to = _read(words or [], leave=leave)
    _refuse_mixed(
        follows=follows, keeps=keep is not None, logical=logical, synchronous=synchronous,
        leave=leave, paced=spread or max_rate is not None,
    )  # fmt: skip
    pace = _pace(max_rate, spread=spread)
    config = call.quiet_config()
    if not follows:
        return await _take(config, to, keep, pace, logical=logical)
    from gateway.backup import follow_command

    if leave:
        return await follow_command.leave(config)
    await follow_command.follow(config, to, pace, synchronous=synchronous)
    return None


def _pace(max_rate: str | None, *, spread: bool) -> "Pace":
    from gateway.backup.take import Pace, read_max_rate

    try:
        return Pace(max_rate=None if max_rate is None else read_max_rate(max_rate), spread=spread)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--max-rate") from None


def _read(words: Sequence[str], *, leave: bool) -> tuple[bool, str]:
    """Whether to follow, and where to; BadParameter otherwise."""
    follows = bool(words) and words[0] == FOLLOW
    rest = words[1:] if follows else words
    if follows and leave and not rest:
        return True, ""
    if len(rest) != 1 or not rest[0]:
        raise typer.BadParameter("name one directory", param_hint="TO")
    return follows, rest[0]


async def _take(
    config: Config, to: str, keep: int | None, pace: "Pace", *, logical: bool
) -> Answer:
    from gateway.backup.dump import take_dump
    from gateway.backup.opening import opened_server
    from gateway.backup.place import open_place
    from gateway.backup.store import BackupStore
    from gateway.backup.take import Taking, take

    watcher = Terminal()
    async with opened_server(config) as opened:
        taking = Taking(
            books=BackupStore(opened.pool),
            source=opened.source,
            embedded=opened.embedded,
            place=open_place(to, config.data),
            watcher=watcher,
            pace=pace,
        )
        taken = await (take_dump(taking, keep) if logical else take(taking, keep))
    watcher.say(where_the_key_is(config))
    return Answer(
        data={
            "backup": str(taken.path),
            "bytes": taken.note.bytes,
            "lsn": taken.note.lsn,
            "verified": True,
        }
    )


def where_the_key_is(config: Config) -> str:
    """What a backup is worth nothing without."""
    return (
        f"The key file is not in it: {config.key_file}. Without it no code and no secret in a"
        " backup can be opened: keep a copy of it, elsewhere."
    )


def _refuse_mixed(
    *, follows: bool, keeps: bool, logical: bool, synchronous: bool, leave: bool, paced: bool
) -> None:
    """Raises BadParameter for options that belong to different things."""
    for is_wrong, why in (
        (follows and (keeps or logical), "--keep and --logical are not of `backup follow`"),
        (not follows and (synchronous or leave), "--synchronous and --leave are of `follow`"),
        (synchronous and leave, "say --synchronous or --leave, not both"),
        ((logical or leave) and paced, "--max-rate and --spread are of a backup of files"),
    ):
        if is_wrong:
            raise typer.BadParameter(why)
