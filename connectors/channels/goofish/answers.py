"""Writes what the channel gets: answers and the result callback. Pure.

Amounts are fen, times Unix seconds, numbers are numbers: the channel is strict about types.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode, urlsplit, urlunsplit

from connectors.channels.card import Card
from connectors.channels.goofish.wire import (
    MESSAGES,
    Code,
    GoodsStatus,
    GoodsType,
    GoofishRefused,
    GoofishSettings,
    OrderStatus,
    sign,
)
from connectors.exchange import HttpRequest, HttpResponse, ProtocolError
from connectors.loose import as_int, read_object
from connectors.signing import compact_json

CONTENT_TYPE: Final = "application/json; charset=utf-8"


# What we offer beside orders: nothing. Refunds are asked of people, changed goods are found by
# asking for the list, and an order below our price is refused (`max_amount` is honoured).
FEATURES: Final[Mapping[str, bool]] = {
    "is_support_order_refund": False,
    "is_support_goods_notify": False,
    "is_support_loss_purchase": False,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Goods:
    """One of our goods at this channel's price."""

    goods_no: str
    goods_type: GoodsType
    goods_name: str
    price_minor: int
    stock: int
    status: GoodsStatus
    update_time_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderAnswer:
    """An order as the channel sees it; `cards` only with SUCCESS."""

    order_type: GoodsType
    order_no: str
    out_order_no: str
    order_status: OrderStatus
    order_amount_minor: int
    goods_no: str
    goods_name: str
    buy_quantity: int
    order_time_s: int
    end_time_s: int | None = None
    cards: tuple[Card, ...] = ()
    remark: str = ""


def success(data: Any = None) -> bytes:
    """The body of an answer with `code` 0."""
    return _body(Code.OK, MESSAGES[Code.OK], {} if data is None else data)


def refusal(refused: GoofishRefused) -> bytes:
    """The body that says no; the member at fault is named, its value never."""
    message = MESSAGES[refused.code]
    return _body(refused.code, f"{message}: {refused.detail}" if refused.detail else message, None)


def platform_info(settings: GoofishSettings) -> dict[str, Any]:
    """`data` of open/info."""
    return {"app_id": int(settings.app_id), "features": dict(FEATURES)}


def merchant_info(balance_minor: int) -> dict[str, Any]:
    """`data` of user/info."""
    return {"balance": balance_minor}


def goods_page(goods: Iterable[Goods], count: int) -> dict[str, Any]:
    """`data` of goods/list; `count` is that of all pages."""
    return {"list": [goods_data(item) for item in goods], "count": count}


def goods_data(goods: Goods) -> dict[str, Any]:
    """`data` of goods/detail."""
    return {
        "goods_no": goods.goods_no,
        "goods_type": int(goods.goods_type),
        "goods_name": goods.goods_name,
        "price": goods.price_minor,
        "stock": goods.stock,
        "status": int(goods.status),
        "update_time": goods.update_time_s,
    }


def order_data(order: OrderAnswer) -> dict[str, Any]:
    """`data` of a create and of order/detail. Holds codes in plain text: for the wire only."""
    return {
        **_result_members(order),
        "order_amount": order.order_amount_minor,
        "goods_no": order.goods_no,
        "goods_name": order.goods_name,
        "buy_quantity": order.buy_quantity,
        "order_time": order.order_time_s,
    }


def result_callback(
    settings: GoofishSettings, order: OrderAnswer, notify_url: str, now: float
) -> HttpRequest:
    """The push of a result; the channel then asks for the detail before it believes it."""
    return _signed_post(settings, notify_url, _result_members(order), now)


def is_taken(response: HttpResponse) -> bool:
    """Whether the channel took a push: HTTP 2xx with `code` 0; else it is sent again."""
    try:
        answer = read_object(response.body)
    except ProtocolError:
        return False
    return 200 <= response.status < 300 and as_int(answer.get("code")) == 0


def _result_members(order: OrderAnswer) -> dict[str, Any]:
    members: dict[str, Any] = {
        "order_type": int(order.order_type),
        "order_no": order.order_no,
        "out_order_no": order.out_order_no,
        "order_status": int(order.order_status),
    }
    if order.end_time_s is not None:
        members["end_time"] = order.end_time_s
    if order.cards and order.order_status is OrderStatus.SUCCESS:
        members["card_items"] = [_card(card) for card in order.cards]
    if order.remark:
        members["remark"] = order.remark
    return members


def _card(card: Card) -> dict[str, str]:
    number = {} if card.card_no is None else {"card_no": card.card_no.reveal()}
    return {**number, "card_pwd": card.card_pwd.reveal()}


def _signed_post(
    settings: GoofishSettings, notify_url: str, content: Any, now: float
) -> HttpRequest:
    body = compact_json(content).encode()
    timestamp = str(int(now))
    signed = {
        "mch_id": settings.mch_id,
        "timestamp": timestamp,
        "sign": sign(settings, body, timestamp),
    }
    return HttpRequest(
        method="POST",
        url=_with_query(notify_url, signed),
        headers={"content-type": CONTENT_TYPE},
        body=body,
    )


def _with_query(url: str, fields: Mapping[str, str]) -> str:
    """Add fields to a URL that may have a query of its own; that one is kept as it stands."""
    parts = urlsplit(url)
    query = "&".join(filter(None, (parts.query, urlencode(fields))))
    return urlunsplit(parts._replace(query=query))


def _body(code: Code, message: str, data: Any) -> bytes:
    envelope: dict[str, Any] = {"code": int(code), "msg": message}
    if data is not None:
        envelope["data"] = data
    return compact_json(envelope).encode()
