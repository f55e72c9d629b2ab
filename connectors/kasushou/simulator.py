"""A simulated Kasushou shop: signed JSON both ways, cards by order/info, retried callbacks.

Assumptions: a repeated `external_orderno` gets code 400; refusals carry the texts below.
"""

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from connectors.exchange import ProtocolError
from connectors.kasushou.wire import (
    KasushouSettings,
    sign_body,
    signed_members,
    sorted_body,
    unix_seconds,
)
from connectors.loose import as_int, as_object, as_text, read_object, to_minor, yuan
from connectors.secret import Secret
from connectors.settings import SettingsError
from connectors.signing import compact_json, same, timestamped_sha1
from connectors.simulation.behaviour import Ending, Refusal
from connectors.simulation.goods import Product, product_number
from connectors.simulation.ledger import Order, OrderState, Purchase
from connectors.simulation.market import PRICE_PERCENT, PRODUCTS
from connectors.simulation.platform import Call, CallbackMessage, Platform, Reply
from connectors.spelled import canonical_texts

STATUS: Final[Mapping[OrderState, int]] = {
    OrderState.PROCESSING: 2,
    OrderState.SUCCESS: 3,
    OrderState.PARTIAL: 3,  # with a part of the money back; or 5: see `_status`
    OrderState.FAILED: 5,
    OrderState.CANCELLED: 4,
    OrderState.REVERSED: 5,
}
DELIVERED: Final = frozenset({OrderState.SUCCESS, OrderState.PARTIAL})
REFUSALS: Final[Mapping[Refusal, str]] = {
    Refusal.PRODUCT: "商品已暂停销售",
    Refusal.UNKNOWN_PRODUCT: "商品不存在",
    Refusal.PRICE: "商品价格高于safe_price",
    Refusal.ACCOUNT: "充值账号格式错误",
    Refusal.BALANCE: "账户余额不足",
    Refusal.CREDENTIALS: "签名错误",
    Refusal.TOKEN_EXPIRED: "签名错误",
    Refusal.DUPLICATE: "外部订单号重复",
    Refusal.INVALID: "参数错误",
}
TIMESTAMP_WINDOW_S: Final = 300
IMAGE: Final = "https://platform.example/goods.png"
FORGERS_KEY: Final = Secret("forged_apikey")
# How callbacks are canonicalised, by the shop's language; the order of `canonical_texts`.
CALLBACK_JSON: Final = ("php", "plain", "go")


@dataclass(frozen=True, slots=True, kw_only=True)
class KasushouSimulation(KasushouSettings):
    """The connector's settings and the simulator's switches. `callback_json`: "php", "plain" or
    "go"; `unknown_order`: "empty" (an empty list) or "refused" (code 400).
    """

    callback_json: str = "php"
    unknown_order: str = "empty"

    def __post_init__(self) -> None:
        if self.callback_json not in CALLBACK_JSON:
            raise SettingsError(f"setting callback_json is one of {', '.join(CALLBACK_JSON)}")
        if self.unknown_order not in {"empty", "refused"}:
            raise SettingsError("setting unknown_order is one of empty, refused")


