"""A simulated Dayuanren: signed forms both ways, and its racy duplicate check.

The platform knows partial success (state 3 with `charge_amount`); it has no word for a reversal: a
purchase taken back turns state 2. Its JSON callbacks and retry schedules vary by installation:
both are settings.
"""

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from connectors.dayuanren.wire import DayuanrenSettings
from connectors.exchange import ProtocolError
from connectors.loose import as_int, short_yuan, to_major, to_minor, yuan
from connectors.secret import Secret
from connectors.settings import SettingsError
from connectors.signing import compact_json, form_text, same, sorted_form_md5
from connectors.simulation.behaviour import Refusal
from connectors.simulation.goods import product_number
from connectors.simulation.ledger import Order, OrderState, Purchase
from connectors.simulation.market import PRICE_PERCENT, PRODUCTS
from connectors.simulation.platform import Call, CallbackMessage, Duplicates, Platform, Reply
from connectors.spelled import read_form

STATES: Final[Mapping[OrderState, int]] = {
    OrderState.PROCESSING: 0,
    OrderState.SUCCESS: 1,
    OrderState.PARTIAL: 3,
    OrderState.FAILED: 2,
    OrderState.CANCELLED: -1,
    OrderState.REVERSED: 2,
}
# The platform's internal `status` behind each public state, one of the several there are.
INTERNAL: Final[Mapping[int, int]] = {0: 3, 1: 4, 2: 5, 3: 12, -1: 7}
REFUSALS: Final[Mapping[Refusal, str]] = {
    Refusal.PRODUCT: "未找到相关产品",
    Refusal.UNKNOWN_PRODUCT: "未找到相关产品",
    Refusal.PRICE: "成本限制",
    Refusal.ACCOUNT: "手机号格式不正确",
    Refusal.BALANCE: "余额不足",
    Refusal.CREDENTIALS: "签名错误",
    Refusal.TOKEN_EXPIRED: "签名错误",
    Refusal.DUPLICATE: "已经存在相同商户订单号的订单",
    Refusal.INVALID: "参数错误，请使用http-post表单",
}
# Waits between sends: n² minutes (the system's code), or what operators document.
RETRIES: Final[Mapping[str, tuple[float, ...]]] = {
    "squares": (60, 240, 540, 960),
    "every_minute": (60, 60, 60, 60),
    "every_five": (300, 300),
}
FORGERS_KEY: Final = Secret("forged_apikey")


@dataclass(frozen=True, slots=True, kw_only=True)
class DayuanrenSimulation(DayuanrenSettings):
    """The connector's settings and the simulator's switches. `callback_format`: "form" or "json";
    `callback_retry`: a key of `RETRIES`.
    """

    callback_format: str = "form"
    callback_retry: str = "squares"

    def __post_init__(self) -> None:
        if self.callback_format not in {"form", "json"}:
            raise SettingsError("setting callback_format is one of form, json")
        if self.callback_retry not in RETRIES:
            raise SettingsError(f"setting callback_retry is one of {', '.join(RETRIES)}")


