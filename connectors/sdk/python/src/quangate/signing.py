"""Signing a request, as the API's document says. Pure but for the key it holds."""

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

from quangate.problem import unsayable

UNRESERVED = "-._~"


def unbase64url(text: str) -> bytes:
    """Base64url without padding (or with it). Raises ValueError, which repeats nothing."""
    bare = text.rstrip("=")
    if not re.fullmatch(r"[A-Za-z0-9_-]*", bare, re.ASCII) or len(bare) % 4 == 1:
        raise ValueError("that is no base64url")
    try:
        return base64.urlsafe_b64decode(bare + "=" * (-len(bare) % 4))
    except (binascii.Error, ValueError):
        raise ValueError("that is no base64url") from None


class Signer:
    """Signs with one key. Raises ValueError for what is no secret (`qs_…`)."""

    def __init__(self, key_id: str, secret: str) -> None:
        if not secret.startswith("qs_"):
            raise ValueError("a secret begins with qs_")
        self.key_id = key_id
        self._key = unbase64url(secret.removeprefix("qs_"))
        self.offset_s = 0.0  # of the gateway's clock before ours

    def __repr__(self) -> str:
        return f"Signer({self.key_id!r})"

    def signature(self, method: str, target: str, timestamp: str, nonce: str, body: bytes) -> str:
        """`v1=` and the HMAC; `target` is the path with its query, as it is sent."""
        said = f"{method}\n{target}\n{timestamp}\n{nonce}\n{hashlib.sha256(body).hexdigest()}"
        return f"v1={hmac.new(self._key, said.encode(), hashlib.sha256).hexdigest()}"

    def headers(self, method: str, target: str, body: bytes, now: float) -> dict[str, str]:
        """The four headers, with a fresh nonce; `now` is our clock in Unix seconds."""
        timestamp, nonce = str(int(now + self.offset_s)), secrets.token_urlsafe(18)
        return {
            "X-Quangate-Key": self.key_id,
            "X-Quangate-Timestamp": timestamp,
            "X-Quangate-Nonce": nonce,
            "X-Quangate-Signature": self.signature(method, target, timestamp, nonce, body),
        }


def part(text: str) -> str:
    """A segment of a path, percent-encoded; `.` and `..` cannot be one. Raises ValueError."""
    if text in {"", ".", ".."}:
        raise ValueError(f"{text!r} names nothing")
    return escaped(text)


def escaped(text: str) -> str:
    """Percent-encoded. Raises QuangateError."""
    try:
        return quote(text, safe=UNRESERVED)
    except UnicodeEncodeError:
        raise unsayable() from None


def with_query(path: str, query: Mapping[str, object]) -> str:
    """The target of a request; what is None is left out. Times become RFC 3339 in UTC."""
    pairs = [
        f"{escaped(name)}={escaped(_text(value))}"
        for name, value in query.items()
        if value is not None
    ]
    return f"{path}?{'&'.join(pairs)}" if pairs else path


def _text(value: object) -> str:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("a time needs a zone")
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return str(value)


def check_base_url(url: str) -> str:
    """The address without its last slashes. Plain http is for loopback only. Raises ValueError."""
    parts = urlsplit(url)
    loopback = {"localhost", "127.0.0.1", "::1"}
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("base_url is no http(s) address")
    if parts.scheme == "http" and parts.hostname not in loopback:
        raise ValueError("base_url must be https: plain http is for loopback only")
    if parts.query or parts.fragment or parts.username is not None:
        raise ValueError("base_url has a query, a fragment or a user")
    return url.rstrip("/")
