"""`quangate key`: what partners sign with. (`quangate keys` is about the master key.)"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.ground.command.command import Call, command, room
from gateway.ground.command.output import Answer
from gateway.ground.desk.commands import add_commands
from gateway.ground.desk.opening import open_desk
from gateway.ground.errors import RefusedError
from gateway.partners.key_desk import DECLARED

if TYPE_CHECKING:
    from gateway.partners.raw_request import RawRequest

app = room("API keys. Their secrets are shown once.")

KeyId = Annotated[str, typer.Argument(metavar="KEY_ID", help="qk_…, as `quangate key list` shows.")]


add_commands(app, DECLARED)

REQUEST_BYTES_MAX = 4 << 20  # a batch is 1 MiB


@command(app, "check", example="quangate key check qk_0123456789abcdef0123 --request sent.http")
async def check(
    call: Call,
    key_id: KeyId,
    request: Annotated[
        Path | None,
        typer.Option(
            "--request",
            metavar="FILE",
            help="A raw HTTP request (request line, headers, blank line, body), to be told which"
            " part of it was signed otherwise.",
        ),
    ] = None,
) -> Answer:
    """Show the last refused requests of a key, each with the string that was signed here.

    Partners are told only that a request could not be authenticated. What is shown holds no
    secret, and of bodies only the digest. A running gateway notes them within a second.
    """
    from gateway.partners.check_key import check_key

    raw = None if request is None else _read_request(request)
    async with open_desk(call) as desk:
        data = await check_key(desk, key_id, raw)
    return Answer(data=data, note=None if data["refused"] else NOTHING_REFUSED)


NOTHING_REFUSED = "No refused request is kept: a gateway of this data directory keeps the last 8."


def _read_request(path: Path) -> "RawRequest":
    from gateway.partners.raw_request import NotARequest, read_request

    try:
        with path.open("rb") as file:
            raw = file.read(REQUEST_BYTES_MAX + 1)
    except OSError as error:
        raise RefusedError("unreadable-file", f"cannot read {path}: {error.strerror}") from None
    if len(raw) > REQUEST_BYTES_MAX:
        raise RefusedError("unreadable-file", f"{path} is larger than any request")
    try:
        return read_request(raw)
    except NotARequest as error:
        raise RefusedError("not-a-request", f"{path}: {error}") from None
