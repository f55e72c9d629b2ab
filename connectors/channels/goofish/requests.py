"""Reads the channel's requests: strict types, every refusal names the member. Pure.

A number written as text, a text written as a number, `true` for 1: all of them 1201. Members that
are not known are let through: the channel passes ids of its own (product_id, item_id …).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, TypeVar
from urllib.parse import urlsplit

from connectors.channels.goofish.wire import Code, GoodsType, GoofishRefused, Operation
from connectors.channels.members import is_whole
from connectors.exchange import ProtocolError
from connectors.loose import read_object

T = TypeVar("T")

TEXT_LENGTH_MAX: Final = 255
ORDER_NO_LENGTH_MAX: Final = 64  # ours: api.md
URL_LENGTH_MAX: Final = 2048
PAGE_SIZE_MAX: Final = 100
PAGE_SIZE: Final = 50
INT_MAX: Final = 2**53  # what every JSON reader agrees on


@dataclass(frozen=True, slots=True, kw_only=True)
class InfoRequest:
    """`open/info`, `user/info`: nothing is asked but who asks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GoodsListRequest:
    """A page of goods; `keyword` is part of a name or a whole number."""

    goods_type: GoodsType | None
    keyword: str | None
    page_no: int
    page_size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GoodsRequest:
    """One of our goods; `token`, `notify_url` are where a subscription is told of changes."""

    goods_type: GoodsType | None
    goods_no: str
    token: str | None = None
    notify_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RechargeTarget:
    """`biz_content` of a recharge: the account and what else the goods want to know."""

    account: str
    game_name: str | None = None
    game_role: str | None = None
    game_area: str | None = None
    game_server: str | None = None
    buyer_ip: str | None = None
    buyer_area: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateRequest:
    """An order. `max_amount_minor` bounds the whole order in fen; None means: do not check.

    `order_no` is unique at the channel: the same again with equal content gets the stored result.
    """

    order_type: GoodsType
    order_no: str
    goods_no: str
    buy_quantity: int
    max_amount_minor: int | None
    notify_url: str
    biz_order_no: str
    target: RechargeTarget | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DetailRequest:
    """An order by the channel's number, else by ours; exactly one of them is set."""

    order_type: GoodsType
    order_no: str | None
    out_order_no: str | None


Request: TypeAlias = InfoRequest | GoodsListRequest | GoodsRequest | CreateRequest | DetailRequest


def read_request(operation: Operation, body: bytes) -> Request:
    """Read a verified request's body; raises `GoofishRefused` (1201) naming what is wrong."""
    try:
        members = read_object(body) if body.strip() else {}
    except ProtocolError:
        raise GoofishRefused(Code.BAD_PARAMETERS, "the body is no JSON object") from None
    return _READERS[operation](members)


def _read_info(_members: Mapping[str, Any]) -> InfoRequest:
    return InfoRequest()


def _read_goods_list(members: Mapping[str, Any]) -> GoodsListRequest:
    return GoodsListRequest(
        goods_type=_goods_type(members, "goods_type"),
        keyword=_text(members, "keyword"),
        page_no=_number(members, "page_no", 1, INT_MAX) or 1,
        page_size=_number(members, "page_size", 1, PAGE_SIZE_MAX) or PAGE_SIZE,
    )


def _read_goods(members: Mapping[str, Any]) -> GoodsRequest:
    return GoodsRequest(
        goods_type=_goods_type(members, "goods_type"),
        goods_no=_required(_text(members, "goods_no"), "goods_no"),
        token=_text(members, "token"),
        notify_url=_url(members, "notify_url"),
    )


def _read_create(order_type: GoodsType) -> Callable[[Mapping[str, Any]], CreateRequest]:
    def read(members: Mapping[str, Any]) -> CreateRequest:
        target = _read_target(members) if order_type is GoodsType.RECHARGE else None
        return CreateRequest(
            order_type=order_type,
            order_no=_required(_text(members, "order_no", ORDER_NO_LENGTH_MAX), "order_no"),
            goods_no=_required(_text(members, "goods_no"), "goods_no"),
            buy_quantity=_required(_number(members, "buy_quantity", 1, INT_MAX), "buy_quantity"),
            max_amount_minor=_number(members, "max_amount", 0, INT_MAX),
            notify_url=_required(_url(members, "notify_url"), "notify_url"),
            biz_order_no=_required(_text(members, "biz_order_no"), "biz_order_no"),
            target=target,
        )

    return read


def _read_target(members: Mapping[str, Any]) -> RechargeTarget:
    content = members.get("biz_content")
    if not isinstance(content, dict):
        raise _wrong("biz_content")
    return RechargeTarget(
        account=_required(_text(content, "account"), "biz_content.account"),
        game_name=_text(content, "game_name"),
        game_role=_text(content, "game_role"),
        game_area=_text(content, "game_area"),
        game_server=_text(content, "game_server"),
        buyer_ip=_text(content, "buyer_ip"),
        buyer_area=_text(content, "buyer_area"),
    )


def _read_detail(members: Mapping[str, Any]) -> DetailRequest:
    order_no, out_order_no = _text(members, "order_no"), _text(members, "out_order_no")
    if order_no is None and out_order_no is None:
        raise _wrong("order_no")
    return DetailRequest(
        order_type=_required(_goods_type(members, "order_type"), "order_type"),
        order_no=order_no,
        out_order_no=out_order_no if order_no is None else None,
    )


_READERS: Final[Mapping[Operation, Callable[[Mapping[str, Any]], Request]]] = {
    Operation.PLATFORM_INFO: _read_info,
    Operation.MERCHANT_INFO: _read_info,
    Operation.GOODS_LIST: _read_goods_list,
    Operation.GOODS_SUBSCRIPTIONS: _read_goods_list,
    Operation.GOODS_DETAIL: _read_goods,
    Operation.GOODS_SUBSCRIBE: _read_goods,
    Operation.GOODS_UNSUBSCRIBE: _read_goods,
    Operation.RECHARGE_CREATE: _read_create(GoodsType.RECHARGE),
    Operation.CARD_CREATE: _read_create(GoodsType.CARD),
    Operation.TICKET_CREATE: _read_create(GoodsType.TICKET),
    Operation.ORDER_DETAIL: _read_detail,
}


# --- members --------------------------------------------------------------------------------------


def _wrong(name: str) -> GoofishRefused:
    return GoofishRefused(Code.BAD_PARAMETERS, name)


def _required(value: T | None, name: str) -> T:
    if value is None:
        raise _wrong(name)
    return value


def _text(members: Mapping[str, Any], name: str, length_max: int = TEXT_LENGTH_MAX) -> str | None:
    """A text; null and the empty text count as absent."""
    value = members.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or len(value) > length_max or not is_whole(value):
        raise _wrong(name)
    return value


def _number(members: Mapping[str, Any], name: str, lowest: int, highest: int) -> int | None:
    value = members.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= highest:
        raise _wrong(name)
    return value


def _goods_type(members: Mapping[str, Any], name: str) -> GoodsType | None:
    number = _number(members, name, min(GoodsType), max(GoodsType))
    return None if number is None else GoodsType(number)


def _url(members: Mapping[str, Any], name: str) -> str | None:
    """An absolute http(s) URL; whether it may be called is for who calls it."""
    value = _text(members, name, URL_LENGTH_MAX)
    if value is None:
        return None
    try:
        parts = urlsplit(value)
        is_absolute = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        is_absolute = False
    if not is_absolute:
        raise _wrong(name)
    return value
