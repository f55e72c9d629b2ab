"""Fulu's words: envelope, signature, status tables. Pure; shared by connector and simulator.

Facts: the platform's public documentation (upstreams.md §1.1, §9). *Assumption* marks the rest.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

from connectors.contract import AnswerKind, Reason
from connectors.exchange import ProtocolError
from connectors.loose import as_text, read_json, read_object
from connectors.refusal import Sentences
from connectors.secret import Secret
from connectors.settings import SettingsError
from connectors.signing import compact_json, same, sorted_characters_md5

# The platform writes Beijing time without a zone.
CHINA: Final = timezone(timedelta(hours=8))

# `order_state` of order.info.get and `order_status` of callbacks.
STATES: Final[Mapping[str, AnswerKind]] = {
    "success": AnswerKind.SUCCESS,
    "failed": AnswerKind.FAILED,
    "processing": AnswerKind.PROCESSING,
    "untreated": AnswerKind.PROCESSING,
}

# The only documented error codes: "this product cannot be sold, try the next product".
REJECTED_CODES: Final[Mapping[str, Reason]] = dict.fromkeys(
    ("3001", "3002", "3003", "3004", "3005", "3008"), Reason.PRODUCT_UNAVAILABLE
)

# Assumption: other codes are undocumented; this sentence is taken at face value.
NO_MONEY: Final = r"(?:您的)?(?:账户|商户|可用|账号)?余额不足(?:[,，]?请(?:及时)?充值)?"
REJECTED_SENTENCES: Final = Sentences([(NO_MONEY, Reason.INSUFFICIENT_BALANCE)])

# direct.add members that an order may carry beside the four mandatory ones.
DIRECT_EXTRAS: Final = frozenset(
    {
        "charge_game_name",
        "charge_game_region",
        "charge_game_srv",
        "charge_type",
        "charge_password",
        "charge_ip",
        "contact_qq",
        "contact_tel",
        "remaining_number",
        "charge_game_role",
        "customer_price",
        "shop_type",
        "external_biz_id",
    }
)
# Our product ids for mobile.add, which has a face instead of a product: mobile-100 is 100 yuan.
MOBILE_PRODUCT: Final = re.compile(r"mobile-(\d{1,5})")


@dataclass(frozen=True, slots=True, kw_only=True)
class FuluSettings:
    """`--set` names. Method names, path, version and ok-code are settings because a second dialect
    exists (§9): base URL as it is, version 1.0, `order.query`, `merchant.balance.query`, code 200.

    `callback_sign`: "verify" refuses callbacks that do not fit the assumed rule, "ignore" takes
    them as hints; neither trusts them. `states`, `rejected` extend the tables: `2=processing,…`,
    `2115=insufficient-balance,…`. `cards`: "encrypted" or "plain".
    """

    app_key: str
    secret: Secret
    path: str = "/api/getway"
    version: str = "2.0"
    ok_code: str = "0"
    method_direct: str = "fulu.order.direct.add"
    method_card: str = "fulu.order.card.add"
    method_mobile: str = "fulu.order.mobile.add"
    method_query: str = "fulu.order.info.get"
    method_balance: str = "fulu.user.info.get"
    method_catalog: str = "fulu.goods.list.get"
    app_auth_token: str = ""
    callback_sign: str = "verify"
    cards: str = "encrypted"
    states: str = ""
    rejected: str = ""
    state_table: Mapping[str, AnswerKind] = field(init=False, repr=False)
    rejected_table: Mapping[str, Reason] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        _expect_choice("callback_sign", self.callback_sign, ("verify", "ignore"))
        _expect_choice("cards", self.cards, ("encrypted", "plain"))
        object.__setattr__(self, "state_table", {**STATES, **_read_map(self.states, AnswerKind)})
        object.__setattr__(
            self, "rejected_table", {**REJECTED_CODES, **_read_map(self.rejected, Reason)}
        )


def sign_request(envelope: Mapping[str, str], secret: Secret) -> str:
    """The sign of a request's members (without `sign`), in any order."""
    return sorted_characters_md5(compact_json(dict(envelope)), secret)


