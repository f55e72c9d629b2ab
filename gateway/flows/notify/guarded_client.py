"""The HTTP client for addresses that partners chose: guarded, bounded, never trusting.

The guard stands where sockets are made: whatever was written, resolved or rebound, the address
that would be connected to is judged (faults 80). Names are resolved in threads of its own, so
that slow name servers hold up nothing else. Redirections are not followed, bodies hardly read.
"""

import asyncio
import contextlib
import email.utils
import socket
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from gateway.domain.address_rule import Network, may_connect
from gateway.domain.webhook import NOT_ALLOWED, Answer

CALL_S: Final = 15.0  # api.md: 2xx within 15 s is success
KEEP_ALIVE_S: Final = 4.0  # under the 5 s after which common servers hang up
DRAIN_S: Final = 1.0
DRAIN_BYTES: Final = 4096  # a small answer is read so that its connection can be used again
STALE_S: Final = 1.0  # a connection that breaks this soon was closed while it was idle
RESOLVER_THREADS: Final = 32


class AddressRefusedError(OSError):
    """The address may not be connected to."""

    def __init__(self) -> None:
        super().__init__(NOT_ALLOWED)


class GuardedClient:
    """Posts to receivers. `allow` are networks that are permitted although they are private."""

    def __init__(self, allow: Sequence[Network], resolver: AbstractResolver | None = None) -> None:
        self._allow = tuple(allow)
        self._resolver = resolver
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Make the connection pool; needs the running loop."""
        self._resolver = self._resolver or ThreadResolver()
        connector = aiohttp.TCPConnector(
            limit=0,  # lanes bound the calls under way
            keepalive_timeout=KEEP_ALIVE_S,
            resolver=self._resolver,
            socket_factory=self._make_socket,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            timeout=aiohttp.ClientTimeout(total=CALL_S, ceil_threshold=2 * CALL_S),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
        )

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()
        if self._resolver is not None:
            await self._resolver.close()

    async def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Post once; at once again when a kept connection turns out to be closed."""
        began = time.monotonic()
        try:
            try:
                return await self._post(url, headers, body)
            except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as error:
                is_connecting = isinstance(error, aiohttp.ClientConnectorError)
                if is_connecting or time.monotonic() - began > STALE_S:
                    raise
                return await self._post(url, headers, body)
        except Exception as error:  # noqa: BLE001 - whatever a stranger's server makes of us
            return Answer(error=_reason(error))

    async def _post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        assert self._session is not None, "open() comes first"
        parsed = URL(url)
        if parsed.scheme not in {"http", "https"} or parsed.user or parsed.password:
            raise AddressRefusedError
        async with self._session.post(
            parsed, data=body, headers=headers, allow_redirects=False
        ) as response:
            answered = await _drain(response)
            return Answer(
                status=response.status,
                error=None if 200 <= response.status < 300 else f"answered {response.status}",
                retry_after_s=_seconds(response.headers.get("Retry-After")),
                body=answered,
            )

    def _make_socket(self, address_info: Any) -> socket.socket:
        family, type_, protocol, _, address = address_info
        if not may_connect(address[0], self._allow):
            raise AddressRefusedError
        return socket.socket(family, type_, protocol)


class ThreadResolver(AbstractResolver):
    """The system's resolver, in threads that nothing else uses."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(RESOLVER_THREADS, thread_name_prefix="resolve-webhook")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Every address of a host."""
        found = await asyncio.get_running_loop().run_in_executor(
            self._threads,
            lambda: socket.getaddrinfo(
                host, port, family=family, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG
            ),
        )
        return [
            ResolveResult(
                hostname=host,
                host=str(address[0]),
                port=port,
                family=family_,
                proto=protocol,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for family_, _, protocol, _, address in found
        ]

    async def close(self) -> None:
        """Threads that still wait for a name server end when it answers."""
        self._threads.shutdown(wait=False, cancel_futures=True)


async def _drain(response: aiohttp.ClientResponse) -> bytes:
    """Read a short answer to its end; of a long or slow one the connection is closed."""
    if response.content.is_eof():
        return response.content.read_nowait(DRAIN_BYTES)  # all of it came with the head
    read = bytearray()
    with contextlib.suppress(TimeoutError, aiohttp.ClientError):
        async with asyncio.timeout(DRAIN_S):
            while len(read) < DRAIN_BYTES and not response.content.at_eof():
                read += await response.content.read(DRAIN_BYTES - len(read))
    if not response.content.at_eof():
        response.close()
    return bytes(read)


def _seconds(retry_after: str | None) -> float | None:
    """Retry-After in seconds: a number or a date (RFC 9110 §10.2.3)."""
    if retry_after is None:
        return None
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, OverflowError, TypeError):
        return None


# What a person may know of an error; the first that fits. Not more: it would describe our network.
_REASONS: Final = (
    (AddressRefusedError, NOT_ALLOWED),
    (aiohttp.InvalidURL, NOT_ALLOWED),
    (TimeoutError, f"no answer within {CALL_S:.0f} s"),
    (aiohttp.ClientConnectorDNSError, "the host's name was not found"),
    (aiohttp.ClientConnectorCertificateError, "the certificate was refused"),
    (aiohttp.ClientConnectorSSLError, "the TLS handshake failed"),
    (aiohttp.ClientConnectorError, "the connection was refused"),
    (aiohttp.ClientError, "the connection broke or the answer was not HTTP"),
    (OSError, "the connection broke or the answer was not HTTP"),
)


def _reason(error: Exception) -> str:
    if isinstance(error, aiohttp.ClientConnectorError) and isinstance(
        error.os_error, AddressRefusedError
    ):
        return NOT_ALLOWED
    fitting = (text for kind, text in _REASONS if isinstance(error, kind))
    return next(fitting, "the request could not be made")
