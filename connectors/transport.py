"""Executes connectors' requests: the only door of the library to the network.

It promises three things. A deadline for the whole exchange, whatever the server does (also one
byte per second). A bound on the answer's size, unpacked. And an exact answer to the question that
decides over money: could the request have been read? NOT_SENT is said only if no connection was
ever had; from the moment a connection is handed out, every failure is LOST.
"""

import asyncio
import ssl
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Final, Protocol, Self, TypeAlias

import tenacity

from connectors.exchange import FailureKind, HttpRequest, HttpResponse, TransportFailure
from connectors.http1 import ClientLimits, Dialer, HttpClient

RESEND_WAIT_S_MAX: Final = 1.0
UNPACKABLE: Final = frozenset({"gzip", "x-gzip", "deflate"})
DETECT_GZIP_OR_ZLIB: Final = 32 + zlib.MAX_WBITS


class Transport(Protocol):
    """The seam: another HTTP client, or a fake, can be put in here."""

    async def exchange(self, request: HttpRequest) -> HttpResponse:
        """Return the complete answer, or raise `TransportFailure`; cancellation passes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TransportLimits:
    """Bounds of one upstream's client."""

    connect_timeout_s: float = 5.0
    pool_connections_max: int = 512  # four products in demand at once, 128 calls each
    resends_max: int = 1
    resend_wait_s: float = 0.1


class Client(Protocol):
    """What executes one request once: `http1.HttpClient`, or `httpx_client.HttpxClient`."""

    async def exchange(self, request: HttpRequest, ends_at: float) -> HttpResponse:
        """The answer, or `TransportFailure`; nothing is sent twice; `ends_at` in loop time."""

    async def close(self) -> None:
        """Close every connection; running exchanges fail as LOST."""


MakeClient: TypeAlias = Callable[[ClientLimits, ssl.SSLContext | None], Client]


def lean_client(limits: ClientLimits, tls: ssl.SSLContext | None) -> Client:
    """The default: our own client for plain HTTP/1.1."""
    return HttpClient(Dialer(tls=tls), limits)


class HttpTransport:
    """The client that buys; one instance per upstream, closed by its owner."""

    def __init__(
        self,
        limits: TransportLimits | None = None,
        *,
        verify: ssl.SSLContext | None = None,
        client: MakeClient = lean_client,
    ) -> None:
        """`verify` replaces the TLS context (a private CA); verification cannot be turned off."""
        self._limits = limits or TransportLimits()
        self._client = client(
            ClientLimits(
                connect_timeout_s=self._limits.connect_timeout_s,
                exchanges_max=self._limits.pool_connections_max,
            ),
            verify,
        )

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
        await self._client.close()

    async def exchange(self, request: HttpRequest) -> HttpResponse:
        """Execute within `request.deadline_s`; re-send at most `resends_max` times, and only what
        cannot execute twice: a read, or a request that was never sent.
        """
        ends_at = asyncio.get_running_loop().time() + request.deadline_s
        try:
            return await self._exchange_once(request, ends_at)
        except TransportFailure as failure:
            if not _may_resend(request, failure):
                raise
            return await self._resend(request, failure, ends_at)

    async def _exchange_once(self, request: HttpRequest, ends_at: float) -> HttpResponse:
        response = await self._client.exchange(request, ends_at)
        coding = response.headers.get("content-encoding")
        if coding is None or not response.body:
            return response
        return replace(response, body=_unpack(response.body, coding, request.response_bytes_max))

    async def _resend(
        self, request: HttpRequest, first: TransportFailure, ends_at: float
    ) -> HttpResponse:
        attempts = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception(lambda error: _may_resend(request, error)),
            stop=tenacity.stop_after_attempt(1 + self._limits.resends_max)
            | tenacity.stop_before_delay(request.deadline_s),
            wait=tenacity.wait_random_exponential(
                self._limits.resend_wait_s, max=RESEND_WAIT_S_MAX
            ),
            reraise=True,
        )
        async for attempt in attempts:
            with attempt:
                if attempt.retry_state.attempt_number == 1:
                    raise first  # the attempt that was made before anything was known to fail
                return await self._exchange_once(request, ends_at)
        raise first


def _may_resend(request: HttpRequest, error: BaseException) -> bool:
    return isinstance(error, TransportFailure) and (
        not request.executes or error.kind is FailureKind.NOT_SENT
    )


def _unpack(body: bytes, coding: str, bytes_max: int) -> bytes:
    """Undo a compression that nobody asked for, or raise LOST; never more than `bytes_max`."""
    if coding.strip().lower() in {"identity", ""}:
        return body
    if coding.strip().lower() not in UNPACKABLE:
        raise TransportFailure(FailureKind.LOST, "the answer has an unknown coding")
    unpacking = zlib.decompressobj(DETECT_GZIP_OR_ZLIB)
    try:
        unpacked = unpacking.decompress(body, bytes_max + 1)
    except zlib.error as error:
        raise TransportFailure(FailureKind.LOST, "the answer cannot be unpacked") from error
    if len(unpacked) > bytes_max:
        raise TransportFailure(FailureKind.LOST, "the answer is too long")
    if not unpacking.eof:
        raise TransportFailure(FailureKind.LOST, "the answer ends too soon")
    return unpacked
