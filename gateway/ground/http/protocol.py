"""aiohttp's connection, with the deadlines and bounds it lacks.

aiohttp waits for ever for the rest of a request's head or body, and for a client that takes
nothing of its answer. Here a client that does not finish its head in 10 s or its body in 20 s,
or takes nothing for 20 s, is cut off (api.md). The check is a sweep over the open connections
once a second: clock readings for every request would cost more than all slow clients together.
"""

import asyncio
import re
import socket
from collections.abc import Mapping
from typing import Any, Final

from aiohttp import ClientConnectionResetError, web
from aiohttp.http_exceptions import BadHttpMessage, LineTooLong
from aiohttp.streams import EMPTY_PAYLOAD
from aiohttp.web_protocol import RequestHandler, _ErrInfo

from gateway.ground.http.address import Address, read_address
from gateway.ground.http.places import Places
from gateway.ground.http.problems import ProblemError, problem_response
from gateway.ground.http.proxy_header import NotAProxyHeader, read_proxy_header
from gateway.ground.http.request import BodyBudget, of

HEAD_DEADLINE_S = 10.0
BODY_DEADLINE_S = 20.0
WRITE_DEADLINE_S = 20.0
KEEPALIVE_S = 75.0  # longer than the usual 60 s of a balancer in front of us
TARGET_BYTES_MAX: Final = 8190
FIELD_BYTES_MAX: Final = 8192  # another number, so that the parser's complaint tells which it was
HEAD_BYTES_MAX: Final = 65_536  # of all fields together
FIELDS_MAX: Final = 128
READ_BYTES: Final = 32_768  # of a body that nobody reads yet aiohttp keeps up to twice as much
HEAD_END = b"\r\n\r\n"
CHUNKS_END = b"0\r\n\r\n"
_TWICE: Final = re.compile(r"Duplicate '([A-Za-z-]+)' header").match  # the parser's words

_TCP_INFO_BYTES: Final = 128
_ACKED_AT: Final = 120  # tcpi_bytes_acked of Linux ≥ 4.2 (linux/tcp.h)


class DeadlineRequestHandler(RequestHandler):
    """A connection that knows since when it waits for its client, and for what."""

    __slots__ = (
        "_body",
        "_has_place",
        "_head_bytes",
        "_head_since",
        "_is_watched",
        "_places",
        "_preamble",
        "_seen_requests",
        "_stuck_since",
        "_taken",
        "_waits_since",
        "_wire",
        "budget",
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
        **settings: Any,
    ) -> None:
        super().__init__(*arguments, **settings)
        self._places = places
        self.trusted = places.trusted
        self.budget = budget
        self.leaving = False  # ends after a whole answer, which says so
        self._has_place = False  # counted as a connection of `peer`
        self._is_watched = False  # for signs of a proxy
        self._preamble: bytes | None = b"" if proxy_protocol else None  # of the PROXY protocol
        self._body: Any = None  # of the request that came last
        self._seen_requests = 0
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
            self._is_watched = self._places.watches(self.peer)

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
        """Feed the parser, and note what is still owed.

        aiohttp calls this without data to parse what it held back; of that we know only
        which requests came out.
        """
        if self._preamble is not None:
            data = self._read_preamble(data)
            if not data:
                return
        in_body = self._body is not None and not self._body.is_eof()
        super().data_received(data)
        if self._request_count != self._seen_requests:
            if self._is_watched and self._messages:
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
        )

    def _is_stuck(self, now: float) -> bool:
        """Whether the client has taken nothing for too long of what is written to it."""
        wire = self._wire
        if wire is None or not wire.get_write_buffer_size():
            self._stuck_since = None
            return False
        taken = _bytes_taken(wire)
        if self._stuck_since is None or taken != self._taken:
            self._stuck_since, self._taken = now, taken
        return now - self._stuck_since > WRITE_DEADLINE_S

    @property
    def is_unfinished(self) -> bool:
        """Whether a request is under way, or its answer on its way to the client."""
        wire = self._wire
        if wire is None:
            return False
        under_way = self._request_in_progress or bool(self._messages)
        return under_way or bool(wire.get_write_buffer_size())

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
            response = problem_response(_refusal(exc), trace_id)
        response.force_close()
        return response


def _refusal(error: BaseException | None) -> ProblemError:
    """The parser's complaint in our words."""
    if isinstance(error, ProblemError):
        return error
    if isinstance(error, LineTooLong):
        is_target = error.args[1] == TARGET_BYTES_MAX
        return ProblemError("target-too-long" if is_target else "head-too-large")
    if isinstance(error, BadHttpMessage) and error.message.startswith("Too many headers"):
        return ProblemError("head-too-large")
    if isinstance(error, BadHttpMessage) and (twice := _TWICE(error.message)):
        return ProblemError("invalid-request", f"The header {twice[1]} may be there once only.")
    return ProblemError("invalid-request", "The request is not valid HTTP.")


def _bytes_taken(wire: asyncio.Transport) -> int:
    """A number that changes when the client takes something: what its kernel acknowledged.

    That of our own buffer changes late: the kernel asks for more only when a third of its
    buffer, which may be megabytes, is free.
    """
    end = wire.get_extra_info("socket")
    try:
        info = end.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO_BYTES)
    except (OSError, AttributeError):  # no TCP, or a system without it
        info = b""
    if len(info) < _TCP_INFO_BYTES:
        return wire.get_write_buffer_size()
    return int.from_bytes(info[_ACKED_AT : _ACKED_AT + 8], "little")


def _ends_here(data: bytes, body_bytes: int) -> bool:
    """Whether data that completed a request ends with it, as far as that can be seen cheaply.

    False wrongly: a pipelining client is cut off when it rests for as long as a head may take.
    True wrongly: what follows is cut off by the keep-alive timeout.
    """
    head_end = len(data) - body_bytes
    return HEAD_END.endswith(data[max(0, head_end - 4) : head_end]) or data.endswith(CHUNKS_END)


PROTOCOL_SETTINGS: Final[Mapping[str, Any]] = {
    "access_log": None,
    "auto_decompress": False,  # compressed bodies are refused, not inflated
    "max_line_size": TARGET_BYTES_MAX,
    "max_field_size": FIELD_BYTES_MAX,
    "max_headers": FIELDS_MAX,
    "read_bufsize": READ_BYTES,
    "lingering_time": 5.0,
}
