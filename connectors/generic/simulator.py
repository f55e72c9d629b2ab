"""A simulated platform made from the protocol file that its connector is made from.

It verifies the same signature, sells any product and keeps its ledger. Where the file names no code
for a refusal, it is refused with a code that is in no list, as a platform would that has more of
them than its document.
"""

import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, ClassVar, Final

from connectors.contract import CallbackRequest, Reason
from connectors.exchange import ProtocolError
from connectors.generic.connector import callback_fields
from connectors.generic.parts import Compiled, Operation
from connectors.generic.paths import text_of
from connectors.generic.replies import FAILED, Replies
from connectors.generic.template import Template, Value, fill_fields
from connectors.generic.writing import Settings, sealed
from connectors.loose import as_int
from connectors.settings import SettingsError
from connectors.simulation.behaviour import Refusal
from connectors.simulation.goods import SimulationOptions
from connectors.simulation.ledger import Order, OrderState, Purchase
from connectors.simulation.market import PRODUCTS
from connectors.simulation.platform import Call, CallbackMessage, Platform, Reply

WINDOW_S: Final = 300.0
QUANTITY_MAX: Final = 100_000
# Which of our reasons each refusal has.
REASONS: Final[Mapping[Refusal, Reason]] = {
    Refusal.PRODUCT: Reason.PRODUCT_UNAVAILABLE,
    Refusal.UNKNOWN_PRODUCT: Reason.PRODUCT_UNAVAILABLE,
    Refusal.ACCOUNT: Reason.INVALID_ACCOUNT,
    Refusal.PRICE: Reason.PRICE_CHANGED,
    Refusal.INVALID: Reason.INVALID_REQUEST,
    Refusal.BALANCE: Reason.INSUFFICIENT_BALANCE,
    Refusal.CREDENTIALS: Reason.CREDENTIALS,
    Refusal.TOKEN_EXPIRED: Reason.CREDENTIALS,
}


