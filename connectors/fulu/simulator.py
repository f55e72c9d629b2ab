"""A simulated Fulu: one endpoint, signed answers, encrypted cards, signed callbacks.

A request of version 1.0 is answered in the second dialect (upstreams.md §9), whatever path it came
to: other method names, code 200, numbers for states, plain cards; one account may speak both.
The platform has no word for a partial success or a reversal: a purchase taken back turns `failed`.
Assumptions, beside the wire's: duplicate numbers, unknown numbers and a low balance get the codes
below, and callbacks are retried after 15 s, 30 s and 3 min.
"""

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, ClassVar, Final

from connectors.exchange import ProtocolError
from connectors.fulu.second_dialect import in_second_dialect, order_in_second_dialect
from connectors.fulu.wire import MOBILE_PRODUCT, FuluSettings, build_body, china_time, sign_request
from connectors.loose import as_int, as_text, read_object, to_major, to_minor
from connectors.secret import Secret
from connectors.signing import compact_json, same, seal_card_aes_ecb, sorted_characters_md5
from connectors.simulation.behaviour import Refusal
from connectors.simulation.goods import product_number
from connectors.simulation.ledger import Order, OrderState, Purchase
from connectors.simulation.market import PRICE_PERCENT, PRODUCTS
from connectors.simulation.platform import Call, CallbackMessage, Platform, Reply

STATE_WORDS: Final[Mapping[OrderState, str]] = {
    OrderState.PROCESSING: "processing",
    OrderState.SUCCESS: "success",
    OrderState.PARTIAL: "success",
    OrderState.FAILED: "failed",
    OrderState.CANCELLED: "failed",
    OrderState.REVERSED: "failed",
}

# 3001 is documented; the rest are this simulator's own (assumption).
REFUSALS: Final[Mapping[Refusal, tuple[int, str]]] = {
    Refusal.PRODUCT: (3001, "商品不可售"),
    Refusal.UNKNOWN_PRODUCT: (3003, "商品不存在"),
    Refusal.PRICE: (3008, "商品价格已变更"),
    Refusal.ACCOUNT: (3004, "充值账号不符合规则"),
    Refusal.BALANCE: (2301, "商户余额不足"),
    Refusal.CREDENTIALS: (1002, "签名错误"),
    Refusal.TOKEN_EXPIRED: (1002, "签名错误"),
    Refusal.DUPLICATE: (2109, "外部订单号已存在"),
    Refusal.INVALID: (1001, "参数错误"),
}
NOT_FOUND: Final = (2110, "订单不存在")
FORGERS_KEY: Final = Secret("ffffffffffffffffffffffffffffffff")


