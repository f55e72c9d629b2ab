"""The tie of a worker process to its supervisor: with the one the other ends."""

import asyncio
import contextlib
import ctypes
import os
import signal
import socket

PR_SET_PDEATHSIG = 1


class Tie:
    """A worker's end of the socket pair; the other one lives as long as the supervisor."""

    def __init__(self, descriptor: int) -> None:
        self._socket = socket.socket(fileno=descriptor)
        self._socket.setblocking(False)
        os.set_inheritable(descriptor, False)

    def follow(self) -> None:
        """End as soon as the supervisor does; at once, if it has.

        SIGKILL by the kernel reaches a worker whose loop stands still. It is not sent for a
        supervisor that died before we asked, or if another thread of it started us: the socket
        tells of those. Being killed is safe at any time; draining would be selling on.
        """
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
        asyncio.get_running_loop().add_reader(self._socket, self._end)

    def say_ready(self) -> None:
        """Tell the supervisor that this worker takes orders."""
        with contextlib.suppress(OSError):  # it is gone: `follow` sees to that
            self._socket.send(b".")

    def _end(self) -> None:
        # It never says anything: what can be read is its end.
        os.kill(os.getpid(), signal.SIGKILL)
