"""A simulated dujiao-next site: its racy duplicate check, its wallet that fails with HTTP 200.

It knows no part and no reversal: what is taken back turns `canceled`. Not simulated: categories.
"""

import time
from collections.abc import Mapping
from typing import Any, ClassVar, Final

from connectors.dujiao.wire import (
    CALLBACK_PATH,
    HEADER,
    DujiaoSettings,
    sign,
    signed_headers,
)
from connectors.exchange import ProtocolError
from connectors.loose import as_int, as_object, as_text, read_object, yuan
from connectors.secret import Secret
from connectors.signing import compact_json, same
from connectors.simulation.behaviour import Refusal
from connectors.simulation.goods import Product
from connectors.simulation.ledger import Order, OrderState, Purchase
from connectors.simulation.market import PRICE_PERCENT, PRODUCTS
from connectors.simulation.platform import Call, CallbackMessage, Platform, Reply

STATES: Final[Mapping[OrderState, str]] = {
    OrderState.PROCESSING: "paid",
    OrderState.SUCCESS: "completed",
    OrderState.PARTIAL: "completed",
    OrderState.FAILED: "canceled",
    OrderState.CANCELLED: "canceled",
    OrderState.REVERSED: "canceled",
}
# HTTP status and error_code of each refusal; it has no word for a price.
REFUSALS: Final[Mapping[Refusal, tuple[int, str]]] = {
    Refusal.PRODUCT: (400, "sku_unavailable"),
    Refusal.UNKNOWN_PRODUCT: (400, "sku_unavailable"),
    Refusal.PRICE: (400, "sku_unavailable"),
    Refusal.ACCOUNT: (400, "bad_request"),
    Refusal.INVALID: (400, "bad_request"),
    Refusal.BALANCE: (200, "payment_failed"),
    Refusal.CREDENTIALS: (401, "invalid_signature"),
    Refusal.TOKEN_EXPIRED: (401, "timestamp_expired"),
}
WINDOW_S: Final = 60
QUANTITY_MAX: Final = 100_000


