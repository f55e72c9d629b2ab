"""Goofish's words: settings, signature, operations, codes, statuses. Pure.

Facts: the channel's public documentation (upstreams.md §2.1), and what was seen of implementations
(§9): any prefix, with or without a trailing `/`, a missing timestamp is 408 before 401. Every
answer is HTTP 200; `code` tells.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final
from urllib.parse import parse_qsl

from connectors.secret import Secret
from connectors.settings import SettingsError
from connectors.signing import md5_hex, same

TIMESTAMP_WINDOW_S: Final = 300


class Code(IntEnum):
    """`code` of an answer."""

    OK = 0
    BAD_SIGN = 401
    STALE = 408
    GOODS_NOT_FOUND = 1100
    GOODS_UNAVAILABLE = 1101
    OUT_OF_STOCK = 1102
    ORDER_NOT_FOUND = 1200
    BAD_PARAMETERS = 1201
    BELOW_COST = 1202
    ORDER_EXISTS = 1203
    ORDER_TIMEOUT = 1209  # the one that is not a refusal: the channel asks for the detail


MESSAGES: Final[Mapping[Code, str]] = {
    Code.OK: "OK",
    Code.BAD_SIGN: "签名错误",
    Code.STALE: "请求已过期",
    Code.GOODS_NOT_FOUND: "商品不存在",
    Code.GOODS_UNAVAILABLE: "商品不可用",
    Code.OUT_OF_STOCK: "商品库存不足",
    Code.ORDER_NOT_FOUND: "订单不存在",
    Code.BAD_PARAMETERS: "下单参数错误",
    Code.BELOW_COST: "下单金额低于成本价",
    Code.ORDER_EXISTS: "订单号已存在",
    Code.ORDER_TIMEOUT: "下单超时",
}


class GoodsType(IntEnum):
    """`goods_type` of goods and `order_type` of orders."""

    RECHARGE = 1  # 直充
    CARD = 2  # 卡密
    TICKET = 3  # 券码


class GoodsStatus(IntEnum):
    """`status` of goods."""

    ON_SALE = 1
    OFF_SALE = 2


class OrderStatus(IntEnum):
    """`order_status`; there is no word for uncertain or partial."""

    PROCESSING = 10
    SUCCESS = 20
    FAILED = 30


# Our order states. Uncertain is not an end. What was delivered in part is a success with a remark:
# "failed" would refund goods that the buyer has. What was taken back has failed.
STATUS_OF_STATE: Final[Mapping[str, OrderStatus]] = {
    "processing": OrderStatus.PROCESSING,
    "uncertain": OrderStatus.PROCESSING,
    "delivered": OrderStatus.SUCCESS,
    "partial": OrderStatus.SUCCESS,
    "failed": OrderStatus.FAILED,
    "reversed": OrderStatus.FAILED,
}


class Operation(StrEnum):
    """What the channel may ask, by the end of its path."""

    PLATFORM_INFO = "open/info"
    MERCHANT_INFO = "user/info"
    GOODS_LIST = "goods/list"
    GOODS_DETAIL = "goods/detail"
    GOODS_SUBSCRIBE = "goods/change/subscribe"
    GOODS_UNSUBSCRIBE = "goods/change/unsubscribe"
    GOODS_SUBSCRIPTIONS = "goods/change/subscribe/list"
    RECHARGE_CREATE = "order/recharge/create"
    CARD_CREATE = "order/purchase/create"
    TICKET_CREATE = "order/ticket/create"
    ORDER_DETAIL = "order/detail"


class GoofishRefused(Exception):  # noqa: N818 — says what happened
    """A request is not obeyed; `answers.refusal` writes what the channel gets."""

    def __init__(self, code: Code, detail: str = "") -> None:
        super().__init__(f"{code.name}: {detail}" if detail else code.name)
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True, kw_only=True)
class GoofishSettings:
    """`--set` names: the application's and the merchant's id and secret, as the channel shows them.

    `app_id` is answered as a number, so it must be one.
    """

    app_id: str
    app_secret: Secret
    mch_id: str
    mch_secret: Secret

    def __post_init__(self) -> None:
        if not re.fullmatch(r"\d{1,19}", self.app_id, re.ASCII):
            raise SettingsError("setting app_id is a number", "app_id")


def sign(settings: GoofishSettings, body: bytes, timestamp: str) -> str:
    """Lower-case md5 over ids, secrets, the body's md5 and the timestamp, joined by commas. The
    body is taken as sent: nothing and `{}` have different signs.
    """
    body_md5 = hashlib.md5(body, usedforsecurity=False).hexdigest()
    parts = (
        settings.app_id,
        settings.app_secret.reveal(),
        body_md5,
        timestamp,
        settings.mch_id,
        settings.mch_secret.reveal(),
    )
    return md5_hex(",".join(parts))


def verify(settings: GoofishSettings, query: str, body: bytes, now: float) -> None:
    """Check a request's raw query and body; raises `GoofishRefused`, STALE before BAD_SIGN."""
    fields = dict(parse_qsl(query, keep_blank_values=True))
    timestamp = fields.get("timestamp", "")
    if not re.fullmatch(r"\d{1,12}", timestamp, re.ASCII):
        raise GoofishRefused(Code.STALE, "no timestamp in seconds")
    if abs(now - int(timestamp)) > TIMESTAMP_WINDOW_S:
        raise GoofishRefused(Code.STALE, f"more than {TIMESTAMP_WINDOW_S} s off")
    is_ours = same(fields.get("mch_id", ""), settings.mch_id)
    is_signed = same(fields.get("sign", "").lower(), sign(settings, body, timestamp))
    if not (is_ours and is_signed):
        raise GoofishRefused(Code.BAD_SIGN)


def operation_of(path: str) -> Operation | None:
    """The operation a path names, under any prefix, with or without a trailing `/`."""
    _, found, rest = f"/{path.strip('/')}".rpartition("/goofish/")
    try:
        return Operation(rest) if found else None
    except ValueError:
        return None
