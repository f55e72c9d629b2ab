"""Accepts connections as fast as they come.

uvloop (0.23, libuv) accepts one connection for each turn of the loop. Under load a turn takes
tens of milliseconds, and the last of a thousand clients that connect at once, as they do when
a sale begins, would wait for half a minute. Here every turn accepts all that wait.
"""

import asyncio
import errno
import socket
from collections.abc import Callable
from typing import Final

import structlog

from gateway.ground.http.places import Places

log = structlog.get_logger()

BACKLOG: Final = 4096
ACCEPTS_MAX: Final = 256  # for each turn, so that the connections at work get their share
# A loop reads from all that are ready before a handler runs, 256 KiB of each: so a crowd of bodies
# took 150 MB before a byte of them was counted. A batch has 1 MiB: a window this size is enough.
RECEIVE_BYTES: Final = 65_536
PAUSE_S: Final = 1.0  # when there is no descriptor or memory for another connection
EXHAUSTED: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class Listener:
    """Listens on a bound, non-blocking socket; every connection gets a protocol of its own."""

    def __init__(
        self,
        bound: socket.socket,
        protocol: Callable[[], asyncio.Protocol],
        places: Places | None = None,
    ) -> None:
        """Beyond `places` nobody is taken: a client is hung up on at once."""
        self._socket = bound
        self._protocol = protocol
        self._places = places or Places()
        self._loop = asyncio.get_running_loop()
        self._opening: set[asyncio.Task[object]] = set()
        self._resuming: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Take connections from now on; they inherit how much the kernel keeps of each."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BYTES)
        self._socket.listen(BACKLOG)
        self._resume()

    def close(self) -> None:
        """Take no more; connections that were taken stay."""
        if self._resuming is not None:
            self._resuming.cancel()
        self._loop.remove_reader(self._socket)
        self._socket.close()

    def _resume(self) -> None:
        self._resuming = None
        self._loop.add_reader(self._socket, self._accept)

    def _accept(self) -> None:
        for _ in range(ACCEPTS_MAX):
            try:
                accepted, _ = self._socket.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                if error.errno not in EXHAUSTED:
                    raise
                log.warning("listener.exhausted", error=error.strerror, pause_s=PAUSE_S)
                self._loop.remove_reader(self._socket)
                self._resuming = self._loop.call_later(PAUSE_S, self._resume)
                return
            if len(self._opening) >= self._places.free:
                accepted.close()
                self._places.refuse()
                continue
            accepted.setblocking(False)
            task = self._loop.create_task(self._open(accepted))
            self._opening.add(task)
            task.add_done_callback(self._opening.discard)

    async def _open(self, accepted: socket.socket) -> None:
        try:
            if accepted.family != socket.AF_UNIX:
                accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await self._loop.connect_accepted_socket(self._protocol, accepted)
        except OSError as error:  # the client is gone already
            log.debug("listener.not_opened", error=str(error))
            accepted.close()