class DujiaoPlatform(Platform):
    """The site's side of wire.py."""

    NAME: ClassVar[str] = "dujiao"
    DEFAULTS: ClassVar[Mapping[str, str]] = {
        "api_key": "demo_api_key",
        "api_secret": "demo_api_secret",
    }
    callback_retry_s = (30, 60, 300, 900, 1800)

    def __init__(self, settings: DujiaoSettings) -> None:
        self.settings = settings

    async def handle(self, call: Call) -> Reply:
        """Verify, then run the call that the path names; the prefix is what is signed."""
        start = call.path.find(f"{self.settings.prefix}/")
        path = call.path[start:] if start >= 0 else call.path
        if problem := self._problem(call, path):
            return _error(401, problem)
        steps = path.removeprefix(self.settings.prefix).strip("/").split("/")
        if (call.method, steps) == ("POST", ["orders"]):
            return await self._buy(call)
        return self._read(call, steps)

    def _read(self, call: Call, steps: list[str]) -> Reply:
        match (call.method, *steps):
            case ("POST", "ping"):
                return _answer(self._ping())
            case ("GET", "products"):
                return self._products(call)
            case ("GET", "orders", number):
                return self._order(number)
            case ("POST", "orders", number, "cancel"):
                return self._cancel(number)
        return _error(404, "bad_request")

    def _problem(self, call: Call, path: str) -> str | None:
        given = {name: call.headers.get(f"{HEADER}{name}", "") for name in _HEADERS}
        if not all(given.values()):
            return "missing_auth_headers"
        moment = as_int(given["timestamp"])
        if moment is None or abs(time.time() - moment) > WINDOW_S:
            return "invalid_timestamp" if moment is None else "timestamp_expired"
        if given["api-key"] != self.settings.api_key:
            return "invalid_api_key"
        secret = self.settings.api_secret
        wanted = sign(call.method, path, given["timestamp"], call.body, secret)
        return None if same(given["signature"].lower(), wanted) else "invalid_signature"

    # --- calls ------------------------------------------------------------------------------------

    def _ping(self) -> dict[str, Any]:
        return {
            "ok": True,
            "site_name": "Demo",
            "protocol_version": "1.0",
            "user_id": 1,
            "balance": yuan(self.market.balance_minor),
            "currency": "CNY",
            "member_level": None,
        }

    def _products(self, call: Call) -> Reply:
        fields = call.query_fields()
        page = max(as_int(fields.get("page")) or 1, 1)
        size = min(max(as_int(fields.get("page_size")) or 20, 1), 100)
        shown = PRODUCTS[(page - 1) * size : page * size]
        items = [_product(product) for product in shown]
        listed = {"items": items, "total": len(PRODUCTS), "page": page, "page_size": size}
        return _answer({"ok": True, **listed})

    async def _buy(self, call: Call) -> Reply:
        try:
            members = read_object(call.body)
        except ProtocolError:
            return _error(*REFUSALS[Refusal.INVALID])
        sku, quantity = as_text(members.get("sku_id")), as_int(members.get("quantity"))
        if sku is None or quantity is None or not 1 <= quantity <= QUANTITY_MAX:
            return _error(*REFUSALS[Refusal.INVALID])
        our_no = as_text(members.get("downstream_order_no")) or ""
        before = self.market.ledger.with_our_no(our_no) if our_no else []
        if before:  # the order that is there is answered; two at once are both charged
            return self.accepted(before[0])
        form = as_object(members.get("manual_form_data"))
        account = next((text for text in map(as_text, form.values()) if text), "")
        return await self.market.sell(
            Purchase(
                our_no=our_no,
                product=sku,
                account=account,
                quantity=quantity,
                notify_url=as_text(members.get("callback_url")),
            )
        )

    def _order(self, number: str) -> Reply:
        order = self.market.ledger.with_upstream_no(number)
        if order is None or order.visible_at > time.time():
            return _error(404, "order_not_found")
        if order.behaviour.queries_fail:
            return _error(500, "internal_error")
        kept = 0 if STATES[order.state] == "canceled" else order.price_minor
        back = {"refunded_amount": yuan(order.asked_minor - kept)}
        return _answer({"ok": True, **_shown(order, order.state), **back})

    def _cancel(self, number: str) -> Reply:
        order = self.market.ledger.with_upstream_no(number)
        if order is None:
            return _error(404, "order_not_found")
        if not self.market.cancel(order):
            return _error(409, "cancel_not_allowed")
        return _answer({"ok": True, "order_id": as_int(number), "status": "canceled"})

    # --- what the market asks for -----------------------------------------------------------------

    def accepted(self, order: Order) -> Reply:
        """Paid from the wallet; no codes yet."""
        shown = _shown(order, OrderState.PROCESSING)
        names = ("order_id", "order_no", "status", "amount", "currency")
        return _answer({"ok": True, **{name: shown[name] for name in names}})

    def refused(self, refusal: Refusal, purchase: Purchase) -> Reply:  # noqa: ARG002
        """By HTTP status and code; an empty wallet is HTTP 200."""
        if refusal is Refusal.THROTTLED:
            headers = {"Retry-After": str(self.market.options.retry_after_s)}
            return Reply(status=429, body=b"", headers=headers)
        if refusal is Refusal.DUPLICATE:
            return _error(409, "bad_request")
        return _error(*REFUSALS[refusal])

    def callback(self, order: Order, state: OrderState, *, forged: bool) -> CallbackMessage | None:
        """Signed over method, path, time and body."""
        url = self.market.notify_url(order)
        if url is None:
            return None
        now = int(time.time())
        body = compact_json({**_shown(order, state), "timestamp": now}).encode()
        headers = signed_headers("POST", CALLBACK_PATH, str(now), body, self.settings)
        if forged:
            lie = sign("POST", CALLBACK_PATH, str(now), body, Secret("forged_secret"))
            headers[f"{HEADER}signature"] = lie
        content_type = headers.pop("content-type")
        return CallbackMessage(url=url, body=body, content_type=content_type, headers=headers)

    def acknowledged(self, status: int, body: bytes) -> bool:
        """`{"ok": true, …}`."""
        try:
            return status == 200 and read_object(body).get("ok") is True
        except ProtocolError:
            return False


_HEADERS: Final = ("api-key", "timestamp", "signature")


def _shown(order: Order, state: OrderState) -> dict[str, Any]:
    """An order; its fulfilment only once it is delivered."""
    shown: dict[str, Any] = {
        "order_id": int(order.upstream_no),
        "order_no": f"DJ{order.upstream_no}",
        "downstream_order_no": order.our_no,
        "status": STATES[state],
        "amount": yuan(order.asked_minor),
        "currency": "CNY",
        "items": [{"sku_id": as_int(order.product) or 0, "quantity": order.quantity}],
    }
    if state in {OrderState.SUCCESS, OrderState.PARTIAL}:
        lines = [number for number, _ in order.codes]  # a site sells lines of text as they are
        shown["fulfillment"] = {
            "type": "auto" if order.codes else "manual",
            "status": "delivered",
            "payload": "\n".join(lines),
            "delivery_data": None,
            "delivered_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(order.finished_at)),
        }
    return shown


def _product(product: Product) -> dict[str, Any]:
    price = yuan(product.face_minor * PRICE_PERCENT // 100)
    sku = {
        "id": int(product.product_id),
        "sku_code": product.product_id,
        "spec_values": {},
        "price_amount": price,
        "stock_status": "unlimited",
        "stock_quantity": -1,
        "is_active": True,
    }
    return {
        "id": int(product.product_id),
        "slug": product.product_id,
        "title": {"zh-CN": product.name},
        "price_amount": price,
        "fulfillment_type": "auto" if product.kind == "code" else "manual",
        "is_active": True,
        "category_id": 1,
        "skus": [sku],
    }


def _error(status: int, code: str) -> Reply:
    body = {"ok": False, "error_code": code, "error_message": code}
    if code == "payment_failed":
        body["status"] = "canceled"
    return _answer(body, status)


def _answer(value: Any, status: int = 200) -> Reply:
    return Reply(status=status, body=compact_json(value).encode())
