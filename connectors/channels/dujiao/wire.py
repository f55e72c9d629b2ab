"""Dujiao-next's words: settings, signature, errors, statuses. Pure.

Facts: its document, protocol 1.0 (2026-04). The path that is signed is the one behind the base URL
that the site was given, without a query. A newer fork signs a nonce and sha256 instead of md5; both
are read. Nothing in the protocol stops a replay: writes are made so that one changes nothing.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from connectors.channels.call import Call
from connectors.secret import Secret
from connectors.signing import hmac_sha256_hex, same

ROOT: Final = "/api/v1/upstream"
CALLBACK_PATH: Final = f"{ROOT}/callback"  # what callbacks are signed over, wherever they go
TIMESTAMP_WINDOW_S: Final = 60
PROTOCOL_VERSION: Final = "1.0"

API_KEY: Final = "dujiao-next-api-key"
TIMESTAMP: Final = "dujiao-next-timestamp"
SIGNATURE: Final = "dujiao-next-signature"
NONCE: Final = "dujiao-next-nonce"


class Error(StrEnum):
    """`error_code` of an answer that says no."""

    MISSING_AUTH_HEADERS = "missing_auth_headers"
    INVALID_TIMESTAMP = "invalid_timestamp"
    TIMESTAMP_EXPIRED = "timestamp_expired"
    INVALID_SIGNATURE = "invalid_signature"
    INVALID_API_KEY = "invalid_api_key"
    USER_DISABLED = "user_disabled"
    BAD_REQUEST = "bad_request"
    INVALID_CALLBACK_URL = "invalid_callback_url"
    SKU_UNAVAILABLE = "sku_unavailable"
    PRODUCT_NOT_FOUND = "product_not_found"
    PRODUCT_UNAVAILABLE = "product_unavailable"
    ORDER_NOT_FOUND = "order_not_found"
    NOT_FOUND = "not_found"  # no such call
    PAYMENT_FAILED = "payment_failed"  # with HTTP 200: their sites read it there
    INSUFFICIENT_STOCK = "insufficient_stock"
    CANCEL_NOT_ALLOWED = "cancel_not_allowed"
    INTERNAL_ERROR = "internal_error"


class Status(StrEnum):
    """`status` of an order."""

    PAID = "paid"
    FULFILLING = "fulfilling"
    PARTIALLY_DELIVERED = "partially_delivered"
    COMPLETED = "completed"
    CANCELED = "canceled"


# Our order states. Uncertain is not an end. What was taken back is canceled, with all its money.
STATUS_OF_STATE: Final[Mapping[str, Status]] = {
    "processing": Status.PAID,
    "uncertain": Status.FULFILLING,
    "delivered": Status.COMPLETED,
    "partial": Status.PARTIALLY_DELIVERED,
    "failed": Status.CANCELED,
    "reversed": Status.CANCELED,
}


class DujiaoRefused(Exception):  # noqa: N818 — says what happened
    """A request is not obeyed; `answers.refusal` writes what the site gets."""

    def __init__(self, status: int, error: Error, detail: str = "") -> None:
        super().__init__(f"{error}: {detail}" if detail else str(error))
        self.status = status
        self.error = error
        self.detail = detail


@dataclass(frozen=True, slots=True, kw_only=True)
class DujiaoSettings:
    """`--set` names: what the other site's administrator enters as its connection to us."""

    api_key: str
    api_secret: Secret
    plaintext_codes: bool = False


def sign(
    settings: DujiaoSettings,
    method: str,
    path: str,
    timestamp: str,
    body: bytes,
    *,
    nonce: str | None = None,
) -> str:
    """Hex HMAC-SHA-256 over method, path, timestamp and the body's digest, line by line."""
    parts = [method, path, timestamp]
    if nonce is None:
        parts.append(hashlib.md5(body, usedforsecurity=False).hexdigest())
    else:
        parts += [nonce, hashlib.sha256(body).hexdigest()]
    # A header may have bytes that are no text; then nothing is signed like it.
    return hmac_sha256_hex("\n".join(parts).encode("utf-8", "replace"), settings.api_secret)


def verify(settings: DujiaoSettings, call: Call) -> str:
    """Check a request. What makes this one request different from every other.

    Raises DujiaoRefused.
    """
    headers = call.headers
    key, timestamp = headers.get(API_KEY, ""), headers.get(TIMESTAMP, "")
    signature, nonce = headers.get(SIGNATURE, ""), headers.get(NONCE)
    if not (key and timestamp and signature):
        raise DujiaoRefused(401, Error.MISSING_AUTH_HEADERS)
    if not re.fullmatch(r"\d{1,12}", timestamp, re.ASCII):
        raise DujiaoRefused(401, Error.INVALID_TIMESTAMP)
    if abs(call.now - int(timestamp)) > TIMESTAMP_WINDOW_S:
        raise DujiaoRefused(401, Error.TIMESTAMP_EXPIRED, f"more than {TIMESTAMP_WINDOW_S} s off")
    if not same(key, settings.api_key):
        raise DujiaoRefused(401, Error.INVALID_API_KEY)
    expected = sign(settings, call.method, call.path, timestamp, call.body, nonce=nonce)
    if not same(signature.lower(), expected):
        raise DujiaoRefused(401, Error.INVALID_SIGNATURE)
    return f"{timestamp}\n{signature.lower()}"
