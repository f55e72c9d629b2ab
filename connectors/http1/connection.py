"""One HTTP/1.1 connection: writes a request, reads its answer, says whether it can be used again.

It has no deadline of its own and opens nothing; see client and dialer.
"""

import asyncio
from typing import Final, cast

import httptools

from connectors.exchange import HttpResponse

# What may come beside the body, framing of eight bytes for each of its own included: a chunk of
# one byte costs six.
HEAD_BYTES_MAX: Final = 65_536
FRAMING_FACTOR: Final = 8
DRAIN_S: Final = 1.0  # how long the rest of an answer is waited for whose body hardly matters


class StaleConnectionError(ConnectionError):
    """A kept connection ended before a byte of the answer: likely it was closed while idle."""


class AnswerTooLongError(Exception):
    """More came than is allowed."""

    def __init__(self) -> None:
        super().__init__("the answer is too long")


class Connection(asyncio.Protocol):
    """A connection made by the dialer; one request at a time."""

    __slots__ = (
        "_answers",
        "_body_bytes",
        "_bytes_max",
        "_chunks",
        "_drain",
        "_fields",
        "_loop",
        "_parser",
        "_received_bytes",
        "_status",
        "_transport",
        "_waiting",
        "_whole",
        "idle_since",
        "is_reusable",
    )

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._parser = httptools.HttpResponseParser(self)
        # What servers do that exist, and what leaves no doubt about where an answer ends.
        self._parser.set_dangerous_leniencies(
            lenient_headers=True,  # odd characters and folded lines in values
            lenient_optional_cr_before_lf=True,
            lenient_spaces_after_chunk_size=True,
        )
        self._transport: asyncio.Transport | None = None
        self._waiting: asyncio.Future[HttpResponse] | None = None
        self._drain: asyncio.TimerHandle | None = None
        self._answers = 0
        self.is_reusable = False
        self.idle_since = 0.0  # loop time; kept by the client

    # ------------------------------------------------------------ for the client

    @property
    def is_open(self) -> bool:
        """Whether a request may be written, as far as is known here."""
        return self._transport is not None and not self._transport.is_closing()

    def send(self, request: bytes, *, bytes_max: int, whole: bool) -> asyncio.Future[HttpResponse]:
        """Write a request; the future is its answer, or what ended the connection.

        `whole`: all of the body, at most `bytes_max`, or nothing. Else the status is the answer,
        and of the body what comes within `bytes_max` and `DRAIN_S`.
        """
        assert self._waiting is None, "one request at a time"
        if self._transport is None:
            raise ConnectionResetError
        self._bytes_max = bytes_max
        self._whole = whole
        self._received_bytes = 0
        self.is_reusable = False
        self._begin_answer()
        waiting = self._waiting = self._loop.create_future()
        self._transport.write(request)
        return waiting

    def expire(self) -> None:
        """The deadline has come."""
        self._end(TimeoutError())

    def abort(self, error: Exception | None = None) -> None:
        """Close at once; a request under way fails with `error`."""
        self._end(error or ConnectionAbortedError())
        if self._transport is not None:
            self._transport.abort()

    def close(self) -> None:
        """Close an idle connection properly."""
        if self._transport is not None:
            self._transport.close()

    # ------------------------------------------------------------ for the event loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The dialer has it."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Part of an answer; what comes unasked ends the connection."""
        if self._waiting is None:
            self.is_reusable = False
            self.abort()
            return
        self._received_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self.is_reusable = False
            self.abort(error)
            return
        if self._is_awaited():
            self._bound_the_rest()

    def connection_lost(self, error: Exception | None) -> None:
        """The end; of an answer without a length it is the proper one."""
        self._transport = None
        self.is_reusable = False
        if self._waiting is not None:
            if error is None and self._status and not self._has_length():
                self._finish()
            elif self._answers and not self._received_bytes:
                self._end(StaleConnectionError())
            else:
                self._end(error or ConnectionResetError())

    # ------------------------------------------------------------ for the parser

    def on_message_begin(self) -> None:
        """An answer, or a second one that nobody asked for."""
        if self._waiting is None:
            self.is_reusable = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """A field of the head; those behind the body are left out."""
        if not self._status:
            self._fields.append((name, value))

    def on_headers_complete(self) -> None:
        """The head is complete."""
        self._status = self._parser.get_status_code()

    def on_body(self, data: bytes) -> None:
        """Part of the body, without its framing."""
        if self._waiting is None:
            return
        self._chunks.append(data)
        self._body_bytes += len(data)
        if self._body_bytes > self._bytes_max:
            self._chunks[-1] = data[: self._bytes_max - self._body_bytes]
            self.abort(AnswerTooLongError())

    def on_message_complete(self) -> None:
        """The answer is complete, unless it was an interim one (RFC 9110 §15.2)."""
        if self._waiting is None:
            return
        if self._status < 200:
            self._begin_answer()
            return
        self.is_reusable = self._parser.should_keep_alive()
        self._finish()

    # ------------------------------------------------------------ inside

    def _is_awaited(self) -> bool:
        return self._waiting is not None

    def _bound_the_rest(self) -> None:
        """An answer is only half here: how much and how long more."""
        if self._received_bytes > HEAD_BYTES_MAX + FRAMING_FACTOR * self._bytes_max:
            self.abort(AnswerTooLongError())
        elif self._status and not self._whole and self._drain is None:
            self._drain = self._loop.call_later(DRAIN_S, self.expire)

    def _begin_answer(self) -> None:
        self._status = 0
        self._fields: list[tuple[bytes, bytes]] = []
        self._chunks: list[bytes] = []
        self._body_bytes = 0

    def _has_length(self) -> bool:
        """Whether the head tells where the body ends; else the connection's end does."""
        return any(
            name.lower() == b"content-length"
            or (name.lower() == b"transfer-encoding" and b"chunked" in value.lower())
            for name, value in self._fields
        )

    def _end(self, error: Exception) -> None:
        """No more will be read: an answer if its status is enough, else the error."""
        if self._waiting is None:
            return
        if self._status >= 200 and not self._whole:
            self._finish()
            return
        waiting = self._stop_waiting()
        if not waiting.done():
            waiting.set_exception(error)

    def _finish(self) -> None:
        headers: dict[str, str] = {}
        for raw_name, raw_value in self._fields:
            name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        body = self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)
        self._answers += 1
        waiting = self._stop_waiting()
        if not waiting.done():
            waiting.set_result(HttpResponse(status=self._status, headers=headers, body=body))

    def _stop_waiting(self) -> asyncio.Future[HttpResponse]:
        waiting = self._waiting
        assert waiting is not None
        self._waiting = None
        if self._drain is not None:
            self._drain.cancel()
            self._drain = None
        return waiting