class FuluPlatform(Platform):
    """The platform's side of wire.py."""

    NAME: ClassVar[str] = "fulu"
    DEFAULTS: ClassVar[Mapping[str, str]] = {
        "app_key": "demo_app_key",
        "secret": "0123456789abcdef0123456789abcdef",
    }

    def __init__(self, settings: FuluSettings) -> None:
        self.settings = settings
        self._methods: dict[str, Callable[[dict[str, Any]], Awaitable[Reply]]] = {
            settings.method_direct: self._direct,
            settings.method_card: self._card,
            settings.method_mobile: self._mobile,
            settings.method_query: self._query,
            settings.method_balance: self._balance,
            settings.method_catalog: self._goods_list,
            "fulu.goods.info.get": self._goods_info,
            "fulu.goods.template.get": self._goods_template,
            "fulu.goods.stock.check": self._stock,
        }
        self._second: dict[str, Callable[[dict[str, Any]], Awaitable[Reply]]] = {
            "order.notify": self._notify,
            "order.query": self._query,
            "merchant.balance.query": self._balance,
        }

    async def handle(self, call: Call) -> Reply:
        """Verify the envelope, then run its method; any path is taken, as both dialects do."""
        try:
            envelope = read_object(call.body)
            biz = read_object((as_text(envelope.get("biz_content")) or "{}").encode())
        except ProtocolError:
            return self._error(Refusal.INVALID)
        method = as_text(envelope.get("method")) or ""
        if not self._is_signed(envelope):
            reply = self._error(Refusal.CREDENTIALS)
        elif self._is_second(envelope):
            run = self._second.get(method)
            reply = await run(biz) if run is not None else self._error(Refusal.INVALID)
            return in_second_dialect(reply, self.settings.secret)
        else:
            run = self._methods.get(method)
            reply = await run(biz) if run is not None else self._error(Refusal.INVALID)
        return reply

    def _is_second(self, envelope: Mapping[str, Any]) -> bool:
        return envelope.get("version") == "1.0" and envelope.get("method") in self._second

    def _is_signed(self, envelope: Mapping[str, Any]) -> bool:
        if envelope.get("app_key") != self.settings.app_key:
            return False
        members = {name: value for name, value in envelope.items() if name != "sign"}
        expected = sign_request(members, self.settings.secret)
        return same((as_text(envelope.get("sign")) or "").lower(), expected)

    async def _notify(self, biz: dict[str, Any]) -> Reply:
        """order.notify of the second dialect: a top-up if it has an account, else cards."""
        account = as_text(biz.get("charge_account")) or ""
        return await self._buy(biz, account=account, order_type=4 if account else 3, second=True)

    # --- methods ----------------------------------------------------------------------------------

    async def _direct(self, biz: dict[str, Any]) -> Reply:
        return await self._buy(biz, account=as_text(biz.get("charge_account")), order_type=4)

    async def _card(self, biz: dict[str, Any]) -> Reply:
        return await self._buy(biz, account="", order_type=3)

    async def _mobile(self, biz: dict[str, Any]) -> Reply:
        face_minor = to_minor(biz.get("charge_value"))
        if not face_minor or face_minor < 0:
            return self._error(Refusal.INVALID)
        biz = {**biz, "product_id": f"mobile-{as_text(biz.get('charge_value'))}", "buy_num": 1}
        account = as_text(biz.get("charge_phone"))
        return await self._buy(biz, account=account, order_type=1, face_minor=face_minor)

    async def _buy(
        self,
        biz: Mapping[str, Any],
        *,
        account: str | None,
        order_type: int,
        face_minor: int | None = None,
        second: bool = False,
    ) -> Reply:
        our_no = as_text(biz.get("customer_order_no"))
        product = as_text(biz.get("product_id"))
        quantity = as_int(biz.get("buy_num"))
        complete = our_no and len(our_no) <= 50 and product and account is not None
        if not complete or our_no is None or product is None or account is None:
            return self._error(Refusal.INVALID)
        if quantity is None or not 1 <= quantity <= 10_000:
            return self._error(Refusal.INVALID)
        return await self.market.sell(
            Purchase(
                our_no=our_no,
                product=product,
                account=account,
                quantity=quantity,
                face_minor=face_minor,
                extra={"order_type": order_type, "second": second},
            )
        )

    async def _query(self, biz: dict[str, Any]) -> Reply:
        order = self.market.find(as_text(biz.get("customer_order_no")) or "")
        if order is None:
            return self._answer(*NOT_FOUND)
        if order.behaviour.queries_fail:
            return Reply(status=500, body=b"Internal Server Error", content_type="text/html")
        return self._ok(self._order(order))

    async def _balance(self, _biz: dict[str, Any]) -> Reply:
        balance = float(to_major(self.market.balance_minor))
        return self._ok({"name": "demo", "balance": balance, "is_open": 1})

    async def _goods_list(self, _biz: dict[str, Any]) -> Reply:
        return self._ok([_goods(product.product_id) for product in PRODUCTS])

    async def _goods_info(self, biz: dict[str, Any]) -> Reply:
        return self._ok(_goods(as_text(biz.get("product_id")) or "0"))

    async def _goods_template(self, _biz: dict[str, Any]) -> Reply:
        return self._ok({"AddressId": "", "ElementInfo": {"Inputs": [{"Id": "chargeaccount"}]}})

    async def _stock(self, biz: dict[str, Any]) -> Reply:
        return self._ok({"product_id": as_int(biz.get("product_id")), "stock_status": "充足"})

    # --- what the market asks for -----------------------------------------------------------------

    def accepted(self, order: Order) -> Reply:
        """Code 0: the order as it stands, without cards."""
        shown = {**self._order(order), "order_state": "untreated"}
        return self._ok({name: shown[name] for name in shown if name != "cards"})

    def refused(self, refusal: Refusal, purchase: Purchase) -> Reply:  # noqa: ARG002
        """An error code; throttling is the HTTP front's own."""
        if refusal is Refusal.THROTTLED:
            headers = {"Retry-After": str(self.market.options.retry_after_s)}
            return Reply(status=429, body=b"", headers=headers)
        return self._error(refusal)

    def callback(self, order: Order, state: OrderState, *, forged: bool) -> CallbackMessage | None:
        """`order_status` success or failed; there is no progress callback."""
        url = self.market.notify_url(order)
        if url is None or not state.final:
            return None
        if order.extra.get("second"):
            body = self._second_callback(order, state, forged=forged)
            return CallbackMessage(url=url, body=body)
        members = {
            "order_id": order.upstream_no,
            "charge_finish_time": china_time(order.finished_at or order.created_at),
            "customer_order_no": order.our_no,
            "order_status": STATE_WORDS[state],
            "recharge_description": "充值成功" if state is OrderState.SUCCESS else "充值失败",
            "product_id": order.product,
            "price": f"{to_major(order.price_minor):.4f}",
            "buy_num": str(order.quantity),
            "operator_serial_number": order.upstream_no[::-1],
        }
        key = FORGERS_KEY if forged else self.settings.secret
        members["sign"] = sorted_characters_md5(compact_json(members), key)
        return CallbackMessage(url=url, body=compact_json(members).encode())

    def _second_callback(self, order: Order, state: OrderState, *, forged: bool) -> bytes:
        """An envelope like a request's, the order in `biz_content`; assumption: the method's name,
        and that there are no cards in it.
        """
        told = {**self._order(order), "order_state": STATE_WORDS[state]}
        secret = FORGERS_KEY if forged else self.settings.secret
        settings = replace(self.settings, version="1.0", secret=secret)
        return build_body(settings, "order.notify", order_in_second_dialect(told), time.time())

    def acknowledged(self, status: int, body: bytes) -> bool:
        """The documented answer is the text `success`."""
        return status == 200 and body.strip() == b"success"

    # --- answers ----------------------------------------------------------------------------------

    def _order(self, order: Order) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "order_id": order.upstream_no,
            "customer_order_no": order.our_no,
            "product_id": _number(order.product),
            "product_name": f"Demo {order.product}",
            "charge_account": order.account,
            "buy_num": order.quantity,
            "order_type": order.extra.get("order_type", 4),
            "order_price": float(to_major(order.price_minor)),
            "order_state": STATE_WORDS[order.state],
            "create_time": china_time(order.created_at),
            "area": "",
            "server": "",
            "type": "",
            "operator_serial_number": order.upstream_no[::-1],
        }
        if order.finished_at:
            shown["finish_time"] = china_time(order.finished_at)
        if order.codes and order.state is OrderState.SUCCESS:
            shown["cards"] = self._cards(order)
        return shown

    def _cards(self, order: Order) -> list[dict[str, Any]]:
        return [
            {
                "card_number": seal_card_aes_ecb(number, self.settings.secret),
                "card_pwd": seal_card_aes_ecb(password, self.settings.secret),
                "card_type": 0,
                "card_deadline": "2099-12-31 23:59:59",
            }
            for number, password in order.codes
        ]

    def _ok(self, result: Any) -> Reply:
        return self._answer(
            as_int(self.settings.ok_code) or 0, "接口调用成功", compact_json(result)
        )

    def _error(self, refusal: Refusal) -> Reply:
        return self._answer(*REFUSALS[refusal])

    def _answer(self, code: int, message: str, result: str = "") -> Reply:
        answer = {
            "code": code,
            "message": message,
            "result": result,
            "sign": sorted_characters_md5(result, self.settings.secret),
        }
        return Reply(body=compact_json(answer).encode())


def _number(product: str) -> int | str:
    """Phone credit has a face instead of a product."""
    return 0 if MOBILE_PRODUCT.fullmatch(product) else product_number(product)


def _goods(product_id: str) -> dict[str, Any]:
    listed = next((p for p in PRODUCTS if p.product_id == product_id), None)
    face_minor = listed.face_minor if listed else 1000
    return {
        "product_id": product_number(product_id),
        "product_name": listed.name if listed else f"Demo {product_id}",
        "product_type": "卡密" if listed and listed.kind == "code" else "直充",
        "face_value": float(to_major(face_minor)),
        "purchase_price": float(to_major(face_minor * PRICE_PERCENT // 100)),
        "sales_status": "上架",
        "stock_status": "充足",
        "template_id": "demo-template",
        "details": "",
    }
