"""The platform's words: settings, signature, envelope, tables. Shared with the simulator. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from connectors.contract import AnswerKind, Reason
from connectors.exchange import ProtocolError
from connectors.loose import as_text, read_object
from connectors.secret import Secret
from connectors.signing import compact_json, hmac_sha256_hex

# Every table says where its facts are from. What is in none of them proves nothing.
STATES: Final[Mapping[str, AnswerKind]] = {
    "running": AnswerKind.PROCESSING,
    "done": AnswerKind.SUCCESS,
    "failed": AnswerKind.FAILED,
}
REFUSALS: Final[Mapping[str, Reason]] = {
    "no_product": Reason.PRODUCT_UNAVAILABLE,
    "bad_account": Reason.INVALID_ACCOUNT,
    "bad_request": Reason.INVALID_REQUEST,
    "too_dear": Reason.PRICE_CHANGED,
    "no_balance": Reason.INSUFFICIENT_BALANCE,
    "bad_sign": Reason.CREDENTIALS,
}
ABSENT: Final = "no_order"  # the order's own code: the only proof that it is not there
DUPLICATE: Final = "exists"  # proves nothing: ask for the order


@dataclass(frozen=True, slots=True, kw_only=True)
class ExampleSettings:
    """`--set` names; `window_s` bounds the age of a callback."""

    app_id: str
    secret: Secret
    window_s: int = 300


def signed(members: Mapping[str, Any], settings: ExampleSettings) -> tuple[dict[str, str], bytes]:
    """Headers and body, complete to the byte: what is signed is what is sent."""
    body = compact_json(dict(members)).encode()
    headers = {
        "content-type": "application/json; charset=utf-8",
        "x-app-id": settings.app_id,
        "x-sign": hmac_sha256_hex(body, settings.secret),
    }
    return headers, body


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """An answer: `{code, message, data}`."""

    code: str
    message: str
    data: Any

    @property
    def ok(self) -> bool:
        """Whether the platform calls it a success."""
        return self.code == "ok"


def read_envelope(body: bytes) -> Envelope:
    """Read an answer; raises `ProtocolError`."""
    answer = read_object(body)
    code = as_text(answer.get("code"))
    if code is None:
        raise ProtocolError("the answer has no code")
    message = as_text(answer.get("message")) or ""
    return Envelope(code=code, message=message, data=answer.get("data"))