class GenericPlatform(Platform):
    """The other side of a protocol file."""

    NAME: ClassVar[str] = "generic"
    callback_retry_s = (60, 300, 900, 1800, 3600)

    def __init__(self, settings: Settings, defaults: Mapping[str, str]) -> None:
        taken = sorted(SimulationOptions.__dataclass_fields__.keys() & settings.names())
        if taken:
            raise SettingsError(f"{{set.{taken[0]}}} is a name of every simulator's own")
        self.settings = settings
        self.protocol: Compiled = settings.protocol
        self.replies = Replies(self.protocol)
        words = self.protocol.protocol
        self.DEFAULTS = defaults  # type: ignore[misc]
        self._operations: dict[str, Callable[[dict[str, Value]], Awaitable[Reply]]] = {
            "submit": self._submit,
            "query": self._query,
            "balance": self._balance,
            "catalog": self._catalog,
            "cancel": self._cancel,
        }
        states = set(words.query.states.values())
        self.KNOWS_PARTIAL = "partial" in states and bool(words.query.delivered)  # type: ignore[misc]
        self.KNOWS_PARTIAL_REFUND = bool(words.query.refunded)  # type: ignore[misc]

    async def handle(self, call: Call) -> Reply:
        """Verify, then run the operation whose path the call's ends with."""
        # The longest: one call's path may be another's end.
        fitting = {
            operation.path: name
            for name, operation in self.protocol.operations.items()
            if call.path.rstrip("/").endswith(operation.path.rstrip("/"))
        }
        name = fitting[max(fitting, key=len)] if fitting else None
        if name is None or call.method != "POST":
            return self.replies.refusal(Reason.INVALID_REQUEST)
        try:
            fields = callback_fields(_as_callback(call))
            values = self._values(self.protocol.operations[name], call, fields)
        except ProtocolError:
            return self.replies.refusal(Reason.INVALID_REQUEST)
        if values is None:
            return self.replies.refusal(Reason.CREDENTIALS)
        return await self._operations[name](values)

    def _values(
        self, operation: Operation, call: Call, fields: Mapping[str, Any]
    ) -> dict[str, Value] | None:
        """What the placeholders of a call stand for; None: it is not signed as it should be."""
        currency, known = self.protocol.currency, self.settings.known()
        found: dict[str, Value] = {}
        for name, template in self.protocol.headers.items():
            found |= template.read(call.headers.get(name, ""), currency) or {}
        found |= _read_fields(operation.shapes, fields, currency)
        wrong = [name for name in found if name.startswith("set.") and found[name] != known[name]]
        recipe, moment = self.protocol.sign, str(found.get("time") or "")
        given = text_of(fields.get(recipe.field)) or call.headers.get(recipe.header, "")
        if wrong or not recipe.fits(given, fields, call.body, {**known, "time": moment}):
            return None
        when = self.protocol.clock.read(moment) if moment else None
        if moment and (when is None or abs(time.time() - when) > WINDOW_S):
            return None
        return found

    # --- operations -------------------------------------------------------------------------------

    async def _submit(self, values: dict[str, Value]) -> Reply:
        quantity = as_int(values.get("quantity") or 1)
        if not (values.get("attempt") and values.get("product", "-")) or not (
            quantity and 1 <= quantity <= QUANTITY_MAX
        ):
            return self.replies.refusal(Reason.INVALID_REQUEST)
        limit, unit_limit = values.get("max_cost"), values.get("max_unit_cost")
        if unit_limit is not None:
            limit = int(unit_limit) * quantity
        face = values.get("face")
        return await self.market.sell(
            Purchase(
                our_no=str(values["attempt"]),
                product=str(values.get("product") or ""),
                account=str(values.get("account") or ""),
                quantity=quantity,
                face_minor=int(face) if face else None,
                max_cost_minor=None if limit is None else int(limit),
                notify_url=str(values.get("callback") or "") or None,
            )
        )

    async def _query(self, values: dict[str, Value]) -> Reply:
        order = self._order(values)
        if order is None:
            return self.replies.absent()
        if order.behaviour.queries_fail:
            return Reply(status=500, body=b"Internal Server Error", content_type="text/html")
        return self.replies.query(order, self._shown(order, order.state))

    def _order(self, values: Mapping[str, Value]) -> Order | None:
        ours, theirs = values.get("attempt"), values.get("upstream_no")
        if ours:
            return self.market.find(str(ours))
        found = self.market.ledger.with_upstream_no(str(theirs)) if theirs else None
        return found if found and found.visible_at <= time.time() else None

    async def _balance(self, _values: dict[str, Value]) -> Reply:
        shown = {**self.settings.shown(), "balance": self.market.balance_minor}
        return self.replies.balance(self.market.balance_minor, shown)

    async def _catalog(self, values: dict[str, Value]) -> Reply:
        page = max(as_int(values.get("page") or 1) or 1, 1)
        return self.replies.catalog(PRODUCTS, page)

    async def _cancel(self, values: dict[str, Value]) -> Reply:
        order = self._order(values)
        if order is None:
            return self.replies.absent()
        if not self.market.cancel(order):
            return self.replies.refusal(Reason.OTHER)
        return self.replies.done()

    # --- what the market asks for -----------------------------------------------------------------

    def accepted(self, order: Order) -> Reply:
        """A code of success with the number and the price."""
        return self.replies.accepted(order, self._shown(order, order.state))

    def refused(self, refusal: Refusal, purchase: Purchase) -> Reply:  # noqa: ARG002
        """A code for the reason, if the file has one."""
        if refusal is Refusal.THROTTLED:
            headers = {"Retry-After": str(self.market.options.retry_after_s)}
            return Reply(status=429, body=b"", headers=headers)
        if refusal is Refusal.DUPLICATE:
            return self.replies.duplicate()
        return self.replies.refusal(REASONS[refusal])

    def callback(self, order: Order, state: OrderState, *, forged: bool) -> CallbackMessage | None:
        """Signed over all that is in it; None if the file has no callbacks."""
        news, url = self.protocol.protocol.callback, self.market.notify_url(order)
        if news is None or url is None:
            return None
        shown = self._shown(order, state)
        known = {**self.settings.known(), **shown}
        if forged:
            known |= {f"set.{name}": "forged" for name in self.protocol.secret}
        fields = fill_fields(self.protocol.shown["callback"], known, self.protocol.currency)
        self.replies.tell(fields, order, state, shown)
        message = sealed(self.protocol, fields, known, self.protocol.callback_sign)
        headers = dict(message["headers"])
        return CallbackMessage(
            url=url, body=message["body"], content_type=headers.pop("content-type"), headers=headers
        )

    def acknowledged(self, status: int, body: bytes) -> bool:
        """What the file says is the answer."""
        news = self.protocol.protocol.callback
        return status == 200 and news is not None and body.strip() == news.ack.encode()

    def _shown(self, order: Order, state: OrderState) -> dict[str, Value]:
        """An order as placeholders; told out of turn, or as a lie, its money as if it were so."""
        kept = order.price_minor
        if state is not order.state or state is OrderState.REVERSED:
            kept = 0 if state in FAILED else order.asked_minor
        return {
            **self.settings.shown(),
            "attempt": order.our_no,
            "upstream_no": order.upstream_no,
            "product": order.product,
            "account": order.account or None,
            "quantity": order.quantity,
            "cost": order.asked_minor,
            "refunded": order.asked_minor - kept,
            "face": order.face_minor,
            "balance": self.market.balance_minor,
            "time": self.protocol.clock.written(time.time()),
        }


def _as_callback(call: Call) -> CallbackRequest:
    return CallbackRequest(method=call.method, path=call.path, headers=call.headers, body=call.body)


def _read_fields(shapes: Mapping[str, Any], fields: Any, currency: str) -> dict[str, Value]:
    """What the placeholders of some fields stand for."""
    found: dict[str, Value] = {}
    for name, shape in shapes.items():
        value = fields.get(name) if isinstance(fields, Mapping) else None
        if isinstance(shape, Mapping):
            found |= _read_fields(shape, value, currency)
        elif isinstance(shape, Template):
            text = text_of(value)
            found |= (shape.read(text, currency) or {}) if text is not None else {}
    return found
