"""Writes what a shop gets: answers and the callback of a result. Pure.

Amounts are texts in yuan with two decimals. `order/buy` never has cards; `order/info` does.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from connectors.channels.card import Card
from connectors.channels.kasushou.wire import Code, KasushouFaceSettings, KasushouRefused, Status
from connectors.exchange import HttpRequest
from connectors.kasushou.wire import signed_members
from connectors.loose import yuan
from connectors.signing import compact_json, timestamped_sha1
from connectors.web_address import hides_content

TAKEN: Final = b"ok"
CODES, TOP_UP = 1, 2  # `goods_type`
ON_SALE, OFF_SALE = 1, 2  # `status` of goods


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """Of two levels; `pid` 0: of the first."""

    id: int
    name: str
    pid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Goods:
    """One of our goods at this shop's price."""

    id: int
    name: str
    is_codes: bool
    face_minor: int
    price_minor: int
    on_sale: bool
    stock: int
    most: int  # in one order


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderAnswer:
    """An order as the shop sees it."""

    ordersn: str
    external_orderno: str
    status: Status
    total_minor: int
    refunded_minor: int
    account: str | None
    hints: str
    cards: tuple[Card, ...] = ()


def success(data: Any = None, message: str = "成功") -> bytes:
    """The body of an answer with code 200; without `data` where there is none."""
    return _body(Code.OK, message, data)


def refusal(refused: KasushouRefused) -> bytes:
    """The body that says no; it never repeats a value."""
    return _body(refused.code, refused.message, None)


def categories(rows: Iterable[Category]) -> bytes:
    """Those of the first level with theirs."""
    tops: dict[int, dict[str, Any]] = {}
    for row in rows:
        shown = {"id": row.id, "name": row.name, "pid": row.pid, "img": ""}
        if row.pid in tops:
            tops[row.pid]["children"].append(shown)
        else:
            tops[row.id] = {**shown, "children": []}
    return success(list(tops.values()))


def goods_page(rows: Iterable[Goods], total: int) -> bytes:
    """A page; `total` is that of all pages."""
    return success({"list": [_goods(row) for row in rows], "total": total})


def goods_info(row: Goods) -> bytes:
    """One of them in full."""
    full = {
        "goods_info": "",
        "goods_notice": "",
        "start_count": 1,
        "end_count": row.most,
        "attach": _fields(row),
    }
    return success({**_goods(row), **full})


def goods_attach(row: Goods) -> bytes:
    """What a buyer fills in."""
    options = compact_json({"type": "text", "maxlength": 255})
    return success([{**field, "vali": "all", "options": options} for field in _fields(row)])


def bought(order: OrderAnswer) -> bytes:
    """An order that stands."""
    data = {
        "ordersn": order.ordersn,
        "external_orderno": order.external_orderno,
        "total_price": yuan(order.total_minor),
    }
    return success(data, "下单成功")


def order_rows(orders: Iterable[OrderAnswer]) -> bytes:
    """Orders as they are now. Holds codes in plain text: for the wire only."""
    return success([_order(order) for order in orders])


def result_callback(
    settings: KasushouFaceSettings, order: OrderAnswer, url: str, now: float
) -> HttpRequest:
    """The push of a result, signed but for its cards. They go along only where nobody on the way
    reads them; the shop asks for the order in any case."""
    members: dict[str, Any] = {
        "external_orderno": order.external_orderno,
        "ordersn": order.ordersn,
        "status": str(int(order.status)),
        "has_back_money": yuan(order.refunded_minor),
        "total_price": yuan(order.total_minor),
        "recharge_hints": order.hints,
        "time": str(int(now * 1000)),
    }
    # No value has a `/`: every language's JSON of it is the same.
    text = compact_json(dict(sorted(signed_members(members).items())))
    members["sign"] = timestamped_sha1(members["time"], text, settings.apikey)
    if order.cards and hides_content(url):
        members["card_list"] = [{**_card(card), "end_time": ""} for card in order.cards]
    return HttpRequest(
        method="POST",
        url=url,
        headers={"content-type": "application/json; charset=utf-8"},
        body=compact_json(members).encode(),
    )


def is_taken(status: int, body: bytes) -> bool:
    """Whether the shop took a push: HTTP 2xx with `ok`."""
    return 200 <= status < 300 and body.strip().lower() == TAKEN


def _goods(row: Goods) -> dict[str, Any]:
    return {
        "id": row.id,
        "goods_name": row.name,
        "goods_img": "",
        "goods_type": CODES if row.is_codes else TOP_UP,
        "face_value": yuan(row.face_minor),
        "goods_price": yuan(row.price_minor),
        "status": ON_SALE if row.on_sale else OFF_SALE,
        "stock_num": row.stock,
        "can_buy": "",
        "can_no_buy": "",
        "can_price": "0.00",
        "need_balance": "0",
    }


def _fields(row: Goods) -> list[dict[str, str]]:
    if row.is_codes:
        return []
    return [{"key": "recharge_account", "type": "text", "tip": "", "name": "充值账号"}]


def _order(order: OrderAnswer) -> dict[str, Any]:
    account = {"n": "充值账号", "k": "recharge_account", "v": order.account}
    return {
        "ordersn": order.ordersn,
        "external_orderno": order.external_orderno,
        "status": int(order.status),
        "total_price": yuan(order.total_minor),
        "has_back_money": yuan(order.refunded_minor),
        "recharge_info": [account] if order.account else [],
        "recharge_hints": order.hints,
        "card_list": [_card(card) for card in order.cards],
    }


def _card(card: Card) -> dict[str, str]:
    number = "" if card.card_no is None else card.card_no.reveal()
    return {"card_no": number, "card_password": card.card_pwd.reveal()}


def _body(code: Code, message: str, data: Any) -> bytes:
    envelope: Mapping[str, Any] = {"code": int(code), "msg": message}
    return compact_json(envelope if data is None else {**envelope, "data": data}).encode()
