"""The tie of a worker process to its supervisor: they talk over it; with the one the other ends.

It is a pair of sockets that keep messages apart. A worker says `ready` and `connections N`; its
supervisor `mean X`, how many the workers of this node have each, and `retire`.
"""

import asyncio
import contextlib
import ctypes
import os
import signal
import socket
from collections.abc import Callable
from typing import Final

PR_SET_PDEATHSIG: Final = 1
MESSAGE_BYTES_MAX: Final = 64
READY: Final = "ready"
CONNECTIONS: Final = "connections"
MEAN: Final = "mean"
RETIRE: Final = "retire"


class Tie:
    """A worker's end; the other one lives as long as the supervisor."""

    def __init__(self, descriptor: int) -> None:
        self._socket = socket.socket(fileno=descriptor)
        self._socket.setblocking(False)
        os.set_inheritable(descriptor, False)

    def follow(self, told: Callable[[str], None]) -> None:
        """End as soon as the supervisor does; at once, if it has. `told` hears what it says.

        SIGKILL by the kernel reaches a worker whose loop stands still. It is not sent for a
        supervisor that died before we asked, or if another thread of it started us: the socket
        tells of those. Being killed is safe at any time; draining would be selling on.
        """
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
        asyncio.get_running_loop().add_reader(self._socket, self._hear, told)

    def say(self, message: str) -> None:
        """Tell the supervisor; when it is gone, or does not listen, that is nothing."""
        say(self._socket, message)

    def _hear(self, told: Callable[[str], None]) -> None:
        message = hear(self._socket)
        if message is None:
            os.kill(os.getpid(), signal.SIGKILL)
        elif message:
            told(message)


def pair() -> tuple[socket.socket, socket.socket]:
    """Two ends of a tie, ours first: it does not block."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setblocking(False)
    return ours, theirs


def say(end: socket.socket, message: str) -> None:
    """Send a message to the other end, if there is one that listens."""
    with contextlib.suppress(OSError):
        end.send(message.encode("ascii"))


def hear(end: socket.socket) -> str | None:
    """The next message; "" when there is none, None when the other end is gone."""
    try:
        message = end.recv(MESSAGE_BYTES_MAX)
    except (BlockingIOError, InterruptedError):
        return ""
    except OSError:
        return None
    return message.decode("ascii", errors="replace") if message else None
