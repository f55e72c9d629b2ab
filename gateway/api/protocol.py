"""aiohttp's connection, with the deadlines it lacks.

aiohttp waits for ever for the rest of a request's head or body. Here a client that does not
finish its head in 10 s or its body in 20 s is cut off (api.md). The check is a sweep over
the open connections once a second: two clock readings per request would cost more than all
slow clients together.
"""

import asyncio
from typing import Any

from aiohttp import web
from aiohttp.web_protocol import RequestHandler
from aiohttp.web_server import Server

from gateway.api.problems import ProblemError, problem_response

HEAD_DEADLINE_S = 10.0
BODY_DEADLINE_S = 20.0
SWEEP_S = 1.0
KEEPALIVE_S = 75.0  # longer than the usual 60 s of a balancer in front of us
HEAD_BYTES_MAX = 8190
HEAD_END = b"\r\n\r\n"
CHUNKS_END = b"0\r\n\r\n"


class DeadlineRequestHandler(RequestHandler):
    """A connection that knows since when it waits for the rest of a head or body."""

    __slots__ = ("_body", "_head_since", "_seen_requests", "_waits_since")

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self._body: Any = None  # of the request that came last
        self._seen_requests = 0
        self._head_since: float | None = None  # a head was begun, or may have been
        self._waits_since = 0.0  # for the rest of `_body`

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A new connection owes us its first head."""
        super().connection_made(transport)
        self._head_since = self._loop.time()

    def data_received(self, data: bytes) -> None:
        """Feed the parser, and note what is still owed.

        aiohttp calls this without data to parse what it held back; of that we know only
        which requests came out.
        """
        in_body = self._body is not None and not self._body.is_eof()
        super().data_received(data)
        if self._request_count != self._seen_requests:
            self._seen_requests = self._request_count
            self._body = self._messages[-1][1] if self._messages else None
            if self._body is not None and not self._body.is_eof():
                self._waits_since = self._loop.time()
                self._head_since = None
            elif data:
                bytes_read = 0 if self._body is None else self._body.total_bytes
                self._head_since = None if _ends_here(data, bytes_read) else self._loop.time()
        elif data and not in_body and self._head_since is None:
            self._head_since = self._loop.time()

    def overdue(self, now: float) -> bool:
        """Whether the client let a deadline pass; it is not to blame while we work."""
        if self._body is not None and not self._body.is_eof():
            return now - self._waits_since > BODY_DEADLINE_S
        return (
            self._head_since is not None
            and now - self._head_since > HEAD_DEADLINE_S
            and self._current_request is None
            and not self._messages
        )

    def handle_error(
        self,
        request: web.BaseRequest,  # noqa: ARG002 - aiohttp's signature
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002
    ) -> web.StreamResponse:
        """What the HTTP parser refuses gets a problem too, and the connection ends."""
        if status >= 500:
            self.log_exception("Error handling request", exc_info=exc)
            response = problem_response(ProblemError("internal"))
        else:
            response = problem_response(
                ProblemError("invalid-request", "The request is not valid HTTP.")
            )
        response.force_close()
        return response


def _ends_here(data: bytes, body_bytes: int) -> bool:
    """Whether data that completed a request ends with it, as far as that can be seen cheaply.

    False wrongly: a pipelining client is cut off when it rests for as long as a head may take.
    True wrongly: what follows is cut off by the keep-alive timeout.
    """
    head_end = len(data) - body_bytes
    return HEAD_END.endswith(data[max(0, head_end - 4) : head_end]) or data.endswith(CHUNKS_END)


class DeadlineServer(Server):
    """A low-level aiohttp server whose connections have deadlines."""

    def __call__(self) -> RequestHandler:
        return DeadlineRequestHandler(
            self,
            loop=self._loop,
            keepalive_timeout=KEEPALIVE_S,
            access_log=None,
            auto_decompress=False,  # compressed bodies are refused, not inflated
            max_line_size=HEAD_BYTES_MAX,
            max_field_size=HEAD_BYTES_MAX,
            lingering_time=5.0,
        )

    async def sweep(self) -> None:
        """Cut off overdue clients, for as long as the server runs."""
        while True:
            await asyncio.sleep(SWEEP_S)
            now = self._loop.time()
            for connection in list(self.connections):
                if isinstance(connection, DeadlineRequestHandler) and connection.overdue(now):
                    connection.force_close()
