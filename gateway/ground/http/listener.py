"""Accepts connections as fast as they come.

uvloop (0.23, libuv) accepts one connection for each turn of the loop. Under load a turn takes
tens of milliseconds, and the last of a thousand clients that connect at once, as they do when
a sale begins, would wait for half a minute. Here every turn accepts all that wait.

The workers of a node have a socket each, and hold one another's: now and then each takes what
waits there, so that nobody waits for a worker that was killed or stands still.
"""

import asyncio
import contextlib
import errno
import socket
from collections.abc import Callable, Sequence
from typing import Final

import structlog

from gateway.ground.http.places import Places

log = structlog.get_logger()

BACKLOG: Final = 4096
ACCEPTS_MAX: Final = 256  # for each turn, so that the connections at work get their share
# A loop reads from all that are ready before a handler runs, 256 KiB of each: so a crowd of bodies
# took 150 MB before a byte of them was counted. A batch has 1 MiB: a window this size is enough.
RECEIVE_BYTES: Final = 65_536
HELP_S: Final = 0.5  # how often we look whether somebody waits at another's socket
PAUSE_S: Final = 1.0  # when there is no descriptor or memory for another connection
EXHAUSTED: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class Listener:
    """Listens on a bound, non-blocking socket; every connection gets a protocol of its own."""

    def __init__(
        self,
        bound: socket.socket,
        protocol: Callable[[], asyncio.Protocol],
        places: Places | None = None,
        others: Sequence[socket.socket] = (),
    ) -> None:
        """Beyond `places` nobody is taken: a client is hung up on at once. `others`: the sockets
        of the other workers, listening or not; all of them are ours to close."""
        self._socket = bound
        self._protocol = protocol
        self._places = places or Places()
        self._loop = asyncio.get_running_loop()
        self._opening: set[asyncio.Task[object]] = set()
        self._others = others
        self._resuming: asyncio.TimerHandle | None = None
        self._helping: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Take connections from now on; they inherit how much the kernel keeps of each."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BYTES)
        self._socket.listen(BACKLOG)
        self._resume()
        if self._others:
            self._helping = self._loop.call_later(HELP_S, self._help)

    @property
    def is_opening(self) -> bool:
        """Whether a connection was taken that is no connection of the server's yet."""
        return bool(self._opening)

    def close(self, *, last: bool = True) -> None:
        """Take no more, but first all who wait if nobody else will; who was taken stays."""
        for timer in (self._resuming, self._helping):
            if timer is not None:
                timer.cancel()
        self._loop.remove_reader(self._socket)
        if last:
            with contextlib.suppress(OSError):
                self._take_from(self._socket, BACKLOG)
        for each in (self._socket, *self._others):
            each.close()

    def _resume(self) -> None:
        self._resuming = None
        self._loop.add_reader(self._socket, self._accept)

    def _accept(self) -> None:
        if not self._take_from(self._socket, ACCEPTS_MAX):
            self._loop.remove_reader(self._socket)
            self._resuming = self._loop.call_later(PAUSE_S, self._resume)

    def _help(self) -> None:
        self._helping = self._loop.call_later(HELP_S, self._help)
        for each in self._others:
            with contextlib.suppress(OSError):  # its worker has not begun to listen yet
                self._take_from(each, ACCEPTS_MAX)

    def _take_from(self, listening: socket.socket, at_most: int) -> bool:
        """Take those who wait; False: there is no descriptor or memory for one."""
        for _ in range(at_most):
            try:
                accepted, _ = listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return True
            except OSError as error:
                if error.errno not in EXHAUSTED:
                    raise
                log.warning("listener.exhausted", error=error.strerror, pause_s=PAUSE_S)
                return False
            if len(self._opening) >= self._places.free:
                accepted.close()
                self._places.refuse()
                continue
            accepted.setblocking(False)
            task = self._loop.create_task(self._open(accepted))
            self._opening.add(task)
            task.add_done_callback(self._opening.discard)
        return True

    async def _open(self, accepted: socket.socket) -> None:
        try:
            if accepted.family != socket.AF_UNIX:
                accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await self._loop.connect_accepted_socket(self._protocol, accepted)
        except OSError as error:  # the client is gone already
            log.debug("listener.not_opened", error=str(error))
            accepted.close()