class KasushouPlatform(Platform):
    """The platform's side of wire.py."""

    NAME: ClassVar[str] = "kasushou"
    DEFAULTS: ClassVar[Mapping[str, str]] = {"userid": "demo_userid", "apikey": "demo_apikey"}
    SETTINGS: ClassVar[type[Any] | None] = KasushouSimulation
    KNOWS_PARTIAL_REFUND: ClassVar[bool] = True
    callback_retry_s = (300, 600, 900, 1200, 1500)

    def __init__(self, settings: KasushouSimulation) -> None:
        self.settings = settings
        self._operations: dict[str, Callable[[dict[str, Any]], Awaitable[Reply]]] = {
            "user/info": self._user_info,
            "goods/cate": self._goods_cate,
            "goods/list": self._goods_list,
            "goods/info": self._goods_info,
            "goods/attach": self._goods_attach,
            "order/buy": self._order_buy,
            "order/info": self._order_info,
            "order/close": self._order_close,
            "order/complain": self._order_complain,
        }

    async def handle(self, call: Call) -> Reply:
        """Verify the headers, then run the operation named by the path's last two segments."""
        operation = "/".join(call.path.strip("/").split("/")[-2:])
        run = self._operations.get(operation)
        if run is None:
            return _answer(404, "接口不存在")
        try:
            members = read_object(call.body or b"{}")
        except ProtocolError:
            return _refusal(Refusal.INVALID)
        problem = self._credentials_problem(call, members)
        return _answer(400, problem) if problem else await run(members)

    def _credentials_problem(self, call: Call, members: Mapping[str, Any]) -> str | None:
        if call.headers.get("userid") != self.settings.userid:
            return "用户不存在"
        timestamp = call.headers.get("timestamp", "")
        moment = as_int(timestamp)
        if moment is None or abs(time.time() - unix_seconds(moment)) > TIMESTAMP_WINDOW_S:
            return "请求已过期"
        sign = call.headers.get("sign", "").lower()

        def fits(body: bytes) -> bool:
            return same(sign, sign_body(timestamp, body, self.settings.apikey))

        # As sent, or as shops re-serialise it: all levels sorted.
        if fits(call.body or b"{}") or fits(sorted_body(members)):
            return None
        return REFUSALS[Refusal.CREDENTIALS]

    # --- operations -------------------------------------------------------------------------------

    async def _user_info(self, _members: dict[str, Any]) -> Reply:
        balance = yuan(self.market.balance_minor)
        return _ok({"balance": balance})

    async def _goods_cate(self, _members: dict[str, Any]) -> Reply:
        inner = {"id": 2, "name": "Demo goods", "pid": 1, "img": IMAGE}
        return _ok([{"id": 1, "name": "Demo", "pid": 0, "img": IMAGE, "children": [inner]}])

    async def _goods_list(self, members: dict[str, Any]) -> Reply:
        page = max(as_int(members.get("page")) or 1, 1)
        limit = min(max(as_int(members.get("limit")) or 10, 1), 100)
        shown = PRODUCTS[(page - 1) * limit : page * limit]
        return _ok({"total": len(PRODUCTS), "list": [_goods(product) for product in shown]})

    async def _goods_info(self, members: dict[str, Any]) -> Reply:
        wanted = as_text(members.get("id")) or ""
        listed = next((p for p in PRODUCTS if p.product_id == wanted), None)
        any_other = Product(
            product_id=wanted,
            name=f"Demo {wanted}",
            face_minor=self.market.options.default_face_minor,
            kind="topup",
        )
        return _ok(_goods_in_full(listed or any_other))

    async def _goods_attach(self, _members: dict[str, Any]) -> Reply:
        options = compact_json({"type": "text", "maxlength": 255})
        return _ok([{**field, "vali": "all", "options": options} for field in _attach()])

    async def _order_buy(self, members: dict[str, Any]) -> Reply:
        our_no = as_text(members.get("external_orderno"))
        product = as_text(members.get("id"))
        quantity = as_int(members.get("quantity"))
        if product is None or quantity is None or not 1 <= quantity <= 100_000:
            return _refusal(Refusal.INVALID)
        attach = as_object(members.get("attach"))
        first_label = next(iter(attach.values()), None)
        account = as_text(attach.get("recharge_account")) or as_text(first_label) or ""
        guard_minor = to_minor(members.get("safe_price"))
        return await self.market.sell(
            Purchase(
                # An empty number is allowed, and then nothing is de-duplicated.
                our_no=our_no or "",
                product=product,
                account=account,
                quantity=quantity,
                max_cost_minor=None if guard_minor is None else guard_minor * quantity,
                notify_url=as_text(members.get("url")),
            )
        )

    async def _order_info(self, members: dict[str, Any]) -> Reply:
        ours = (as_text(members.get("external_orderno")) or "").split(",")
        theirs = (as_text(members.get("ordersn")) or "").split(",")
        found = [self.market.find(number) for number in ours if number]
        found += [self.market.ledger.with_upstream_no(number) for number in theirs if number]
        orders = [order for order in found if order is not None]
        if any(order.behaviour.queries_fail for order in orders):
            return Reply(status=500, body=b"Internal Server Error", content_type="text/html")
        if not orders and self.settings.unknown_order == "refused":
            return _answer(400, "订单不存在")
        return _ok([self._order(order) for order in orders])

    async def _order_close(self, members: dict[str, Any]) -> Reply:
        order = self.market.ledger.with_upstream_no(as_text(members.get("ordersn")) or "")
        if order is None or not self.market.cancel(order):
            return _answer(400, "订单不存在" if order is None else "订单状态不允许取消")
        return _answer(200, "撤单成功")

    async def _order_complain(self, said: dict[str, Any]) -> Reply:
        taken = self.market.ledger.complain(said.get("ordersn"), said.get("content"))
        return _answer(200, "投诉成功") if taken else _answer(400, "订单不存在")

    # --- what the market asks for -----------------------------------------------------------------

    def accepted(self, order: Order) -> Reply:
        """Code 200 with the numbers and the price; never cards."""
        return _ok(
            {
                "ordersn": order.upstream_no,
                "external_orderno": order.our_no,
                "total_price": yuan(order.asked_minor),
            },
            "下单成功",
        )

    def refused(self, refusal: Refusal, purchase: Purchase) -> Reply:  # noqa: ARG002
        """Code 400 with a text; throttling is the HTTP front's own."""
        if refusal is Refusal.THROTTLED:
            headers = {"Retry-After": str(self.market.options.retry_after_s)}
            return Reply(status=429, body=b"", headers=headers)
        return _refusal(refusal)

    def callback(self, order: Order, state: OrderState, *, forged: bool) -> CallbackMessage | None:
        """Signed but for the card list, which only card orders have; every member is a text."""
        url = self.market.notify_url(order)
        if url is None:
            return None
        # The time now, not of the order's end: a repeated callback is fresh again (assumption).
        moment = str(int(time.time() * 1000))
        members: dict[str, Any] = {
            "external_orderno": order.our_no,
            "ordersn": order.upstream_no,
            "status": str(_status(order, state)),
            "has_back_money": yuan(_money_back(order, state)),
            "total_price": yuan(order.asked_minor),
            "recharge_hints": "充值成功" if state is OrderState.SUCCESS else "",
            "time": moment,
        }
        key = FORGERS_KEY if forged else self.settings.apikey
        texts = dict(zip(CALLBACK_JSON, canonical_texts(signed_members(members)), strict=True))
        sign = timestamped_sha1(moment, texts[self.settings.callback_json], key)
        members["sign"] = sign
        if order.codes and state in DELIVERED:
            members["card_list"] = [{**card, "end_time": ""} for card in _cards(order)]
        return CallbackMessage(url=url, body=compact_json(members).encode())

    def acknowledged(self, status: int, body: bytes) -> bool:
        """The documented answer is `ok`."""
        return status == 200 and body.strip() == self.settings.ack.encode()

    def _order(self, order: Order) -> dict[str, Any]:
        account = {"n": "充值账号", "k": "recharge_account", "v": order.account}
        return {
            "ordersn": order.upstream_no,
            "external_orderno": order.our_no,
            "status": _status(order, order.state),
            "total_price": yuan(order.asked_minor),
            "has_back_money": yuan(_money_back(order, order.state)),
            "recharge_info": [account] if order.account else [],
            "recharge_hints": "充值成功" if order.state is OrderState.SUCCESS else "",
            "card_list": _cards(order) if order.state in DELIVERED else [],
        }


