"""Dujiao-next's words: headers, signature, status and errors. Pure; shared with the simulator.

Facts: the site API's document of 2026-04-01, protocol_version "1.0".
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from connectors.contract import AnswerKind, DeliveredCode, Reason
from connectors.exchange import ProtocolError
from connectors.loose import as_text, read_object
from connectors.secret import Secret
from connectors.signing import hmac_sha256_hex

STATES: Final[Mapping[str, AnswerKind]] = {
    "pending_payment": AnswerKind.PROCESSING,
    "paid": AnswerKind.PROCESSING,
    "fulfilling": AnswerKind.PROCESSING,
    "partially_delivered": AnswerKind.PROCESSING,  # the rest may still come
    "delivered": AnswerKind.SUCCESS,
    "completed": AnswerKind.SUCCESS,
    "canceled": AnswerKind.FAILED,  # by us or by them; what was paid is back on the wallet
}
# `error_code` of refusals that enter nothing. A wallet that is empty comes as HTTP 200.
REFUSALS: Final[Mapping[str, Reason]] = {
    "missing_auth_headers": Reason.CREDENTIALS,
    "invalid_timestamp": Reason.CREDENTIALS,
    "timestamp_expired": Reason.CREDENTIALS,
    "invalid_signature": Reason.CREDENTIALS,
    "invalid_api_key": Reason.CREDENTIALS,
    "user_disabled": Reason.CREDENTIALS,
    "bad_request": Reason.INVALID_REQUEST,
    "invalid_callback_url": Reason.INVALID_REQUEST,
    "sku_unavailable": Reason.PRODUCT_UNAVAILABLE,
    "product_unavailable": Reason.PRODUCT_UNAVAILABLE,
    "product_not_found": Reason.PRODUCT_UNAVAILABLE,
    "insufficient_stock": Reason.PRODUCT_UNAVAILABLE,
    "insufficient_balance": Reason.INSUFFICIENT_BALANCE,
    "payment_failed": Reason.INSUFFICIENT_BALANCE,
}
CALLBACK_PATH: Final = "/api/v1/upstream/callback"
HEADER: Final = "dujiao-next-"


@dataclass(frozen=True, slots=True, kw_only=True)
class DujiaoSettings:
    """`--set` names. `prefix` is where the API lives, and is signed; `account_field` is the name
    that manual goods give to the account in their form; `window_s` bounds a callback's age.
    """

    api_key: str
    api_secret: Secret
    prefix: str = "/api/v1/upstream"
    account_field: str = "account"
    window_s: int = 60


def sign(method: str, path: str, timestamp: str, body: bytes, secret: Secret) -> str:
    """Hex HMAC-SHA-256 of method, path (without its query), time and the body's MD5."""
    digest = hashlib.md5(body, usedforsecurity=False).hexdigest()
    return hmac_sha256_hex(f"{method}\n{path}\n{timestamp}\n{digest}".encode(), secret)


def signed_headers(
    method: str, path: str, timestamp: str, body: bytes, settings: DujiaoSettings
) -> dict[str, str]:
    """The headers of a call or a callback."""
    return {
        "content-type": "application/json; charset=utf-8",
        f"{HEADER}api-key": settings.api_key,
        f"{HEADER}timestamp": timestamp,
        f"{HEADER}signature": sign(method, path, timestamp, body, settings.api_secret),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """An answer: its members lie beside `ok`."""

    ok: bool
    code: str
    message: str
    body: Mapping[str, Any]


def read_envelope(body: bytes) -> Envelope:
    """Read an answer; raises `ProtocolError` if it does not say whether it is a success."""
    answer = read_object(body)
    said = answer.get("ok")
    code = as_text(answer.get("error_code")) or ""
    if not isinstance(said, bool) and not code:
        raise ProtocolError("the answer has no ok")
    message = as_text(answer.get("error_message")) or ""
    return Envelope(ok=said is True and not code, code=code, message=message, body=answer)


def read_codes(payload: Any) -> tuple[DeliveredCode, ...]:
    """The codes of a fulfilment: one a line, kept whole."""
    text = payload if isinstance(payload, str) else ""
    lines = (line.strip() for line in text.splitlines())
    return tuple(DeliveredCode(code=Secret(line)) for line in lines if line)
