"""aiohttp's connection, with the deadlines and bounds it lacks.

aiohttp waits for ever for the rest of a request's head or body, and for a client that takes
nothing of its answer. Here a client that does not finish its head in 10 s or its body in 20 s,
or takes nothing for 20 s, is cut off (api.md). The check is a sweep over the open connections
once a second: clock readings for every request would cost more than all slow clients together.
"""

import asyncio
import contextlib
import fcntl
import termios
from array import array
from typing import Any, Final

from aiohttp import ClientConnectionResetError, web
from aiohttp.streams import EMPTY_PAYLOAD
from aiohttp.web_protocol import RequestHandler, _ErrInfo
from multidict import MultiMapping

from gateway.ground.http.address import Address, read_address
from gateway.ground.http.bytes_taken import bytes_taken
from gateway.ground.http.parser import HEAD_BYTES_MAX, refusal_of
from gateway.ground.http.places import Places
from gateway.ground.http.plain_front import PlainFront
from gateway.ground.http.problems import ProblemError, problem_response
from gateway.ground.http.proxy_header import NotAProxyHeader, read_proxy_header
from gateway.ground.http.request import BodyBudget, of
from gateway.ground.http.router import Answering

HEAD_DEADLINE_S = 10.0
BODY_DEADLINE_S = 20.0
WRITE_DEADLINE_S = 20.0
KEEPALIVE_S = 75.0  # longer than the usual 60 s of a balancer in front of us
HEAD_END: Final = b"\r\n\r\n"
CHUNKS_END: Final = b"0\r\n\r\n"


