"""From where a person types a command: what --by cannot claim."""

import getpass
import os
import socket
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gateway.ground.desk.action import Change

if TYPE_CHECKING:
    from gateway.ground.desk.administration import Transaction
    from gateway.ground.desk.transaction import Note


def whence() -> str:
    """The user id with its name, the terminal (or none) and the host, for the record."""
    return f"uid {os.getuid()} ({_user()}), {_terminal()}, {socket.gethostname()}"


def this_change(reason: str | None = None) -> Change:
    """Who sits here, as the log of changes calls it: `os:USER@HOST`."""
    actor = f"os:{_user()}@{socket.gethostname()}"
    return Change(actor=actor, whence=whence(), reason=reason)


def noting(
    action: str, subject: str, given: Mapping[str, Any], reason: str | None = None
) -> "Note":
    """What writes a change of this call down, for commands that are not declared."""
    from gateway.ground.desk.perform import write_down

    async def note(db: "Transaction", after: Mapping[str, Any]) -> None:
        said = {
            name: value for name, value in given.items() if value is not None and value is not False
        }
        change = this_change(reason)
        await write_down(db, change, action, subject, given=said, after=after)

    return note


def _user() -> str:
    try:
        return getpass.getuser() if os.getuid() == os.geteuid() else "?"
    except (KeyError, OSError):
        return "?"  # a uid without a name


def _terminal() -> str:
    for stream in (sys.__stdin__, sys.__stderr__, sys.__stdout__):
        try:
            if stream is not None:
                return os.ttyname(stream.fileno())
        except (OSError, ValueError):
            continue
    return "no terminal"
