"""The platform's words: settings, who may ask, operations, states. Pure.

Facts: upstreams.md §1.2 and §9. The signed bytes are those that are sent; shops that re-serialise
what they read sort all levels, so both readings are taken. Every answer is HTTP 200.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Any, Final

from connectors.channels.call import Call
from connectors.exchange import ProtocolError
from connectors.kasushou.wire import sign_body, sorted_body, unix_seconds
from connectors.loose import read_object
from connectors.secret import Secret
from connectors.signing import same

TIMESTAMP_WINDOW_S: Final = 300
# After the first push, if it is not taken: 5, 10, 15, 20, 25 minutes.
DELAYS_S: Final = (0, 300, 600, 900, 1200, 1500)


class Code(IntEnum):
    """`code` of an answer."""

    OK = 200
    REFUSED = 400
    UNKNOWN = 500  # nobody knows what became of it: the shop asks for the order


class Status(IntEnum):
    """`status` of an order."""

    RUNNING = 2
    SUCCESS = 3
    CANCELLED = 4
    REFUNDED = 5


# Our order states. Uncertain is not an end; a part delivered is a success with money back.
STATUS_OF_STATE: Final[Mapping[str, Status]] = {
    "processing": Status.RUNNING,
    "uncertain": Status.RUNNING,
    "delivered": Status.SUCCESS,
    "partial": Status.SUCCESS,
    "failed": Status.REFUNDED,
    "reversed": Status.REFUNDED,
}


class Operation(StrEnum):
    """What a shop may ask, by the end of its path."""

    USER_INFO = "user/info"
    GOODS_CATE = "goods/cate"
    GOODS_LIST = "goods/list"
    GOODS_INFO = "goods/info"
    GOODS_ATTACH = "goods/attach"
    GOODS_PRICELOG = "goods/pricelog"
    ORDER_BUY = "order/buy"
    ORDER_INFO = "order/info"
    ORDER_CLOSE = "order/close"


class KasushouRefused(Exception):  # noqa: N818 — says what happened
    """A request is not obeyed; `answers.refusal` writes what the shop gets."""

    def __init__(self, message: str, code: Code = Code.REFUSED) -> None:
        super().__init__(message)
        self.message = message
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class KasushouFaceSettings:
    """`--set` names: what the shop enters as its account with us."""

    userid: str
    apikey: Secret
    plaintext_codes: bool = False


def read_verified(settings: KasushouFaceSettings, call: Call) -> tuple[dict[str, Any], str]:
    """The members of a request, and what makes it different from every other.

    Raises KasushouRefused.
    """
    timestamp, sign = call.headers.get("timestamp", ""), call.headers.get("sign", "").lower()
    if not same(call.headers.get("userid", ""), settings.userid):
        raise KasushouRefused("用户不存在")
    if not re.fullmatch(r"\d{10}|\d{13}", timestamp, re.ASCII):
        raise KasushouRefused("时间戳错误")
    if abs(call.now - unix_seconds(int(timestamp))) > TIMESTAMP_WINDOW_S:
        raise KasushouRefused("请求已过期")
    body = call.body or b"{}"
    if same(sign, sign_body(timestamp, body, settings.apikey)):
        return _read(body), f"{timestamp}\n{sign}"
    members = _read(body)
    if not same(sign, sign_body(timestamp, sorted_body(members), settings.apikey)):
        raise KasushouRefused("签名错误")
    return members, f"{timestamp}\n{sign}"


def operation_of(path: str) -> Operation:
    """The operation a path names, behind `/api/` and a version or none."""
    found = re.fullmatch(r"/api(?:/v[0-9]+)?/([a-z]+/[a-z]+)/?", path)
    try:
        return Operation(found[1] if found else "")
    except ValueError:
        raise KasushouRefused("接口不存在") from None


def _read(body: bytes) -> dict[str, Any]:
    try:
        return read_object(body)
    except ProtocolError:
        raise KasushouRefused("参数错误: 不是JSON对象") from None