def _status(order: Order, state: OrderState) -> int:
    """5 also for what was given up with a part of the money kept."""
    if state is OrderState.PARTIAL and order.behaviour.ending is Ending.PARTLY_REFUNDED:
        return STATUS[OrderState.FAILED]
    return STATUS[state]


def _money_back(order: Order, state: OrderState) -> int:
    """Fen that went back to the buyer's balance: nothing, a part, or all of it."""
    if state is order.state and state is not OrderState.REVERSED:
        return order.asked_minor - order.price_minor
    # Told out of turn, or a lie: as if it were so.
    gone = {OrderState.FAILED, OrderState.CANCELLED, OrderState.REVERSED}
    return order.asked_minor if state in gone else 0


def _cards(order: Order) -> list[dict[str, str]]:
    return [{"card_no": number, "card_password": password} for number, password in order.codes]


def _goods(product: Product) -> dict[str, Any]:
    is_code = product.kind == "code"
    return {
        "id": product_number(product.product_id),
        "goods_name": product.name,
        "goods_img": IMAGE,
        "goods_type": 1 if is_code else 2,
        "face_value": yuan(product.face_minor),
        "goods_price": yuan(product.face_minor * PRICE_PERCENT // 100),
        "status": 1,
        "stock_num": 999_999,
        "can_buy": "",
        "can_no_buy": "",
        "can_price": "0.00",
        "need_balance": "0",
    }


def _goods_in_full(product: Product) -> dict[str, Any]:
    """What `goods/info` adds to a row of the list."""
    return {
        **_goods(product),
        "goods_info": "",
        "goods_notice": "",
        "start_count": 1,
        "end_count": 100,
        "attach": [] if product.kind == "code" else _attach(),
    }


def _attach() -> list[dict[str, str]]:
    return [{"key": "recharge_account", "type": "text", "tip": "", "name": "充值账号"}]


def _ok(data: Any, message: str = "成功") -> Reply:
    return _answer(200, message, data)


def _refusal(refusal: Refusal) -> Reply:
    return _answer(400, REFUSALS[refusal])


def _answer(code: int, message: str, data: Any = None) -> Reply:
    """Without `data` where the document shows none."""
    answer = {"code": code, "msg": message}
    return Reply(body=compact_json(answer if data is None else {**answer, "data": data}).encode())
