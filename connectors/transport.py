"""Executes `HttpRequest`s: the only place of the library that touches the network.

It promises three things. A deadline for the whole exchange, whatever the server does (also one
byte per second). A bound on the answer's size. And an exact answer to the question that decides
over money: could the request have been read? NOT_SENT is said only if no connection was ever had;
from the moment a connection is handed out, every failure is LOST.

That moment is taken from aiohttp's tracing, not from exception types: httpx-aiohttp maps a server
that hangs up in mid-answer and one that never accepted to the same `ConnectTimeout`.
"""

import asyncio
import ssl
from contextvars import ContextVar
from dataclasses import dataclass
from types import SimpleNamespace, TracebackType
from typing import Final, Protocol, Self

import aiohttp
import httpx
import tenacity
from httpx_aiohttp import AiohttpTransport

from connectors.contract import FailureKind, HttpRequest, HttpResponse, TransportFailure

USER_AGENT: Final = "quangate/1"


class Transport(Protocol):
    """The seam: another HTTP client, or a fake, can be put in here."""

    async def exchange(self, request: HttpRequest) -> HttpResponse:
        """Return the complete answer, or raise `TransportFailure`; cancellation passes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TransportLimits:
    """Bounds of one upstream's client."""

    connect_timeout_s: float = 5.0
    pool_connections_max: int = 256
    # Longer than this an idle connection is not reused: a server's own limit is rarely shorter
    # than 5 s, and a request written into a closing connection is LOST, never re-sent.
    keepalive_s: float = 4.0
    resends_max: int = 1
    resend_wait_s: float = 0.1


class _Progress:
    """How far one request got; set by the tracing hooks from within its own task."""

    __slots__ = ("connected",)

    def __init__(self) -> None:
        self.connected = False


_progress: ContextVar[_Progress | None] = ContextVar("connectors_transport_progress", default=None)


async def _note_connection(_session: object, _context: SimpleNamespace, _params: object) -> None:
    progress = _progress.get()
    if progress is not None:
        progress.connected = True


def _traced_session(limits: TransportLimits, verify: ssl.SSLContext) -> aiohttp.ClientSession:
    trace = aiohttp.TraceConfig()
    trace.on_connection_create_end.append(_note_connection)
    trace.on_connection_reuseconn.append(_note_connection)
    trace.on_request_headers_sent.append(_note_connection)
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            limit=limits.pool_connections_max,
            keepalive_timeout=limits.keepalive_s,
            ssl=verify,
        ),
        trace_configs=[trace],
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
    )


class HttpxTransport:
    """httpx over aiohttp's connections; one instance per upstream, closed by its owner."""

    def __init__(
        self, limits: TransportLimits | None = None, *, verify: ssl.SSLContext | None = None
    ) -> None:
        """`verify` replaces the TLS context (a private CA); verification cannot be turned off."""
        self._limits = limits or TransportLimits()
        self._verify = verify or ssl.create_default_context()
        if self._verify.verify_mode is not ssl.CERT_REQUIRED or not self._verify.check_hostname:
            raise ValueError("the TLS context must verify certificates and host names")
        self._client: httpx.AsyncClient | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close every connection; running exchanges fail as LOST."""
        if self._client is not None:
            await self._client.aclose()

    async def exchange(self, request: HttpRequest) -> HttpResponse:
        """Execute within `request.deadline_s`; re-send at most `resends_max` times, and only what
        cannot execute twice: a read, or a request that was never sent.
        """
        loop = asyncio.get_running_loop()
        ends_at = loop.time() + request.deadline_s

        def may_resend(error: BaseException) -> bool:
            return isinstance(error, TransportFailure) and (
                not request.executes or error.kind is FailureKind.NOT_SENT
            )

        resending = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception(may_resend),
            stop=tenacity.stop_after_attempt(1 + self._limits.resends_max)
            | tenacity.stop_before_delay(request.deadline_s),
            wait=tenacity.wait_random_exponential(self._limits.resend_wait_s, max=1.0),
            reraise=True,
        )
        result: HttpResponse = await resending(self._exchange_once, request, ends_at)
        return result

    async def _exchange_once(self, request: HttpRequest, ends_at: float) -> HttpResponse:
        progress = _Progress()
        marker = _progress.set(progress)
        try:
            async with asyncio.timeout_at(ends_at):
                return await self._send(request)
        except TransportFailure:
            raise
        except Exception as error:
            # TimeoutError (the deadline), httpx and aiohttp errors, and any other: what matters
            # is only whether a connection had been handed out.
            kind = FailureKind.LOST if progress.connected else FailureKind.NOT_SENT
            raise TransportFailure(kind, type(error.__cause__ or error).__name__) from error
        finally:
            _progress.reset(marker)

    async def _send(self, request: HttpRequest) -> HttpResponse:
        client = self._ensure_client()
        async with client.stream(
            request.method,
            request.url,
            headers=dict(request.headers),
            content=request.body,
        ) as response:
            body = await _read_bounded(response, request.response_bytes_max)
            return HttpResponse(
                status=response.status_code,
                headers={name.lower(): value for name, value in response.headers.items()},
                body=body,
            )

    def _ensure_client(self) -> httpx.AsyncClient:
        # Made at first use: a session belongs to the loop it was made on.
        if self._client is None:
            limits = self._limits
            self._client = httpx.AsyncClient(
                transport=AiohttpTransport(
                    verify=self._verify, client=lambda: _traced_session(limits, self._verify)
                ),
                # The whole exchange has its own deadline; only connecting is bounded earlier, so
                # that a dead host is known as NOT_SENT well before it.
                timeout=httpx.Timeout(
                    None, connect=limits.connect_timeout_s, pool=limits.connect_timeout_s
                ),
                follow_redirects=False,
                trust_env=False,
                headers={"user-agent": USER_AGENT, "accept-encoding": "identity"},
            )
        return self._client


async def _read_bounded(response: httpx.Response, bytes_max: int) -> bytes:
    """Read the decoded body, or raise LOST as soon as it is longer than allowed."""
    chunks: list[bytes] = []
    size = 0
    async for chunk in response.aiter_bytes():
        size += len(chunk)
        if size > bytes_max:
            raise TransportFailure(FailureKind.LOST, "the answer is too long")
        chunks.append(chunk)
    return b"".join(chunks)
