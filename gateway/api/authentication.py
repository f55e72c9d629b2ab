"""Who asks, and may they: signature, clock, address, scope, rate (api.md "Authentication").

The checks come in the order of the contract's answers: 401, 403, 429. Everything about an
unknown key, a wrong signature or a malformed header is the same 401.
"""

import ipaddress
import re
import time
from typing import Final

from aiohttp.web import BaseRequest

from gateway.api.context import Context
from gateway.api.problems import ProblemError
from gateway.domain.catalog import Key

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

CLOCK_SKEW_S_MAX: Final = 300
_TIMESTAMP = re.compile(r"[0-9]{1,12}\Z").match
_NONCE = re.compile(r"[A-Za-z0-9_-]{16,64}\Z").match


def authenticate(context: Context, request: BaseRequest, body: bytes, scope: str | None) -> Key:
    """The key that signed the request, which has `scope` (None: any key will do).

    Raises ProblemError: unauthenticated, stale-timestamp, forbidden, rate-limited.
    """
    headers = request.headers
    key_id = headers.get("X-Quangate-Key", "")
    timestamp = headers.get("X-Quangate-Timestamp", "")
    nonce = headers.get("X-Quangate-Nonce", "")
    now = time.time()
    genuine = context.keyring.verify(
        key_id,
        request.method,
        request.raw_path,
        timestamp,
        nonce,
        body,
        headers.get("X-Quangate-Signature", ""),
    )
    key = context.catalog.keys.get(key_id)
    if (
        not genuine
        or key is None
        or not _TIMESTAMP(timestamp)
        or not _NONCE(nonce)
        or (key.expires_at is not None and key.expires_at.timestamp() <= now)
    ):
        raise ProblemError("unauthenticated", "The request could not be authenticated.")
    if abs(now - int(timestamp)) > CLOCK_SKEW_S_MAX:
        raise ProblemError(
            "stale-timestamp",
            "The request could not be authenticated.",
            members={"server_time": int(now)},
        )
    if key.allow_ips and not _allowed(key, request):
        raise ProblemError("forbidden", "This key may not be used from this address.")
    if scope is not None and scope not in key.scopes:
        raise ProblemError("forbidden", f"This key lacks the scope {scope}.")
    if key.rate_per_s is not None:
        _limit(context, key, key.rate_per_s)
    return key


async def authenticate_write(
    context: Context, request: BaseRequest, body: bytes, scope: str
) -> Key:
    """As `authenticate`, for writes that are not idempotent by themselves: the nonce is used up.

    Raises ProblemError: those of `authenticate`, replayed-nonce.
    """
    key = authenticate(context, request, body, scope)
    if not await context.nonces.use(key.key_id, request.headers["X-Quangate-Nonce"]):
        raise ProblemError("replayed-nonce", "The request could not be authenticated.")
    return key


def peer_address(request: BaseRequest) -> Address | None:
    """The address that is connected to us; what headers claim does not count."""
    try:
        address = ipaddress.ip_address(request.remote or "")
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def _allowed(key: Key, request: BaseRequest) -> bool:
    address = peer_address(request)
    return address is not None and any(address in network for network in key.allow_ips)


def _limit(context: Context, key: Key, rate_per_s: int) -> None:
    granted, remaining, retry_after_ms = context.limiter.acquire(
        key.key_id, rate_per_s, 1, time.monotonic_ns()
    )
    if granted:
        return
    retry_after_s = max(1, -(-retry_after_ms // 1000))
    raise ProblemError(
        "rate-limited",
        f"This key may send {rate_per_s} requests a second.",
        headers={
            "Retry-After": str(retry_after_s),
            "RateLimit": f'"key";r={remaining};t={retry_after_s}',
            "RateLimit-Policy": f'"key";q={rate_per_s};w=1',
        },
    )
