"""Writes what a shop gets: answers and the callback of a result. Pure.

Amounts are texts in yuan with four decimals. `order/create` never has cards; `order/get` does.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from connectors.channels.card import Card
from connectors.channels.kakayun.wire import (
    MESSAGES,
    Code,
    KakayunFaceSettings,
    KakayunRefused,
    Refund,
    Status,
    sign,
)
from connectors.exchange import HttpRequest
from connectors.loose import to_major
from connectors.signing import compact_json
from connectors.web_address import hides_content

TAKEN: Final = b"ok"
CARD_SEPARATOR: Final = "----"  # between a card's number and its password, in `cardlist`


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Where goods are filed; `parent_id` 0: at the top."""

    id: int
    name: str
    parent_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Goods:
    """One of our goods at this shop's price."""

    id: int
    group_id: int
    name: str
    is_codes: bool
    price_minor: int
    on_sale: bool
    stock: int
    most: int  # in one order


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderAnswer:
    """An order as the shop sees it."""

    orderno: str
    usorderno: str
    is_codes: bool
    total_minor: int
    quantity: int
    status: Status
    refund: Refund
    refunded_minor: int
    receipt: str
    cards: tuple[Card, ...] = ()


def success(data: Any) -> bytes:
    """The body of an answer with code 1."""
    return _body(Code.OK, MESSAGES[Code.OK], data)


def refusal(refused: KakayunRefused) -> bytes:
    """The body that says no; the member at fault is named, its value never."""
    message = MESSAGES[refused.code]
    said = f"{message}: {refused.detail}" if refused.detail else message
    return _body(refused.code, said, None)


def user_info(userid: str, balance_minor: int, credit_minor: int) -> bytes:
    """What the shop has with us; `money` may be below zero."""
    money = {"money": _money(balance_minor), "creditquota": _money(credit_minor)}
    return success({"userid": userid, **money})


def groups(rows: Iterable[Group]) -> bytes:
    """All of them, those above before those below."""
    return success(
        [{"groupid": row.id, "groupname": row.name, "parentid": row.parent_id} for row in rows]
    )


def goods_page(rows: Iterable[Goods], total: int) -> bytes:
    """A page; `total` is that of all pages."""
    return success({"total": total, "list": [_goods(row) for row in rows]})


def goods_details(row: Goods, *, lite: bool) -> bytes:
    """One of them; in full with what a buyer fills in."""
    return success(_goods(row) if lite else {**_goods(row), "attach": _form(row)})


def created(order: OrderAnswer) -> bytes:
    """An order that stands."""
    return success({"orderno": order.orderno, "usorderno": order.usorderno})


def order_detail(order: OrderAnswer) -> bytes:
    """An order as it is now. Holds codes in plain text: for the wire only."""
    return success(_order(order, with_cards=True))


def result_callback(
    settings: KakayunFaceSettings, order: OrderAnswer, url: str, now: float
) -> HttpRequest:
    """The push of a result. Cards go along only where nobody on the way reads them; the shop asks
    for the order elsewhere."""
    members = {
        "push_type": 1 if order.is_codes else 0,
        **_order(order, with_cards=hides_content(url)),
        "timestamp": int(now),
    }
    members["sign"] = sign(members, settings.key)
    return HttpRequest(
        method="POST",
        url=url,
        headers={"content-type": "application/json; charset=utf-8"},
        body=compact_json(members).encode(),
    )


def is_taken(status: int, body: bytes) -> bool:
    """Whether the shop took a push: HTTP 2xx with `ok`."""
    return 200 <= status < 300 and body.strip().lower() == TAKEN


def _order(order: OrderAnswer, *, with_cards: bool) -> dict[str, Any]:
    cards = order.cards if with_cards else ()
    return {
        "orderno": order.orderno,
        "usorderno": order.usorderno,
        "money": _money(order.total_minor),
        "buynum": order.quantity,
        "status": int(order.status),
        "refundstatus": int(order.refund),
        "refundmoney": _money(order.refunded_minor),
        "receipt": order.receipt,
        "cardlist": [_line(card) for card in cards],
        "cards": [
            {
                "card_no": "" if card.card_no is None else card.card_no.reveal(),
                "card_pwd": card.card_pwd.reveal(),
                "card_type": 0,
                "card_denomination": "",
                "card_expire_at": "",
            }
            for card in cards
        ],
    }


def _line(card: Card) -> str:
    parts = (card.card_no, card.card_pwd)
    return CARD_SEPARATOR.join(part.reveal() for part in parts if part is not None)


def _goods(row: Goods) -> dict[str, Any]:
    return {
        "goodsid": row.id,
        "groupid": row.group_id,
        "goodsname": row.name,
        "goodsprice": _money(row.price_minor),
        "goodsstatus": 1 if row.on_sale else 0,
        "goodstype": 0 if row.is_codes else 1,
        "stock": row.stock,
        "minbuy": 1,
        "maxbuy": row.most,
    }


def _form(row: Goods) -> list[dict[str, str]]:
    if row.is_codes:
        return []
    return [{"title": "充值账号", "tip": "", "verification": ""}]


def _money(minor: int) -> str:
    return f"{to_major(minor):.4f}"


def _body(code: Code, message: str, data: Any) -> bytes:
    envelope = {"code": int(code), "msg": message}
    return compact_json(envelope if data is None else {**envelope, "data": data}).encode()
