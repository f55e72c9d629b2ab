"""The HTTP/1.1 server of the simulators, on httptools' parser (llhttp): one connection of a client.

It must outrun what it tests with half the machine left, and be able to break an answer at any
byte. It knows no platform and no fault; `server` decides what is written.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from email.utils import formatdate
from http import HTTPStatus
from time import time
from typing import Final, TypeAlias, cast

import httptools

from connectors.simulation.platform import Call, Reply

log = logging.getLogger(__name__)

HEAD_BYTES_MAX: Final = 65_536
BODY_BYTES_MAX: Final = 1_048_576
WAITING_MAX: Final = 32  # calls of one client sent before the first was answered

_STATUS_LINES: Final = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n" for status in HTTPStatus
}
_BODILESS: Final = frozenset({204, 304})

Serve: TypeAlias = Callable[[Call, "Client"], Awaitable[None]]


class Client(asyncio.Protocol):
    """One connection: its calls are served one after the other, in the order they came."""

    def __init__(self, serve: Serve, clients: "set[Client]") -> None:
        self._serve = serve
        self._clients = clients  # of this server, as long as they are connected or served
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None
        self._calls: deque[tuple[Call, bool]] = deque()  # and whether the client goes on after it
        self._serving: asyncio.Task[None] | None = None
        self._reads = True
        self._method = ""  # of the call that is being answered
        self._connection = "Connection: close\r\n"
        self._writable: asyncio.Future[None] | None = None  # set while the client is slow to read
        self._begin_call()

    @property
    def is_connected(self) -> bool:
        """Whether it is still there, as far as is known."""
        return self._transport is not None

    # ------------------------------------------------------------ answering

    def answer(self, reply: Reply) -> None:
        """Write a whole answer."""
        self.begin(reply, length=len(reply.body), body=reply.body)

    def begin(self, reply: Reply, *, length: int, body: bytes = b"") -> None:
        """Write the head of an answer, and as much of the body as there is."""
        if self._transport is None or self._transport.is_closing():
            return
        fields = "".join([f"{name}: {value}\r\n" for name, value in reply.headers.items()])
        if reply.status not in _BODILESS:
            fields += f"Content-Type: {reply.content_type}\r\nContent-Length: {length}\r\n"
        head = f"{_STATUS_LINES[reply.status]}{fields}Date: {_date()}\r\n{self._connection}\r\n"
        has_body = reply.status not in _BODILESS and self._method != "HEAD"
        self._transport.write(head.encode("latin-1") + (body if has_body else b""))

    async def write(self, data: bytes) -> None:
        """Write more of the body; waits for a slow reader, ConnectionError if it has left."""
        if self._transport is None or self._transport.is_closing():
            raise ConnectionResetError
        self._transport.write(data)
        if self._writable is not None:
            await self._writable

    def hang_up(self) -> None:
        """Close when what was written is sent; nothing more is read or served."""
        self._reads = False
        self._calls.clear()
        if self._transport is not None:
            self._transport.close()

    def cut(self) -> None:
        """Close as a dying process does."""
        self.hang_up()
        if self._transport is not None:
            self._transport.abort()

    async def stop(self) -> None:
        """Cut, and end what is being served."""
        self.cut()
        if self._serving is not None:
            self._serving.cancel()
            await asyncio.gather(self._serving, return_exceptions=True)
        self._clients.discard(self)

    # ------------------------------------------------------------ for the event loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has come."""
        self._transport = cast(asyncio.Transport, transport)
        self._clients.add(self)

    def connection_lost(self, _error: Exception | None) -> None:
        """It has left; what is being served goes on, as it would anywhere."""
        self._transport = None
        self._reads = False
        self._calls.clear()
        self.resume_writing()  # the next write finds that nobody is there
        if self._serving is None:
            self._clients.discard(self)

    def pause_writing(self) -> None:
        """The client reads slower than we write."""
        self._writable = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        """It has caught up."""
        waiting, self._writable = self._writable, None
        if waiting is not None and not waiting.done():
            waiting.set_result(None)

    def data_received(self, data: bytes) -> None:
        """Part of a call, or several."""
        if not self._reads:
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            # Offers of HTTP/2 are not taken up: the connection goes on as it is (RFC 9110 §7.8).
            if rest := data[upgrade.args[0] :]:
                self.data_received(rest)
        except httptools.HttpParserError:
            self._refuse(Reply(status=400, body=b"bad request", content_type="text/plain"))
        if self._head_bytes > HEAD_BYTES_MAX:
            self._refuse(Reply(status=431, body=b"head too large", content_type="text/plain"))

    # ------------------------------------------------------------ for the parser

    def on_message_begin(self) -> None:
        """A call begins."""
        self._begin_call()

    def on_url(self, url: bytes) -> None:
        """Its target, or a part of it."""
        self._url += url
        self._head_bytes += len(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A field; the last one of a name counts."""
        self._head_bytes += len(name) + len(value)
        self._fields[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        """Some clients wait to be asked for the body."""
        if self._fields.get("expect", "").lower() == "100-continue" and self._transport:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, data: bytes) -> None:
        """Part of the body; of one that is too large the rest is read, but not kept."""
        self._body_bytes += len(data)
        if self._body_bytes <= BODY_BYTES_MAX:
            self._chunks.append(data)

    def on_message_complete(self) -> None:
        """A call is complete."""
        if not self._reads:
            return
        if self._body_bytes > BODY_BYTES_MAX:
            self._refuse(Reply(status=413, body=b"body too large", content_type="text/plain"))
            return
        target = self._url.decode("latin-1")
        path, _, query = target.partition("?")
        if not path.startswith("/"):  # as proxies are asked: scheme and host before the path
            path = "/" + path.partition("://")[2].partition("/")[2]
        call = Call(
            method=self._parser.get_method().decode("latin-1"),
            path=path,
            query=query,
            headers=self._fields,
            body=b"".join(self._chunks),
            base_url=f"http://{self._fields.get('host', 'localhost')}",
        )
        self._reads = self._parser.should_keep_alive()
        self._calls.append((call, self._reads))
        if self._serving is None:
            self._serving = asyncio.get_running_loop().create_task(self._serve_all())
        elif len(self._calls) >= WAITING_MAX and self._transport is not None:
            self._transport.pause_reading()

    # ------------------------------------------------------------ inside

    def _begin_call(self) -> None:
        self._url = b""
        self._fields: dict[str, str] = {}
        self._chunks: list[bytes] = []
        self._body_bytes = self._head_bytes = 0

    async def _serve_all(self) -> None:
        while self._calls:
            call, goes_on = self._calls.popleft()
            self._method = call.method
            self._connection = _connection_field(call) if goes_on else "Connection: close\r\n"
            try:
                await self._serve(call, self)
            except ConnectionError:
                self.cut()
            if not goes_on:
                self.hang_up()
            elif self._transport is not None and len(self._calls) == WAITING_MAX - 1:
                self._transport.resume_reading()
        self._serving = None
        if self._transport is None:
            self._clients.discard(self)

    def _refuse(self, reply: Reply) -> None:
        """Answer what is no call, and hang up."""
        if not self._reads:
            return
        if self._serving is not None:
            self.cut()  # the answer would stand in the middle of another one
            return
        self._connection = "Connection: close\r\n"
        self.answer(reply)
        self.hang_up()


def _connection_field(call: Call) -> str:
    """Clients of HTTP/1.0 that want to go on must be told that they may."""
    asked = call.headers.get("connection", "").lower() == "keep-alive"
    return "Connection: keep-alive\r\n" if asked else ""


_last_date: tuple[int, str] = (0, "")


def _date() -> str:
    """The Date field's value; made once a second."""
    global _last_date  # noqa: PLW0603 — a cache
    now = int(time())
    if _last_date[0] != now:
        _last_date = now, formatdate(now, usegmt=True)
    return _last_date[1]