class DeadlineRequestHandler(RequestHandler):
    """A connection that knows since when it waits for its client, and for what."""

    __slots__ = (
        "_answered",
        "_body",
        "_front",
        "_goes_on",
        "_has_place",
        "_head_bytes",
        "_head_since",
        "_places",
        "_preamble",
        "_seen_requests",
        "_stuck_since",
        "_taken",
        "_waits_since",
        "_wire",
        "budget",
        "is_watched",
        "leaving",
        "peer",
        "trusted",
    )

    def __init__(
        self,
        *arguments: Any,
        places: Places,
        proxy_protocol: bool,
        budget: BodyBudget,
        answering: Answering | None,
        **settings: Any,
    ) -> None:
        super().__init__(*arguments, **settings)
        self._front = None if answering is None else PlainFront(self, answering)
        self._places = places
        self.trusted = places.trusted
        self.budget = budget
        self.leaving = False  # ends after a whole answer, which says so
        self._has_place = False  # counted as a connection of `peer`
        self.is_watched = False  # for signs of a proxy
        self._preamble: bytes | None = b"" if proxy_protocol else None  # of the PROXY protocol
        self._body: Any = None  # of the request that came last
        self._seen_requests = 0
        self._answered = 0  # of the requests that aiohttp read
        self._goes_on = True  # after the last of its answers
        self._head_since: float | None = None  # a head was begun, or may have been
        self._head_bytes = 0  # of the head that is not complete
        self._waits_since = 0.0  # for the rest of `_body`
        self._wire: asyncio.Transport | None = None  # until it is really closed
        self._stuck_since: float | None = None  # the client takes nothing
        self._taken = 0  # a measure of what it took, at that time
        self.peer: Address | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A new connection owes us its first head."""
        super().connection_made(transport)
        self._wire = self.transport
        self._head_since = self._loop.time()
        name = transport.get_extra_info("peername")
        self.peer = read_address(name[0]) if isinstance(name, tuple) else None
        if not self._places.is_trusted(self.peer):
            self._preamble = None  # what it claims is none of our proxies' words
        if self._take_place():
            self.is_watched = self._places.watches(self.peer)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Its place is free."""
        self._wire = None
        self._leave_place()
        super().connection_lost(exc)

    def _take_place(self) -> bool:
        """Count this connection; where there is no place for it, it ends."""
        self._has_place = self._places.take(self.peer)
        if not self._has_place:
            self.cut()
        return self._has_place

    def _leave_place(self) -> None:
        if self._has_place:
            self._has_place = False
            self._places.leave(self.peer)

    def data_received(self, data: bytes) -> None:
        """To the front; without data aiohttp asks for what it held back itself."""
        if self._preamble is not None:
            data = self._read_preamble(data)
            if not data:
                return
        if self._front is None or not data:
            self.hand_over(data)
        elif not (self._force_close or self._close):
            self._front.take(data)

    def hand_over(self, data: bytes) -> None:
        """Feed aiohttp's parser, and note what is still owed. Of what it held back we know only
        which requests came out.
        """
        in_body = self._body is not None and not self._body.is_eof()
        super().data_received(data)
        if self._request_count != self._seen_requests:
            if self.is_watched and self._messages:
                self._places.look(self.peer, getattr(self._messages[-1][0], "headers", ()))
            self._seen_requests = self._request_count
            self._head_bytes = 0
            self._body = self._messages[-1][1] if self._messages else None
            if self._body is not None and not self._body.is_eof():
                self._waits_since = self._loop.time()
                self._head_since = None
            elif data:
                bytes_read = 0 if self._body is None else self._body.total_bytes
                self._head_since = None if _ends_here(data, bytes_read) else self._loop.time()
        elif data and not in_body:
            if self._head_since is None:
                self._head_since = self._loop.time()
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES_MAX and not self._buffer_paused:
                self._refuse(ProblemError("head-too-large"))

    def _read_preamble(self, data: bytes) -> bytes:
        """Take in the PROXY protocol's header; returns what follows it."""
        assert self._preamble is not None
        self._preamble += data
        try:
            header = read_proxy_header(self._preamble)
        except NotAProxyHeader:
            self.cut()
            return b""
        if header is None:
            return b""
        rest, self._preamble = self._preamble[header.bytes_read :], None
        self._head_since = self._loop.time()
        if not header.is_peer:
            self._leave_place()
            self.peer = header.client
            if not self._take_place():
                return b""
        return rest

    def _refuse(self, problem: ProblemError) -> None:
        """Answer what is not a request, as aiohttp does with what it cannot parse; then end."""
        if self._close or self._force_close:
            return
        refusal = _ErrInfo(status=400, exc=problem, message="")
        self._request_count += 1
        self._seen_requests = self._request_count
        self._messages.append((refusal, EMPTY_PAYLOAD))
        self._close = True  # nothing behind it is read
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    # ------------------------------------------------------------ asked for by the front

    @property
    def may_answer(self) -> bool:
        """Whether all that was handed over is answered, and the client takes its answers; the last
        answer of a connection is aiohttp's."""
        is_idle = self._answered == self._request_count and self._goes_on
        return is_idle and not (self._paused or self.leaving or self._close or self._force_close)

    async def _handle_request(
        self, *arguments: Any, **named: Any
    ) -> tuple[web.StreamResponse, bool]:
        """Aiohttp's; it says that it is idle a turn of the loop after its answer, by when the next
        request is there already of all who are quick, for good."""
        self._goes_on = False
        try:
            response, is_reset = await super()._handle_request(*arguments, **named)
            self._goes_on = bool(response.keep_alive) and not is_reset
        finally:
            self._answered += 1
        return response, is_reset

    def owes_head(self) -> None:
        """The client has begun a head and owes us the rest."""
        if self._head_since is None:
            self._head_since = self._loop.time()

    def pause(self) -> None:
        """Read no more until `resume`."""
        self._pause_reading_for_buffer()

    def resume(self) -> None:
        """Read on."""
        self._resume_reading_for_buffer()

    def watch(self, headers: MultiMapping[str]) -> None:
        """Look at the head of a request that is answered past aiohttp."""
        if self.is_watched:
            self._places.look(self.peer, headers)

    def answer(self, answer: bytes) -> None:
        """Write an answer; nothing is owed now, and aiohttp's idle connection is in use."""
        self._head_since = None
        self._next_keepalive_close_time = self._loop.time() + self._keepalive_timeout
        if self.transport is not None:
            self.transport.write(answer)

    def _process_keepalive(self) -> None:
        if self._is_answering:
            self._next_keepalive_close_time = self._loop.time() + self._keepalive_timeout
        super()._process_keepalive()

    @property
    def _is_answering(self) -> bool:
        """Whether the front is."""
        return self._front is not None and self._front.is_busy

    # ------------------------------------------------------------ looked at by the sweep

    def overdue(self, now: float) -> bool:
        """Whether the client let a deadline pass; it is not to blame while we work."""
        if self._is_stuck(now):
            return True
        if self._body is not None and not self._body.is_eof():
            return now - self._waits_since > BODY_DEADLINE_S
        return (
            self._head_since is not None
            and now - self._head_since > HEAD_DEADLINE_S
            and self._current_request is None
            and not self._messages
            and not self._is_answering
        )

    def _is_stuck(self, now: float) -> bool:
        """Whether the client has taken nothing for too long of what is written to it."""
        wire = self._wire
        if wire is None or not wire.get_write_buffer_size():
            self._stuck_since = None
            return False
        taken = bytes_taken(wire)
        if self._stuck_since is None or taken != self._taken:
            self._stuck_since, self._taken = now, taken
        return now - self._stuck_since > WRITE_DEADLINE_S

    @property
    def is_unfinished(self) -> bool:
        """Whether a request is under way, or its answer on its way to the client."""
        wire = self._wire
        if wire is None:
            return False
        under_way = self._request_in_progress or bool(self._messages) or self._is_answering
        return under_way or bool(wire.get_write_buffer_size())

    def rested_s(self, now: float) -> float:
        """For how long it has had nothing to do at a time (loop), since its last answer or its
        beginning; of one that `is_unfinished` it says nothing."""
        if self._next_keepalive_close_time:  # aiohttp sets it with each answer
            return now - (self._next_keepalive_close_time - self._keepalive_timeout)
        return 0.0 if self._head_since is None else now - self._head_since

    @property
    def has_unread(self) -> bool:
        """Whether something was received that nobody has looked at yet."""
        wire = self._wire
        if wire is None:
            return False
        waiting = array("i", [0])
        with contextlib.suppress(OSError):
            fcntl.ioctl(wire.get_extra_info("socket").fileno(), termios.FIONREAD, waiting)
        return waiting[0] > 0

    @property
    def ends_now(self) -> bool:
        """Whether the answer that is about to be written is the last one: it says so."""
        return self.leaving and not self._messages

    def cut(self) -> None:
        """End at once, whatever is still to be written: the client had its time."""
        wire = self._wire
        self.force_close()
        if wire is not None:
            wire.abort()

    # ------------------------------------------------------------ what is no request

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002 - aiohttp's signature
    ) -> web.StreamResponse:
        """What the HTTP parser refuses gets a problem too, and the connection ends."""
        if isinstance(exc, ClientConnectionResetError):
            raise exc  # the client left: nobody is there to be answered
        trace_id = of(request).trace_id
        if status >= 500:
            self.log_exception("Error handling request", exc_info=exc)
            response = problem_response(ProblemError("internal"), trace_id)
        else:
            response = problem_response(refusal_of(exc), trace_id)
        response.force_close()
        return response


def _ends_here(data: bytes, body_bytes: int) -> bool:
    """Whether data that completed a request ends with it, as far as that can be seen cheaply.

    False wrongly: a pipelining client is cut off when it rests for as long as a head may take.
    True wrongly: what follows is cut off by the keep-alive timeout.
    """
    head_end = len(data) - body_bytes
    return HEAD_END.endswith(data[max(0, head_end - 4) : head_end]) or data.endswith(CHUNKS_END)