class DayuanrenPlatform(Platform):
    """The platform's side of wire.py."""

    NAME: ClassVar[str] = "dayuanren"
    DEFAULTS: ClassVar[Mapping[str, str]] = {"userid": "1001", "apikey": "demo_apikey"}
    SETTINGS: ClassVar[type[Any] | None] = DayuanrenSimulation
    KNOWS_PARTIAL: ClassVar[bool] = True
    KNOWS_PARTIAL_REFUND: ClassVar[bool] = True  # state 3 is its only word for both
    DUPLICATES: ClassVar[Duplicates] = Duplicates.RACY

    def __init__(self, settings: DayuanrenSimulation) -> None:
        self.settings = settings
        self.callback_retry_s = RETRIES[settings.callback_retry]
        self._operations: dict[str, Callable[[dict[str, str]], Awaitable[Reply]]] = {
            "recharge": self._recharge,
            "check": self._check,
            "user": self._user,
            "product": self._product,
            "price": self._price,
            "typecate": self._typecate,
            "elecity": self._elecity,
            "remove": self._remove,
            "cancel": self._remove,
        }

    async def handle(self, call: Call) -> Reply:
        """Verify the form, then run the operation named by the path's last segment."""
        run = self._operations.get(call.path.rstrip("/").rsplit("/", 1)[-1])
        if run is None:
            return _answer(1, "接口不存在")
        try:
            fields = read_form(call.body)
        except ProtocolError:
            return _refusal(Refusal.INVALID)
        if call.method != "POST" or "sign" not in fields:
            return _refusal(Refusal.INVALID)
        if fields.get("userid") != self.settings.userid:
            return _answer(1, "账户不可用")
        expected = sorted_form_md5(fields, self.settings.apikey)
        if not same(fields["sign"].upper(), expected):
            return _refusal(Refusal.CREDENTIALS)
        return await run(fields)

    # --- operations -------------------------------------------------------------------------------

    async def _recharge(self, fields: dict[str, str]) -> Reply:
        if not all(fields.get(name) for name in ("out_trade_num", "product_id", "mobile")):
            return _refusal(Refusal.INVALID)
        return await self.market.sell(
            Purchase(
                our_no=fields["out_trade_num"],
                product=fields["product_id"],
                account=fields["mobile"],
                face_minor=to_minor(fields.get("amount")) or None,
                max_cost_minor=to_minor(fields.get("price")) or None,
                notify_url=fields.get("notify_url") or None,
            )
        )

    async def _check(self, fields: dict[str, str]) -> Reply:
        numbers = fields.get("out_trade_nums", "").split(",")[:50]
        now = time.time()
        orders = [
            order
            for number in numbers
            for order in self.market.ledger.with_our_no(number)
            if order.visible_at <= now
        ]
        if any(order.behaviour.queries_fail for order in orders):
            return Reply(status=500, body=b"Internal Server Error", content_type="text/html")
        return _answer(0, "ok", [self._order(order) for order in orders])

    async def _user(self, _fields: dict[str, str]) -> Reply:
        user = {"id": as_int(self.settings.userid) or 0, "username": "demo"}
        return _answer(0, "ok", {**user, "balance": yuan(self.market.balance_minor)})

    async def _product(self, _fields: dict[str, str]) -> Reply:
        products = [
            {
                "id": int(product.product_id),
                **_described(product.name, product.face_minor),
                "api_open": 1,
                "type": 1,
                "y_price": float(to_major(product.face_minor)),  # a number in lists only
            }
            for product in PRODUCTS
            if product.kind == "topup"
        ]
        category = {"id": 1, "cate": "Demo", "sort": 1, "type": 1, "products": products}
        return _answer(0, "ok", [category])

    async def _price(self, fields: dict[str, str]) -> Reply:
        """One product, any id; every member is a text here."""
        wanted = fields.get("id") or fields.get("product_id")
        if not wanted:
            return _refusal(Refusal.INVALID)
        listed = next((product for product in PRODUCTS if product.product_id == wanted), None)
        face_minor = listed.face_minor if listed else self.market.options.default_face_minor
        return _answer(0, "ok", _described(_title(wanted), face_minor))

    async def _typecate(self, _fields: dict[str, str]) -> Reply:
        cate = [{"id": 1, "cate": "Demo", "type": 1}]
        return _answer(0, "ok", [{"id": 1, "type_name": "Demo", "cate": cate}])

    async def _elecity(self, _fields: dict[str, str]) -> Reply:
        city = {"id": 1, "city_name": "北京", "sort": 1, "initial": "B"}
        return _answer(0, "ok", [{**city, "need_ytype": 0, "need_city": 0, "city": []}])

    async def _remove(self, fields: dict[str, str]) -> Reply:
        numbers = fields.get("out_trade_nums") or fields.get("out_trade_num") or ""
        orders = [
            o for number in numbers.split(",") for o in self.market.ledger.with_our_no(number)
        ]
        stopped = [order for order in orders if self.market.cancel(order)]
        return _answer(0, "ok") if stopped else _answer(1, "订单不可申请撤单")

    # --- what the market asks for -----------------------------------------------------------------

    def accepted(self, order: Order) -> Reply:
        """errno 0 with the numbers and the price."""
        return _answer(
            0,
            "提交成功",
            {
                "id": order.number,
                "order_number": order.upstream_no,
                "out_trade_num": order.our_no,
                "mobile": order.account,
                "product_id": product_number(order.product),
                "total_price": yuan(order.price_minor),
                "create_time": int(order.created_at),
                "guishu": "",
                "title": _title(order.product),
            },
        )

    def refused(self, refusal: Refusal, purchase: Purchase) -> Reply:  # noqa: ARG002
        """errno 1 with a text; throttling is the HTTP front's own."""
        if refusal is Refusal.THROTTLED:
            headers = {"Retry-After": str(self.market.options.retry_after_s)}
            return Reply(status=429, body=b"", headers=headers)
        return _refusal(refusal)

    def callback(self, order: Order, state: OrderState, *, forged: bool) -> CallbackMessage | None:
        """Signed over all fields; a progress callback (state 0) exists."""
        url = self.market.notify_url(order)
        if url is None:
            return None
        fields = {
            "userid": self.settings.userid,
            "order_number": order.upstream_no,
            "out_trade_num": order.our_no,
            "mobile": order.account,
            "otime": str(int(time.time())),
            "state": str(STATES[state]),
            "remark": "充值成功" if state is OrderState.SUCCESS else "",
            "charge_amount": _charged(order, state),
            "voucher": "",
            "charge_kami": "",
        }
        fields["sign"] = sorted_form_md5(fields, FORGERS_KEY if forged else self.settings.apikey)
        if self.settings.callback_format == "json":
            return CallbackMessage(url=url, body=compact_json(fields).encode())
        content_type = "application/x-www-form-urlencoded"
        return CallbackMessage(url=url, body=form_text(fields).encode(), content_type=content_type)

    def acknowledged(self, status: int, body: bytes) -> bool:
        """The documented answer is `success`."""
        return status == 200 and body.strip() == b"success"

    def _order(self, order: Order) -> dict[str, Any]:
        state = STATES[order.state]
        return {
            "id": order.number,
            "order_number": order.upstream_no,
            "out_trade_num": order.our_no,
            "mobile": order.account,
            "product_id": product_number(order.product),
            "product_name": _title(order.product),
            "create_time": int(order.created_at),
            # Assumption: not in the document; who has no face cannot tell a part without it.
            "total_price": yuan(order.price_minor),
            "status": INTERNAL[state],
            "state": state,
            "charge_amount": _charged(order, order.state),
            "charge_kami": "",
            "isp": "移动",
            "finish_time": int(order.finished_at) if order.finished_at else 0,
            "remark": "",
            "voucher": "",
        }


def _charged(order: Order, state: OrderState) -> str:
    """What is credited in this state: nothing of what failed or was taken back."""
    credited = state in {OrderState.SUCCESS, OrderState.PARTIAL}
    return short_yuan(order.delivered_face_minor if credited else 0)


def _refusal(refusal: Refusal) -> Reply:
    return _answer(1, REFUSALS[refusal])


def _answer(errno: int, message: str, data: Any = None) -> Reply:
    """Without `data` where there is none: strict readers know no null."""
    answer = {"errno": errno, "errmsg": message}
    return Reply(body=compact_json(answer if data is None else {**answer, "data": data}).encode())


def _described(name: str, face_minor: int) -> dict[str, Any]:
    """A product as `price` shows it."""
    return {
        "name": name,
        "desc": "",
        "api_open": "1",
        "isp": "1,2,3",
        "ys_tag": "",
        "price": yuan(face_minor * PRICE_PERCENT // 100),
        "y_price": yuan(face_minor),
        "max_price": yuan(face_minor),
        "type": "1",
        "cate_name": "Demo",
        "type_name": "Demo",
    }


def _title(product: str) -> str:
    listed = next((one.name for one in PRODUCTS if one.product_id == product), None)
    return listed or f"Demo {product}"
