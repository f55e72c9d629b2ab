"""Kasushou's words: signature, envelope, status tables. Pure; shared by connector and simulator.

Facts: doc.kasushou.com/api/v2api (upstreams.md §1.2), and what shops were seen to send (§9).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from connectors.contract import AnswerKind, DeliveredCode
from connectors.exchange import ProtocolError
from connectors.loose import as_text, read_object
from connectors.refusal import denies_order
from connectors.secret import Secret
from connectors.signing import compact_json, timestamped_sha1
from connectors.spelled import read_form, read_spelled

# `status` of order/info and of callbacks.
STATES: Final[Mapping[str, AnswerKind]] = {
    "-1": AnswerKind.UNKNOWN,  # not paid: neither running nor ended
    "1": AnswerKind.PROCESSING,
    "2": AnswerKind.PROCESSING,
    "3": AnswerKind.SUCCESS,
    "4": AnswerKind.CANCELLED,
    "5": AnswerKind.REVERSED,  # refunded; FAILED if it had never been 3
}
OK_CODES: Final = frozenset({"0", "1", "200"})  # as numbers or text, by shop
# A crash (500) proves nothing, whatever it says.
REFUSED_CODES: Final = frozenset({"400", "404"})
DUPLICATE_TEXTS: Final = ("重复", "已存在", "已经存在")
# A text that can only be an account: digits, a QQ number, an address, no stars over any of it.
ACCOUNT_LIKE: Final = re.compile(r"\+?[A-Za-z0-9][A-Za-z0-9@._-]{4,63}", re.ASCII)
# Members of a callback that the signature does not cover.
UNSIGNED: Final = frozenset({"sign", "card_list", "express_list"})
PRICE_PUSH_SIGNED: Final = ("id", "time")


@dataclass(frozen=True, slots=True, kw_only=True)
class KasushouSettings:
    """`--set` names. `callback_window_s` bounds the age of a callback's `time`; `ack` is what stops
    the retries; `prefix` is where the API lives.
    """

    userid: str
    apikey: Secret
    prefix: str = "/api/v1"
    callback_window_s: int = 300
    ack: str = "ok"


def sorted_body(members: Mapping[str, Any]) -> bytes:
    """The bytes that are signed and sent: keys sorted on every level, so that shops which sort only
    the top and shops which sort all of them read the same.
    """
    return compact_json(_sorted(dict(members))).encode()


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _sorted(value[name]) for name in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value


def sign_body(timestamp: str, body: bytes, key: Secret) -> str:
    """The `Sign` header: sha1 of timestamp, body and key."""
    return timestamped_sha1(timestamp, body.decode("utf-8", "replace"), key)


def unix_seconds(moment: int) -> float:
    """A time of the platform: 13 digits are milliseconds, 10 are seconds."""
    return moment / 1000 if moment > 10**11 else float(moment)


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """An answer; `data` as received."""

    code: str
    message: str
    data: Any

    @property
    def ok(self) -> bool:
        """Whether the platform calls it a success."""
        return self.code in OK_CODES

    def denies(self, order_no: str) -> bool:
        """Whether the platform refuses because it has no such order, and for no other reason."""
        return self.code in REFUSED_CODES and denies_order(self.message, order_no)


def read_envelope(body: bytes) -> Envelope:
    """Read `{code, msg, data}`; raises `ProtocolError`."""
    answer = read_object(body)
    code = as_text(answer.get("code"))
    if code is None:
        raise ProtocolError("the answer has no code")
    message = as_text(answer.get("msg")) or as_text(answer.get("message")) or ""
    return Envelope(code=code, message=message, data=answer.get("data"))


def read_rows(data: Any) -> list[dict[str, Any]]:
    """The rows of `data`: a list, `{list: […]}`, `{data: […]}`, or one object. Raises
    `ProtocolError` for what is none of them: an answer without a list does not say "none".
    """
    if isinstance(data, dict):
        lists = (data[name] for name in ("list", "data") if isinstance(data.get(name), list))
        data = next(lists, [data] if data else [])
    if not isinstance(data, list) or not all(isinstance(row, dict) for row in data):
        raise ProtocolError("the answer has no list")
    return data


def read_codes(card_list: Any) -> tuple[DeliveredCode, ...]:
    """Cards as `{card_no, card_password}` objects or as plain texts (kept whole)."""
    if not isinstance(card_list, list):
        return ()
    return tuple(code for card in card_list if (code := _read_code(card)) is not None)


def _read_code(card: Any) -> DeliveredCode | None:
    if not isinstance(card, dict):
        text = as_text(card)
        return DeliveredCode(code=Secret(text)) if text else None
    number, password = as_text(card.get("card_no")), as_text(card.get("card_password"))
    first, second = (number, password) if number else (password, None)
    if first is None:
        return None
    return DeliveredCode(code=Secret(first), pin=Secret(second) if second else None)


def told_account(recharge_info: Any) -> str | None:
    """The account of `recharge_info`: `[{n, k, v}]`, or a text, which is taken for an account only
    if it is nothing else. None: it does not say.
    """
    if isinstance(recharge_info, str):
        text = recharge_info.strip()
        return text if ACCOUNT_LIKE.fullmatch(text) else None
    for field in recharge_info if isinstance(recharge_info, list) else ():
        if isinstance(field, dict) and field.get("k") == "recharge_account":
            return as_text(field.get("v"))
    return None


# --- callbacks ------------------------------------------------------------------------------------


def read_callback(body: bytes, content_type: str) -> dict[str, Any]:
    """Read a JSON or form callback; raises `ProtocolError`."""
    if "form-urlencoded" in content_type:
        return dict(read_form(body))
    return read_spelled(body)


def signed_members(callback: Mapping[str, Any]) -> dict[str, Any]:
    """What a callback's sign covers. An order's: everything that came but the cards, also what is
    new. A price push's: `id` and `time` alone.
    """
    if "external_orderno" in callback or "ordersn" in callback:
        return {name: value for name, value in callback.items() if name not in UNSIGNED}
    return {name: callback[name] for name in PRICE_PUSH_SIGNED if name in callback}
