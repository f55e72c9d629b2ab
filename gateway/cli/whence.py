"""From where a person types a command: what --by cannot claim."""

import getpass
import os
import socket
import sys


def whence() -> str:
    """The user id with its name, the terminal (or none) and the host, for the record."""
    try:
        name = getpass.getuser() if os.getuid() == os.geteuid() else "?"
    except (KeyError, OSError):
        name = "?"  # a uid without a name
    return f"uid {os.getuid()} ({name}), {_terminal()}, {socket.gethostname()}"


def _terminal() -> str:
    for stream in (sys.__stdin__, sys.__stderr__, sys.__stdout__):
        try:
            if stream is not None:
                return os.ttyname(stream.fileno())
        except (OSError, ValueError):
            continue
    return "no terminal"
