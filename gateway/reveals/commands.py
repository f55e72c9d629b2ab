"""`quangate reveals`: who saw which code, and whether the log of it is whole."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.ground.command.command import Call, command, room
from gateway.ground.command.output import Answer
from gateway.ground.desk.commands import add_commands
from gateway.ground.desk.opening import open_desk
from gateway.ground.errors import RefusedError
from gateway.reveals.desk import DECLARED

app = room("Who saw which code.")
add_commands(app, DECLARED)

LINKS_AT_ONCE = 1000
NOTHING_VERIFIED = "nothing was verified: there is no view in it"


@command(app, "export", example="quangate reveals export reveals.jsonl")
async def export(
    call: Call,
    *,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Made anew; no code is in it.")],
) -> Answer:
    """Write the whole log of views into a file, to check it where nobody of this shop is.

    One JSON object a line: where the chains end, then their links in order.
    """
    from gateway.ground.desk.perform import as_json
    from gateway.reveals.administration import SQL
    from gateway.reveals.verify import heading_line

    written = 0
    async with open_desk(call) as desk, desk.transaction(read_only=True) as db:
        heads = await SQL.heads.all(db)
        try:
            with file.open("xb") as out:
                out.write(heading_line(heads) + b"\n")
                async for link in SQL.links.each(db, LINKS_AT_ONCE):
                    out.write(as_json(link).encode() + b"\n")
                    written += 1
        except OSError as error:
            raise RefusedError("cannot-write", f"{file}: {error.strerror}") from None
    return Answer(data={"file": str(file), "links": written})


@command(app, "verify", example="quangate reveals verify reveals.jsonl")
async def verify(
    call: Call,  # noqa: ARG001  neither settings nor a database matter here
    *,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="As `reveals export` made it.")],
) -> Answer:
    """Check a log of views by its file alone; exit 1 if something of it was changed or is gone,
    or if there is no view in it: then nothing was verified.

    The chains cover what was seen and in which order; of numbers and times it
    is checked that they fit together. A file cannot tell that its end was cut
    off and its first line written anew: compare the `heads` printed here with
    those of a later export, and that export's shop by `quangate audit
    --anchors COPY`, which also checks which orders a commit showed.
    """
    from gateway.reveals.verify import Extent, NoLogError, problems

    extent = Extent()
    try:
        with file.open("rb") as lines:
            found = list(problems(lines, extent))
    except OSError as error:
        raise RefusedError("cannot-read", f"{file}: {error.strerror}") from None
    except NoLogError:
        raise RefusedError("no-log", f"{file} is no log of views: see `reveals export`") from None
    if not (found or extent.links):
        found = [NOTHING_VERIFIED]
    heads = [
        {"chain": chain, "height": height, "hash": link_hash}
        for chain, (height, link_hash) in sorted(extent.heads.items())
    ]
    data = {
        "ok": not found,
        "problems": found,
        "links": extent.links,
        "missing_numbers": extent.missing_numbers,
        "last_at": extent.last_at,
        "heads": heads,
    }
    return Answer(data=data, note=_note(found), exit_code=1 if found else 0)


def _note(found: list[str]) -> str:
    if found == [NOTHING_VERIFIED]:
        return "`quangate reveals list` says if there are any: then this is not their log."
    if found:
        return "Something was changed: find out who could."
    return (
        "What is in the file is whole. That nothing was cut off after it, the shop alone can tell:"
        " compare the heads with a later export, and run `quangate audit --anchors COPY` there."
    )
