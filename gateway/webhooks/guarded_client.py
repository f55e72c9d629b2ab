"""The HTTP client for addresses that partners chose: guarded, bounded, never trusting.

The guard stands where connections are made: whatever was written, resolved or rebound, the address
that would be connected to is judged (faults 80). Names are resolved in threads that partners share
out (see resolver), so that slow name servers hold up nothing else. Redirections are not followed,
bodies hardly read.
"""

import asyncio
import email.utils
import functools
import socket
import ssl
import time
from collections.abc import Mapping, Sequence
from typing import Final

from yarl import URL

from connectors.exchange import FailureKind, HttpRequest, HttpResponse, TransportFailure
from connectors.http1 import (
    AddressRefusedError,
    ClientLimits,
    Dialer,
    HttpClient,
    Resolve,
    StaleConnectionError,
)
from gateway.webhooks.address_rule import Network, may_connect
from gateway.webhooks.resolver import ASKING, LOOK_UP_S, NameTooSlowError, Resolver
from gateway.webhooks.rules import NOT_ALLOWED, Answer

CALL_S: Final = 15.0  # api.md: 2xx within 15 s is success
BODY_BYTES_MAX: Final = 4096  # a small answer is read so that its connection can be used again
STALE_S: Final = 1.0  # a kept connection that breaks this soon was closed while it was idle


class GuardedClient:
    """Posts to receivers. `allow` are networks that are permitted although they are private."""

    def __init__(self, allow: Sequence[Network], resolve: Resolve | None = None) -> None:
        self._client = HttpClient(
            Dialer(
                resolve=resolve or Resolver(),
                permits=functools.partial(may_connect, allow=tuple(allow)),
            ),
            # Queues bound the calls under way.
            ClientLimits(connect_timeout_s=CALL_S, whole_bodies=False),
        )

    async def close(self) -> None:
        """Close all connections; a thread that waits for a name server ends when it answers."""
        await self._client.close()

    async def send(
        self, partner_id: int, url: str, headers: Mapping[str, str], body: bytes
    ) -> Answer:
        """Post once; at once again when a kept connection turns out to be closed."""
        ASKING.set(partner_id)
        try:
            target = _written_out(url)
        except ValueError:
            return Answer(error=NOT_ALLOWED)
        request = HttpRequest(
            method="POST", url=target, headers=headers, body=body,
            response_bytes_max=BODY_BYTES_MAX,
        )  # fmt: skip
        try:
            response = await self._post(request)
        except TransportFailure as failure:
            return Answer(error=_reason(failure))
        status = response.status
        return Answer(
            status=status,
            error=None if 200 <= status < 300 else f"answered {status}",
            retry_after_s=_seconds(response.headers.get("retry-after")),
            body=response.body,
        )

    async def _post(self, request: HttpRequest) -> HttpResponse:
        began = asyncio.get_running_loop().time()
        try:
            return await self._client.exchange(request, began + CALL_S)
        except TransportFailure as failure:
            is_stale = isinstance(failure.__cause__, StaleConnectionError)
            if not is_stale or asyncio.get_running_loop().time() - began > STALE_S:
                raise
        return await self._client.exchange(request, began + CALL_S)


@functools.lru_cache(4096)
def _written_out(url: str) -> str:
    """A URL as it goes onto the wire; raises ValueError for what is not to be posted to."""
    parsed = URL(url)
    if parsed.scheme not in {"http", "https"} or parsed.user or parsed.password:
        raise ValueError(NOT_ALLOWED)
    return str(parsed.with_fragment(None))


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
_BROKE: Final = "the connection broke or the answer was not HTTP"
_BEFORE_SENDING: Final = (
    (AddressRefusedError, NOT_ALLOWED),
    (TimeoutError, f"no answer within {CALL_S:.0f} s"),
    (NameTooSlowError, f"the host's name was not found within {LOOK_UP_S:.0f} s"),
    (socket.gaierror, "the host's name was not found"),
    (UnicodeError, "the host's name was not found"),
    (ssl.SSLCertVerificationError, "the certificate was refused"),
    (ssl.SSLError, "the TLS handshake failed"),
    (OSError, "the connection was refused"),
    (ValueError, NOT_ALLOWED),
)
_AFTERWARDS: Final = ((TimeoutError, f"no answer within {CALL_S:.0f} s"),)


def _reason(failure: TransportFailure) -> str:
    was_sent = failure.kind is FailureKind.LOST
    reasons = _AFTERWARDS if was_sent else _BEFORE_SENDING
    fitting = (text for kind, text in reasons if isinstance(failure.__cause__, kind))
    return next(fitting, _BROKE if was_sent else "the request could not be made")
