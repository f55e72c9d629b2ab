"""Dock v3's words: settings, signature, operations, codes, states. Pure.

Facts: upstreams.md §11. The signature is over the members themselves, so that `timestamp` and
`sign` are members, too. Every answer is HTTP 200; `code` tells, 1 is OK.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import Any, Final
from urllib.parse import parse_qsl

from connectors.channels.call import Call
from connectors.exchange import ProtocolError
from connectors.loose import read_object
from connectors.secret import Secret
from connectors.signing import compact_json, md5_hex, same

TIMESTAMP_WINDOW_S: Final = 300
# After the first push, if it is not taken: 5, 10, 15, 20, 25 minutes.
DELAYS_S: Final = (0, 300, 600, 900, 1200, 1500)


class Code(IntEnum):
    """`code` of an answer."""

    OK = 1
    BAD_SIGN = 401
    STALE = 403
    UNKNOWN_USER = 1000
    DISABLED = 1001
    NOT_PERMITTED = 1002  # also: no such call
    NO_GOODS_ID = 1200
    NO_QUANTITY = 1201
    NUMBER_EXISTS = 1205
    GOODS_GONE = 1206
    NOT_BY_API = 1207
    ACCOUNT_EMPTY = 1208
    NOT_ALLOWED = 1209
    BELOW_COST = 1210  # the order would cost more than the shop would pay
    BAD_FIELD = 1211
    BALANCE = 1213
    OUT_OF_STOCK = 1214
    NO_NUMBER = 1300
    NO_ORDER = 1301
    UNKNOWN = 9999  # nobody knows what became of it: the shop asks for the order


MESSAGES: Final[Mapping[Code, str]] = {
    Code.OK: "success",
    Code.BAD_SIGN: "签名错误",
    Code.STALE: "请求已过期",
    Code.UNKNOWN_USER: "用户不存在",
    Code.DISABLED: "用户已禁用",
    Code.NOT_PERMITTED: "无权限",
    Code.NO_GOODS_ID: "商品ID不能为空",
    Code.NO_QUANTITY: "购买数量不能为空",
    Code.NUMBER_EXISTS: "外部订单号已存在",
    Code.GOODS_GONE: "商品不存在或已下架",
    Code.NOT_BY_API: "商品不支持接口下单",
    Code.ACCOUNT_EMPTY: "充值账号不能为空",
    Code.NOT_ALLOWED: "不允许此操作",
    Code.BELOW_COST: "订单金额超过限制",
    Code.BAD_FIELD: "参数错误",
    Code.BALANCE: "余额不足",
    Code.OUT_OF_STOCK: "库存不足",
    Code.NO_NUMBER: "订单号不能为空",
    Code.NO_ORDER: "订单不存在",
    Code.UNKNOWN: "系统繁忙",
}


class Status(IntEnum):
    """`status` of an order; of those there are, those that we have."""

    RUNNING = 3
    FAILED = 4
    SUCCESS = 5


class Refund(IntEnum):
    """`refundstatus`."""

    NONE = 0
    ALL = 1
    PART = 2


# Our order states. Uncertain is not an end; a part delivered is a success with money back.
STATUS_OF_STATE: Final[Mapping[str, Status]] = {
    "processing": Status.RUNNING,
    "uncertain": Status.RUNNING,
    "delivered": Status.SUCCESS,
    "partial": Status.SUCCESS,
    "failed": Status.FAILED,
    "reversed": Status.FAILED,
}


class Operation(StrEnum):
    """What a shop may ask, by the end of its path."""

    USER_INFO = "user/info"
    GOODS_GROUP = "goods/group"
    GOODS_ALL = "goods/all"
    GOODS_DETAILS = "goods/details"
    GOODS_DETAILS_LITE = "goods/detailslite"
    ORDER_CREATE = "order/create"
    ORDER_GET = "order/get"
    ORDER_CANCEL = "order/cancelOrder"


class KakayunRefused(Exception):  # noqa: N818 — says what happened
    """A request is not obeyed; `answers.refusal` writes what the shop gets."""

    def __init__(self, code: Code, detail: str = "") -> None:
        super().__init__(f"{code.name}: {detail}" if detail else code.name)
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True, kw_only=True)
class KakayunFaceSettings:
    """`--set` names: what the shop enters as its account with us."""

    userid: str
    key: Secret
    plaintext_codes: bool = False


def sign(members: Mapping[str, Any], key: Secret) -> str:
    """Lower-case md5 of `k=v` sorted by name and joined by `&`, then the key. Empty texts and null
    are left out, `sign` too; true and false are words, lists and objects compact JSON."""
    pairs = [f"{name}={_text(members[name])}" for name in sorted(members) if _counts(members, name)]
    return md5_hex("&".join(pairs) + key.reveal())


def read_verified(settings: KakayunFaceSettings, call: Call) -> tuple[dict[str, Any], str]:
    """The members of a request, in its body or, asked by GET, in its query; and what makes it
    different from every other. Raises KakayunRefused.
    """
    members = _read(call)
    if not same(str(members.get("userid", "")), settings.userid):
        raise KakayunRefused(Code.UNKNOWN_USER)
    timestamp = str(members.get("timestamp", ""))
    if not re.fullmatch(r"\d{10}", timestamp, re.ASCII):
        raise KakayunRefused(Code.STALE, "timestamp")
    if abs(call.now - int(timestamp)) > TIMESTAMP_WINDOW_S:
        raise KakayunRefused(Code.STALE)
    said = str(members.get("sign", "")).lower()
    if not same(said, sign(members, settings.key)):
        raise KakayunRefused(Code.BAD_SIGN)
    return members, f"{timestamp}\n{said}"


def operation_of(path: str) -> Operation:
    """The operation a path names, behind `/dockapiv3/` or without it."""
    found = re.fullmatch(r"(?:/dockapiv3)?/([a-z]+/[a-zA-Z]+)/?", path)
    try:
        return Operation(found[1] if found else "")
    except ValueError:
        raise KakayunRefused(Code.NOT_PERMITTED) from None


def _read(call: Call) -> dict[str, Any]:
    if call.method == "GET":
        try:
            return dict(parse_qsl(call.query, keep_blank_values=True, max_num_fields=100))
        except ValueError:
            raise KakayunRefused(Code.BAD_FIELD) from None
    try:
        return read_object(call.body)
    except ProtocolError:
        raise KakayunRefused(Code.BAD_FIELD, "JSON") from None


def _counts(members: Mapping[str, Any], name: str) -> bool:
    return name != "sign" and members[name] is not None and members[name] != ""


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return json.dumps(float(value))  # as every language writes 9.80: 9.8
    return compact_json(value) if isinstance(value, (dict, list)) else str(value)