def build_body(settings: FuluSettings, method: str, biz: Mapping[str, Any], now: float) -> bytes:
    """The signed JSON body of one method call; `biz_content` stays a string inside."""
    envelope = {
        "app_auth_token": settings.app_auth_token,
        "app_key": settings.app_key,
        "biz_content": compact_json(dict(biz)),
        "charset": "utf-8",
        "format": "json",
        "method": method,
        "sign_type": "md5",
        "timestamp": china_time(now),
        "version": settings.version,
    }
    envelope["sign"] = sign_request(envelope, settings.secret)
    return compact_json(envelope).encode()


def china_time(now: float) -> str:
    """Unix seconds as the platform writes them."""
    return datetime.fromtimestamp(now, UTC).astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")


def moment_of(text: str | None) -> str | None:
    """A time of the platform in RFC 3339; what is none stays as it is written."""
    try:
        moment = datetime.strptime(text or "", "%Y-%m-%d %H:%M:%S").replace(tzinfo=CHINA)
    except ValueError:
        return text
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """A verified answer; `result` is already parsed."""

    code: str
    message: str
    result: Any


def read_envelope(body: bytes, settings: FuluSettings) -> Envelope:
    """Read and verify an answer; an empty sign passes, a wrong one raises `ProtocolError`."""
    answer = read_object(body)
    code = as_text(answer.get("code"))
    if code is None:
        raise ProtocolError("the answer has no code")
    result = answer.get("result")
    sign = as_text(answer.get("sign"))
    if sign is not None:
        signed = result if isinstance(result, str) else compact_json(result) if result else ""
        if not same(sign.lower(), sorted_characters_md5(signed, settings.secret)):
            raise ProtocolError("the answer's sign is wrong")
    if isinstance(result, str) and result.strip():
        result = read_json(result.encode())
    # `msg` is the second dialect's.
    message = as_text(answer.get("message")) or as_text(answer.get("msg")) or ""
    return Envelope(code=code, message=message, result=result)


# It begins with what is looked for: blanks in front of it would be tried anew from each of them.
SIGN_MEMBER: Final = re.compile(r'"sign"\s*:\s*"[^"]*"')


def without_sign(text: str) -> str:
    """A JSON object's text without its member `sign` and the comma that belongs to it."""
    member = SIGN_MEMBER.search(text)
    if member is None:
        return text
    before, after = text[: member.start()].rstrip(), text[member.end() :]
    if before.endswith(","):
        return before[:-1] + after
    return text[: member.start()] + after.lstrip().removeprefix(",")


def callback_is_signed(body: bytes, callback: Mapping[str, Any], secret: Secret) -> bool:
    """Assumption: callbacks are signed as requests are. Verified over the text as received first
    (numbers keep their spelling), then over the re-serialised members (spaces do not count).
    """
    sign = as_text(callback.get("sign")) or ""
    raw = without_sign(body.decode("utf-8-sig", "replace"))
    try:
        canonical = compact_json({k: v for k, v in callback.items() if k != "sign"})
    except ValueError:  # a number that no double holds
        return False
    candidates = (sorted_characters_md5(text, secret) for text in (raw, canonical))
    return any(same(sign.lower(), candidate) for candidate in candidates)


def order_of_callback(callback: Mapping[str, Any]) -> Mapping[str, Any]:
    """The order that a callback tells of: its own members, or in the second dialect the JSON text
    of `biz_content`. Raises `ProtocolError`.
    """
    content = callback.get("biz_content")
    return read_object(content.encode()) if isinstance(content, str) else callback


def _expect_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise SettingsError(f"setting {name} is one of {', '.join(choices)}", name)


def _read_map(text: str, kind: type[Any]) -> dict[str, Any]:
    """`a=x,b=y` as a table of `kind`; raises `SettingsError`."""
    table = {}
    for pair in filter(None, (part.strip() for part in text.split(","))):
        word, equals, meaning = pair.partition("=")
        try:
            table[word.strip()] = kind(meaning.strip())
        except ValueError:
            valid = ", ".join(str(item) for item in kind)
            raise SettingsError(f"{pair!r}: write word=meaning; meanings: {valid}") from None
        if not equals:
            raise SettingsError(f"{pair!r}: write word=meaning")
    return table
