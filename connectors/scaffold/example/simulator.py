"""The platform from the other side. What goes wrong is the market's business: 000 to 013 and all
scripted behaviours come by themselves.
"""

import time
from collections.abc import Mapping
from typing import Any, ClassVar, Final

from connectors.exchange import ProtocolError
from connectors.loose import as_text, read_object, to_minor, yuan
from connectors.scaffold.example.wire import ABSENT, DUPLICATE, ExampleSettings, signed
from connectors.secret import Secret
from connectors.signing import compact_json, hmac_sha256_hex, same
from connectors.simulation.behaviour import Refusal
from connectors.simulation.ledger import Order, OrderState, Purchase
from connectors.simulation.platform import Call, CallbackMessage, Platform, Reply

STATES: Final[Mapping[OrderState, str]] = {
    OrderState.PROCESSING: "running",
    OrderState.SUCCESS: "done",
    OrderState.PARTIAL: "done",
    OrderState.FAILED: "failed",
    OrderState.CANCELLED: "failed",
    OrderState.REVERSED: "failed",
}
CODES: Final[Mapping[Refusal, str]] = {
    Refusal.PRODUCT: "no_product",
    Refusal.UNKNOWN_PRODUCT: "no_product",
    Refusal.ACCOUNT: "bad_account",
    Refusal.INVALID: "bad_request",
    Refusal.PRICE: "too_dear",
    Refusal.BALANCE: "no_balance",
    Refusal.CREDENTIALS: "bad_sign",
    Refusal.TOKEN_EXPIRED: "bad_sign",
    Refusal.DUPLICATE: DUPLICATE,
}


class ExamplePlatform(Platform):
    """A simulated account; `market` keeps its orders and its ledger."""

    NAME: ClassVar[str] = "example"
    DEFAULTS: ClassVar[Mapping[str, str]] = {"app_id": "demo_app_id", "secret": "demo_secret"}

    def __init__(self, settings: ExampleSettings) -> None:
        self.settings = settings

    async def handle(self, call: Call) -> Reply:
        """Verify, then answer; anything odd gets the platform's own error."""
        sign = hmac_sha256_hex(call.body, self.settings.secret)
        if call.headers.get("x-app-id") != self.settings.app_id or not same(
            call.headers.get("x-sign", ""), sign
        ):
            return _answer(CODES[Refusal.CREDENTIALS])
        try:
            members = read_object(call.body)
        except ProtocolError:
            return _answer(CODES[Refusal.INVALID])
        if call.path.endswith("/order"):
            return await self._order(members)
        if call.path.endswith("/query"):
            return self._query(members)
        if call.path.endswith("/balance"):
            return _answer("ok", {"balance": yuan(self.market.balance_minor)})
        return _answer(CODES[Refusal.INVALID])

    async def _order(self, members: Mapping[str, Any]) -> Reply:
        number, product = as_text(members.get("number")), as_text(members.get("product"))
        account = as_text(members.get("account"))
        if number is None or product is None or account is None:
            return _answer(CODES[Refusal.INVALID])
        return await self.market.sell(
            Purchase(
                our_no=number,
                product=product,
                account=account,
                max_cost_minor=to_minor(members.get("max_price")),
                notify_url=as_text(members.get("callback")),
            )
        )

    def _query(self, members: Mapping[str, Any]) -> Reply:
        order = self.market.find(as_text(members.get("number")) or "")
        if order is None:
            return _answer(ABSENT)
        if order.behaviour.queries_fail:
            return Reply(status=500, body=b"Internal Server Error", content_type="text/html")
        return _answer("ok", _shown(order, order.state))

    def accepted(self, order: Order) -> Reply:
        """Taken; the result comes later."""
        return _answer("ok", {"order_id": order.upstream_no})

    def refused(self, refusal: Refusal, purchase: Purchase) -> Reply:  # noqa: ARG002
        """Not taken, for a reason; throttling is the HTTP front's own."""
        if refusal is Refusal.THROTTLED:
            headers = {"Retry-After": str(self.market.options.retry_after_s)}
            return Reply(status=429, body=b"", headers=headers)
        return _answer(CODES[refusal])

    def callback(self, order: Order, state: OrderState, *, forged: bool) -> CallbackMessage | None:
        """Signed over the whole body."""
        url = self.market.notify_url(order)
        if url is None:
            return None
        headers, body = signed({**_shown(order, state), "time": int(time.time())}, self.settings)
        if forged:
            headers["x-sign"] = hmac_sha256_hex(body, Secret("forged"))
        return CallbackMessage(
            url=url, body=body, content_type=headers.pop("content-type"), headers=headers
        )

    def acknowledged(self, status: int, body: bytes) -> bool:
        """What stops the retries."""
        return status == 200 and body.strip() == b"ok"


def _shown(order: Order, state: OrderState) -> dict[str, Any]:
    return {
        "order_id": order.upstream_no,
        "number": order.our_no,
        "account": order.account,
        "product": order.product,
        "price": yuan(order.asked_minor),
        "state": STATES[state],
    }


def _answer(code: str, data: Any = None) -> Reply:
    return Reply(body=compact_json({"code": code, "message": code, "data": data}).encode())
