"""From where a person types a command: what --by cannot claim."""

import getpass
import os
import socket
import sys

from gateway.ground.desk.action import Change


def whence() -> str:
    """The user id with its name, the terminal (or none) and the host, for the record."""
    return f"uid {os.getuid()} ({_user()}), {_terminal()}, {socket.gethostname()}"


def this_change(reason: str | None = None) -> Change:
    """Who sits here, as the log of changes calls it: `os:USER@HOST`."""
    actor = f"os:{_user()}@{socket.gethostname()}"
    return Change(actor=actor, whence=whence(), reason=reason)


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
