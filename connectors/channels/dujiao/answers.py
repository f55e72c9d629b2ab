"""Writes what the site gets: answers and the callback of a result. Pure.

Amounts are texts in major units, ids numbers, texts for people maps of languages.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from connectors.channels.card import Card
from connectors.channels.dujiao.requests import ACCOUNT, ProductsRequest
from connectors.channels.dujiao.shapes import Category, OrderAnswer, Product
from connectors.channels.dujiao.wire import (
    API_KEY,
    CALLBACK_PATH,
    PROTOCOL_VERSION,
    SIGNATURE,
    TIMESTAMP,
    DujiaoRefused,
    DujiaoSettings,
    Error,
    Status,
    sign,
)
from connectors.exchange import HttpRequest, ProtocolError
from connectors.loose import read_object, to_major
from connectors.signing import compact_json
from connectors.web_address import hides_content

LOW_STOCK: Final = 20
LANGUAGES: Final = ("zh-CN", "zh-TW", "en-US")
CARD_SEPARATOR: Final = "----"  # between a code's number and its password, as shops paste them
DONE: Final = "充值成功"
# What a buyer of a top-up fills in.
FORM: Final[Mapping[str, Any]] = {
    "fields": [
        {
            "key": ACCOUNT,
            "type": "text",
            "required": True,
            "label": {"zh-CN": "充值账号", "zh-TW": "儲值帳號", "en-US": "Account"},
        }
    ]
}


def success(**members: Any) -> bytes:
    """The body of an answer that says yes."""
    return compact_json({"ok": True, **members}).encode()


def refusal(refused: DujiaoRefused) -> bytes:
    """The body that says no; the member at fault is named, its value never."""
    members: dict[str, Any] = {
        "ok": False,
        "error_code": str(refused.error),
        "error_message": refused.detail or str(refused.error).replace("_", " "),
    }
    if refused.error is Error.PAYMENT_FAILED:
        members["status"] = str(Status.CANCELED)
    return compact_json(members).encode()


def ping(site_name: str, user_id: int, balance_minor: int, currency: str) -> bytes:
    """Who we are, and what the site has with us."""
    return success(
        site_name=site_name,
        protocol_version=PROTOCOL_VERSION,
        user_id=user_id,
        balance=_amount(balance_minor, currency),
        currency=currency,
        member_level=None,
    )


def categories(rows: Iterable[Category]) -> bytes:
    """All of them, the first level first."""
    return success(
        categories=[
            {
                "id": row.id,
                "parent_id": row.parent_id,
                "slug": f"category-{row.id}",
                "name": _in_languages(row.name),
                "icon": "",
                "sort_order": 0,
            }
            for row in rows
        ]
    )


def products(rows: Iterable[Product], total: int, asked: ProductsRequest) -> bytes:
    """A page; `total` is that of all pages."""
    return success(
        items=[_product(row) for row in rows],
        total=total,
        page=asked.page,
        page_size=asked.page_size,
    )


def product(row: Product) -> bytes:
    """One of them."""
    return success(product=_product(row))


def created(order: OrderAnswer) -> bytes:
    """An order that stands. It is paid; what became of it is asked for, or told."""
    status = order.status if order.status is Status.CANCELED else Status.PAID
    return success(**_identity(order, status), **_money(order))


def canceled(order: OrderAnswer) -> bytes:
    """An order that was taken back."""
    return success(**_identity(order, order.status))


def order_detail(order: OrderAnswer) -> bytes:
    """An order as it is now. Holds codes in plain text: for the wire only."""
    unit_minor = order.amount_minor // order.quantity
    item = {
        "product_id": order.sku_id,
        "sku_id": order.sku_id,
        "title": _in_languages(order.name),
        "quantity": order.quantity,
        "unit_price": _amount(unit_minor, order.currency),
        "total_price": _amount(order.amount_minor, order.currency),
        "fulfillment_type": _type(automatic=order.automatic),
    }
    return success(
        **_identity(order, order.status),
        **_money(order),
        refunded_amount=_amount(order.refunded_minor, order.currency),
        refund_records=[],
        items=[item],
        **_fulfillment(order),
    )


def result_callback(
    settings: DujiaoSettings, order: OrderAnswer, callback_url: str, now: float
) -> HttpRequest:
    """The push of a result, signed as if to the callback's own path. Codes go along only where
    nobody on the way reads them; the site asks for the order elsewhere."""
    timestamp = int(now)
    content = {
        "event": "order.status",
        **_identity(order, order.status),
        "downstream_order_no": order.downstream_order_no,
        **(_fulfillment(order) if hides_content(callback_url) else {}),
        "timestamp": timestamp,
    }
    body = compact_json(content).encode()
    return HttpRequest(
        method="POST",
        url=callback_url,
        headers={
            "content-type": "application/json",
            API_KEY.title(): settings.api_key,
            TIMESTAMP.title(): str(timestamp),
            SIGNATURE.title(): sign(settings, "POST", CALLBACK_PATH, str(timestamp), body),
        },
        body=body,
    )


def is_taken(status: int, body: bytes) -> bool:
    """Whether the site took a push: HTTP 200 with `ok` true; it refuses with 200, too."""
    try:
        answer = read_object(body)
    except ProtocolError:
        return False
    return status == 200 and answer.get("ok") is True


def _product(row: Product) -> dict[str, Any]:
    price = _amount(row.price_minor, row.currency)
    return {
        "id": row.id,
        "slug": row.slug,
        "title": _in_languages(row.name),
        "description": _in_languages(""),
        "content": _in_languages(""),
        "seo_meta": {},
        "images": [],
        "tags": list(row.tags),
        "price_amount": price,
        "fulfillment_type": _type(automatic=row.automatic),
        "manual_form_schema": {} if row.automatic else FORM,
        "is_active": row.active,
        "category_id": row.category_id,
        "skus": [
            {
                "id": row.id,
                "sku_code": row.slug,
                "spec_values": {},
                "price_amount": price,
                "stock_status": _stock_status(row.stock),
                "stock_quantity": -1 if row.stock is None else row.stock,
                "is_active": row.active,
            }
        ],
        "created_at": row.updated_at,
        "updated_at": row.updated_at,
    }


def _stock_status(stock: int | None) -> str:
    if stock is None:
        return "unlimited"
    if stock == 0:
        return "out_of_stock"
    return "in_stock" if stock > LOW_STOCK else "low_stock"


def _fulfillment(order: OrderAnswer) -> dict[str, Any]:
    if order.delivered_at is None:
        return {}
    payload = "\n".join(map(_line, order.cards)) if order.automatic else DONE
    return {
        "fulfillment": {
            "type": _type(automatic=order.automatic),
            "status": "delivered",
            "payload": payload,
            "delivery_data": {},
            "delivered_at": order.delivered_at,
        }
    }


def _line(card: Card) -> str:
    parts = (card.card_no, card.card_pwd)
    return CARD_SEPARATOR.join(part.reveal() for part in parts if part is not None)


def _identity(order: OrderAnswer, status: Status) -> dict[str, Any]:
    return {
        "order_id": order.order_id,
        "order_no": str(order.order_id),
        "status": str(status),
    }


def _money(order: OrderAnswer) -> dict[str, Any]:
    return {
        "amount": _amount(order.amount_minor, order.currency),
        "currency": order.currency,
    }


def _amount(minor: int, currency: str) -> str:
    return f"{to_major(minor, currency):f}"


def _in_languages(text: str) -> dict[str, str]:
    return dict.fromkeys(LANGUAGES, text)


def _type(*, automatic: bool) -> str:
    return "auto" if automatic else "manual"
