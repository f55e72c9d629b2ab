"""The second HTTP client, on httpx: for upstreams that are reached only through a proxy, over
HTTP/2, with a client certificate or a private CA. Same seam and same promises as `http1`.

What httpx can prove decides over money here, too: NOT_SENT is said only if a connection, a tunnel
or a place was still being waited for, and httpx's trace shows that it had not begun to write the
request. Everything else is LOST. httpx's transport is used without its client: that one keeps
cookies, reads proxies from the environment and changes URLs.
"""

import asyncio
import ssl
from dataclasses import dataclass
from typing import Any, Final

import httpx

from connectors.exchange import FailureKind, HttpRequest, HttpResponse, TransportFailure
from connectors.http1 import AnswerTooLongError, ClientLimits
from connectors.http1.request import (
    UnsendableError,
    request_bytes,
    split_url,
    usual_fields,
)

# Raised while a connection is made. That nothing was written by then the trace must say as well.
BEFORE_WRITING: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    TimeoutError,
)


@dataclass(slots=True)
class _Trace:
    """Listens to what httpx does for one request (its `trace` extension)."""

    is_written: bool = False
    socket: Any = None  # of the connection made for this request

    async def __call__(self, event: str, info: dict[str, Any]) -> None:
        """The first byte of a request is its head's; that of a tunnel is not our request."""
        if event.endswith("send_request_headers.started"):
            self.is_written |= info["request"].method != b"CONNECT"
        elif event == "connection.connect_tcp.complete":
            self.socket = info["return_value"]

    async def clean_up(self) -> None:
        """Close what httpcore leaves open when it is cancelled in the middle of a handshake."""
        if self.socket is not None and not self.is_written:
            await self.socket.aclose()


class HttpxClient:
    """Belongs to the event loop it is first used on; closed by its owner.

    `proxy` is an http or https URL, credentials included; `tls` must verify.
    """

    def __init__(
        self,
        limits: ClientLimits,
        *,
        tls: ssl.SSLContext | None = None,
        proxy: str | None = None,
        http2: bool = False,
    ) -> None:
        tls = tls or ssl.create_default_context()
        if tls.verify_mode is not ssl.CERT_REQUIRED or not tls.check_hostname:
            raise ValueError("the TLS context must verify certificates and host names")
        self._limits = limits
        self._places = asyncio.Semaphore(limits.exchanges_max)
        self._closed = False
        self._transport = httpx.AsyncHTTPTransport(
            verify=tls,
            http2=http2,
            trust_env=False,
            retries=0,
            proxy=httpx.Proxy(proxy) if proxy is not None else None,
            limits=httpx.Limits(
                max_connections=limits.exchanges_max,
                max_keepalive_connections=limits.exchanges_max,
                keepalive_expiry=limits.keepalive_s,
            ),
        )

    async def exchange(self, request: HttpRequest, ends_at: float) -> HttpResponse:
        """The answer, had before `ends_at` (loop time); nothing is ever sent twice.

        Raises `TransportFailure`, its cause being the error; cancellation passes.
        """
        trace = _Trace()
        try:
            message = self._message(request, trace)
        except UnsendableError as error:
            raise TransportFailure(FailureKind.NOT_SENT, str(error)) from error
        try:
            return await self._run(message, request.response_bytes_max, ends_at)
        except asyncio.CancelledError:
            await trace.clean_up()
            raise
        except Exception as error:
            await trace.clean_up()
            proved = isinstance(error, BEFORE_WRITING) and not trace.is_written
            kind = FailureKind.NOT_SENT if proved else FailureKind.LOST
            raise TransportFailure(kind, _reason(error)) from error

    async def close(self) -> None:
        """Close every connection; running exchanges fail as LOST, later ones as NOT_SENT."""
        self._closed = True
        await self._transport.aclose()

    async def _run(self, message: httpx.Request, bytes_max: int, ends_at: float) -> HttpResponse:
        now = asyncio.get_running_loop().time()
        async with asyncio.timeout_at(ends_at):
            if self._closed:
                raise httpx.ConnectError("closed")
            async with asyncio.timeout_at(min(ends_at, now + self._limits.connect_timeout_s)):
                await self._places.acquire()
            try:
                response = await self._transport.handle_async_request(message)
                return await _read(response, bytes_max)
            finally:
                self._places.release()

    def _message(self, request: HttpRequest, trace: _Trace) -> httpx.Request:
        """The request as httpx takes it. Raises UnsendableError, also for what httpx would change:
        it writes some characters of a target in another way, and targets are signed.
        """
        origin, target = split_url(request.url)
        request_bytes(request.method, origin, target, request.headers, request.body)  # same rules
        connect_s = self._limits.connect_timeout_s
        message = httpx.Request(
            request.method,
            f"{'https' if origin.is_tls else 'http'}://{origin.authority}{target}",
            headers=[*usual_fields(request.headers), *request.headers.items()],
            content=request.body,
            extensions={
                "trace": trace,
                "timeout": {"connect": connect_s, "pool": connect_s, "read": None, "write": None},
            },
        )
        if message.url.raw_path != target.encode("ascii"):
            raise UnsendableError("the URL has characters that must be encoded")
        return message


async def _read(response: httpx.Response, bytes_max: int) -> HttpResponse:
    """The answer as it came, still packed if it is; raises AnswerTooLongError."""
    chunks: list[bytes] = []
    received = 0
    assert isinstance(response.stream, httpx.AsyncByteStream)
    try:
        async for chunk in response.stream:
            received += len(chunk)
            if received > bytes_max:
                raise AnswerTooLongError
            chunks.append(chunk)
    finally:
        await response.stream.aclose()
    headers: dict[str, str] = {}
    for name, value in response.headers.multi_items():
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return HttpResponse(status=response.status_code, headers=headers, body=b"".join(chunks))


def _reason(error: Exception) -> str:
    """What may be told: not a foreign error's text, which may quote the request or the answer."""
    return str(error) if isinstance(error, AnswerTooLongError) else type(error).__name__
