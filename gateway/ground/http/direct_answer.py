"""The answer of the hot path: head and body in one write.

aiohttp's Response builds a header dictionary, completes it and serialises it again for each
answer; of an order that is a fifth of the time spent in this process (py-spy, 256 clients).
For an ordinary request (HTTP/1.1, kept alive, not HEAD) this class writes the same bytes
itself; for any other it hands over to aiohttp's.
"""

import secrets
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from aiohttp import HttpVersion11
from aiohttp.abc import AbstractStreamWriter
from aiohttp.helpers import rfc822_formatted_time
from aiohttp.web import BaseRequest, Response, StreamResponse
from multidict import CIMultiDict

from gateway.ground.http.request import of

SERVER_NAME: Final = "quangate"
NO_CONTENT: Final = 204
DIRECT_BYTES_MAX: Final = 65_536  # larger answers get aiohttp's flow control

_STATUS_LINES: Final = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n" for status in HTTPStatus
}


class Leads:
    """What comes before the bodies of answers that are written together: the heads that
    `DirectAnswer.wire` writes one by one, with request ids of their own."""

    def __init__(self, status: int, content_type: str) -> None:
        self._before = (
            f"{_STATUS_LINES[status]}Content-Type: {content_type}\r\nContent-Length: "
        ).encode("ascii")
        self._run = secrets.token_hex(8)
        self._next = secrets.randbits(32)

    def take(self, count: int) -> tuple[bytes, bytes, int]:
        """For so many: what stands before the length of the body and behind it, up to the number
        that ends the request id, and the first of these (16 hexadecimal digits)."""
        first, self._next = self._next, self._next + count
        behind = (
            f"\r\nDate: {rfc822_formatted_time()}\r\nServer: {SERVER_NAME}\r\n"
            f"Cache-Control: no-store\r\nRequest-Id: {self._run}"
        )
        return self._before, behind.encode("ascii"), first


class DirectAnswer(StreamResponse):
    """A complete answer: status, body and the headers that differ from one kind to another.

    None of them may be stored. `last`: the connection ends with it, for what the client still
    sends is not read.
    """

    def __init__(
        self,
        body: bytes,
        status: int,
        content_type: str,
        headers: Mapping[str, str] | None = None,
        *,
        last: bool = False,
    ) -> None:
        # StreamResponse.__init__ is left out on purpose: its header dictionary is the cost.
        self._status = status
        self._answer_body = body
        self._content_type_text = content_type
        self._more = headers
        self._last = last
        self._fallback: Response | None = None
        self._backlog: BaseRequest | None = None

    @property
    def keep_alive(self) -> bool | None:
        """Whether the connection stays open."""
        return True if self._fallback is None else self._fallback.keep_alive

    async def prepare(self, request: BaseRequest) -> AbstractStreamWriter | None:
        """Send everything."""
        transport = request.transport
        if (
            transport is None
            or request.version != HttpVersion11
            or not request.keep_alive
            or request.method == "HEAD"
            or len(self._answer_body) > DIRECT_BYTES_MAX
            or self._last
            or request.protocol.leaving  # type: ignore[attr-defined]  # ours has it
        ):
            return await self._hand_over(request)
        transport.write(self.wire(of(request).id))
        if request.protocol.writing_paused:
            self._backlog = request
        return None

    def wire(self, request_id: str) -> bytes:
        """All of it, for a connection that stays open."""
        extra = ""
        if self._more:
            for name, value in self._more.items():
                extra += f"{name}: {value}\r\n"
        body = self._answer_body
        content = ""  # of 204, which has none
        if self._status != NO_CONTENT:
            content = f"Content-Type: {self._content_type_text}\r\nContent-Length: {len(body)}\r\n"
        head = (
            f"{_STATUS_LINES[self._status]}{content}Date: {rfc822_formatted_time()}\r\n"
            f"Server: {SERVER_NAME}\r\nCache-Control: no-store\r\nRequest-Id: {request_id}\r\n"
            f"{extra}\r\n"
        )
        return head.encode("ascii") + body

    async def _hand_over(self, request: BaseRequest) -> AbstractStreamWriter | None:
        headers = CIMultiDict(
            {
                "Content-Type": self._content_type_text,
                "Server": SERVER_NAME,
                "Cache-Control": "no-store",
            }
        )
        headers.update(self._more or {})
        self._fallback = Response(body=self._answer_body, status=self._status, headers=headers)
        if self._last:
            self._fallback.force_close()
        return await self._fallback.prepare(request)

    async def write_eof(self, data: bytes = b"") -> None:
        """Nothing is left to send, unless aiohttp's answer took over.

        A client that takes nothing gets no further request answered: what it asks for without
        reading must not gather here.
        """
        if self._fallback is not None:
            await self._fallback.write_eof(data)
        elif self._backlog is not None:
            await self._backlog.protocol._drain_helper()
