"""Executes requests: kept connections, one deadline for each exchange, and what is known of a
request that failed.

NOT_SENT is said only before a connection is handed out. That and the writing of the request are
one step, without an await between them: from there on every failure is LOST, also that of a kept
connection which the other side has just closed, for nobody here can tell what it still read.
"""

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import Final

import httptools

from connectors.exchange import FailureKind, HttpRequest, HttpResponse, TransportFailure
from connectors.http1.connection import AnswerTooLongError, Connection
from connectors.http1.dialer import Dialer
from connectors.http1.request import Origin, UnsendableError, request_bytes, split_url

UNBOUNDED: Final = 2**31


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientLimits:
    """`connect_timeout_s` is for having a connection, the wait for a free place included."""

    connect_timeout_s: float = 5.0
    exchanges_max: int = UNBOUNDED  # at once
    # Longer than this an idle connection is not reused: a server's own limit is rarely shorter
    # than 5 s, and a request written into a closing connection is LOST.
    keepalive_s: float = 4.0
    whole_bodies: bool = True  # False: the status is the answer, see Connection.send


class HttpClient:
    """Belongs to the event loop it is first used on; closed by its owner."""

    def __init__(self, dialer: Dialer, limits: ClientLimits) -> None:
        self._dialer = dialer
        self._limits = limits
        self._places = asyncio.Semaphore(limits.exchanges_max)
        self._idle: dict[Origin, deque[Connection]] = {}  # the one used last at the right
        self._busy: set[Connection] = set()
        self._sweep: asyncio.TimerHandle | None = None
        self._closed = False

    async def exchange(self, request: HttpRequest, ends_at: float) -> HttpResponse:
        """The answer, had before `ends_at` (loop time); nothing is ever sent twice.

        Raises `TransportFailure`, its cause being the error; cancellation passes.
        """
        try:
            origin, target = split_url(request.url)
            message = request_bytes(request.method, origin, target, request.headers, request.body)
            connection = await self._acquire(origin, ends_at)
        except Exception as error:
            raise TransportFailure(FailureKind.NOT_SENT, _reason(error)) from error
        deadline = asyncio.get_running_loop().call_at(ends_at, connection.expire)
        try:
            return await connection.send(
                message, bytes_max=request.response_bytes_max, whole=self._limits.whole_bodies
            )
        except Exception as error:
            raise TransportFailure(FailureKind.LOST, _reason(error)) from error
        finally:
            deadline.cancel()
            self._give_back(origin, connection)

    async def close(self) -> None:
        """Close every connection; running exchanges fail as LOST."""
        self._closed = True
        if self._sweep is not None:
            self._sweep.cancel()
        for idle in self._idle.values():
            for connection in idle:
                connection.close()
        self._idle.clear()
        for connection in list(self._busy):
            connection.abort()
        await asyncio.sleep(0)  # the sockets themselves close in the loop's next turn

    # ------------------------------------------------------------ connections

    async def _acquire(self, origin: Origin, ends_at: float) -> Connection:
        now = asyncio.get_running_loop().time()
        if self._closed or now >= ends_at:
            raise ConnectionAbortedError if self._closed else TimeoutError
        if not self._places.locked() and (kept := self._take_idle(origin, now)) is not None:
            await self._places.acquire()  # one is free: this does not wait
            self._busy.add(kept)
            return kept
        async with asyncio.timeout_at(min(ends_at, now + self._limits.connect_timeout_s)):
            await self._places.acquire()
            try:
                connection = self._take_idle(origin, now) or await self._dialer.dial(origin)
            except BaseException:
                self._places.release()
                raise
        self._busy.add(connection)
        return connection

    def _take_idle(self, origin: Origin, now: float) -> Connection | None:
        """The connection used last; older ones than may be reused are left to the sweep."""
        idle = self._idle.get(origin)
        while idle:
            connection = idle.pop()
            if connection.is_open and connection.idle_since >= now - self._limits.keepalive_s:
                return connection
            connection.close()
        return None

    def _give_back(self, origin: Origin, connection: Connection) -> None:
        self._busy.discard(connection)
        self._places.release()
        if self._closed or not connection.is_reusable or not connection.is_open:
            connection.abort()
            return
        loop = asyncio.get_running_loop()
        connection.idle_since = loop.time()
        self._idle.setdefault(origin, deque()).append(connection)
        if self._sweep is None:
            self._sweep = loop.call_later(self._limits.keepalive_s, self._close_old)

    def _close_old(self) -> None:
        """Close what was idle for too long, and come again while there is any other."""
        loop = asyncio.get_running_loop()
        oldest = loop.time() - self._limits.keepalive_s
        for origin, idle in list(self._idle.items()):
            while idle and (idle[0].idle_since <= oldest or not idle[0].is_open):
                idle.popleft().close()
            if not idle:
                del self._idle[origin]
        self._sweep = (
            loop.call_later(self._limits.keepalive_s, self._close_old) if self._idle else None
        )


def _reason(error: Exception) -> str:
    """What may be told: not a foreign error's text, which may quote the request or the answer."""
    if type(error) is httptools.HttpParserError:  # its texts are llhttp's own, whatever came
        return f"the answer is not HTTP as it should be: {error}"
    ours = isinstance(error, (AnswerTooLongError, UnsendableError))
    return str(error) if ours else type(error).__name__
