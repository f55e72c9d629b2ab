"""Placing an order; order_batch places up to 500 at a time."""

import asyncio
from typing import Final

from gateway.campaigns.passes import HEADER as PASS_HEADER
from gateway.catalog.rules import CurrentCatalog, Key, Scope
from gateway.ground.http.answers import JSON_TYPE
from gateway.ground.http.body import check_strict, decode
from gateway.ground.http.direct_answer import DirectAnswer
from gateway.ground.http.meters import RouteMeter
from gateway.ground.http.operation import BODY_PROBLEMS, Answer, Operation, Parameter, Route
from gateway.ground.http.patience import DEADLINE, waits_until
from gateway.ground.http.plain_front import Exchange
from gateway.ground.http.problems import ProblemError
from gateway.ground.http.request import Asked
from gateway.ground.traffic.admission import Class
from gateway.orders.answers import TAG, Order
from gateway.orders.http_single import Singles
from gateway.orders.place import Placed, Placement
from gateway.orders.placed import REPLAYED, placed_json
from gateway.orders.plain_entrance import PlainEntrance
from gateway.orders.problems import problem_of
from gateway.orders.refusal import GIVEN_UP, Refusal
from gateway.orders.view import OrderViews
from gateway.orders.wire import (
    ORDER_DECODER,
    OrderIn,
    order_content,
)
from gateway.partners.authentication import Gate

# To look them up for every line costs 0.1 µs each.
PASS: Final = Parameter(
    PASS_HEADER,
    "A pass of the waiting room of the order's campaign, `v1.<payload>.<hmac>`, where that demands"
    " one. The order uses it up; an accepted number needs none.",
    {"type": "string", "pattern": r"^v1\.[A-Za-z0-9_-]+\.[0-9a-f]{64}$"},
)
_ORDER: Final = Class.ORDER
_RETRY: Final = Class.RETRY

PLACE_ORDER: Final = Operation(
    name="placeOrder",
    tag=TAG,
    summary="Place an order",
    description=(
        "Idempotent on `out_order_no`: the same content under the same number gives the same "
        "order back, for ever; other content is `order-conflict`, without effect. A refused "
        "order leaves nothing behind: its number may be tried again.\n\n"
        "Codes from stock answer `delivered` at once; top-ups, and codes bought on demand, "
        "answer `processing` and finish by webhook or query. `uncertain` means: do not order it "
        "again, we are finding out."
    ),
    scope=Scope.ORDERS_WRITE,
    headers=(DEADLINE, PASS),
    body=OrderIn,
    answers={
        201: Answer("Created, paid and durable.", Order),
        200: Answer(
            "This number was accepted before with the same content: the same order "
            "(`Quangate-Replayed: true`).",
            Order,
        ),
    },
    problems=(
        *BODY_PROBLEMS, "insufficient-balance", "unknown-sku", "order-conflict", "sold-out",
        "price-changed", "campaign-closed", "pass-required", "pass-invalid",
        "pass-used", "purchase-limit", "overloaded", "busy",
    ),
    told=("{$request.body#/notify_url}", "order.delivered"),
)  # fmt: skip


class OrderPlacing:
    """POST /v1/orders."""

    def __init__(
        self,
        gate: Gate,
        placement: Placement,
        views: OrderViews,
        catalog: CurrentCatalog,
        entrance: PlainEntrance,
    ) -> None:
        self._gate = gate
        self._door = gate.door
        self._placement = placement
        self._views = views
        self._singles = Singles(gate, placement, catalog, entrance, self._answer)

    def take(self, data: bytes, at: int, exchange: Exchange, meter: RouteMeter) -> int:
        """See AtOnce: an order that says nothing unusual."""
        return self._singles.take(data, at, exchange, meter)

    def glance(self, request: Asked) -> ProblemError | None:
        """Why the head alone is refused; None: it is not."""
        return self._gate.glance(request, _RETRY, told_as=_ORDER)

    async def place(self, request: Asked) -> DirectAnswer:
        """201 created, 200 replayed, or a problem."""
        key, body = await self._gate.prove(
            request, Scope.ORDERS_WRITE, kind=_RETRY, told_as=_ORDER, json=True
        )
        waits = None if DEADLINE.name not in request.headers else waits_until(request)
        check_strict(body)
        content = order_content(decode(ORDER_DECODER, body))
        kind = _ORDER
        if self._door.is_tight and self._placement.may_repeat(key, content.out_order_no):
            kind = _RETRY
        self._door.enter(request, kind, key.partner_id, 1 + content.quantity)
        # Only who orders in a campaign is asked for one.
        pass_ = None if content.campaign is None else request.headers.get(PASS_HEADER)
        placed = await self._placement.place(key, content, pass_=pass_, waits_until=waits)
        return await self._answer(request, key, placed)

    async def _answer(self, request: Asked, key: Key, placed: Placed | Refusal) -> DirectAnswer:
        """What became of an order."""
        if isinstance(placed, Refusal):
            if placed.reason in GIVEN_UP:
                request.give_up()
            raise problem_of(placed)
        order = placed_json(placed)
        if order is None:  # made before; or durable, but not sealed with its batch
            reading = self._views.read_back(key, placed.answered.order_id)
            order = await asyncio.create_task(reading)  # see `Route.plain`
        if placed.is_new:
            return DirectAnswer(order, 201, JSON_TYPE)
        return DirectAnswer(order, 200, JSON_TYPE, REPLAYED)


ROUTES: Final = (
    Route(
        "POST", "/v1/orders", OrderPlacing.place, PLACE_ORDER, plain=True, task=False,
        glance=OrderPlacing.glance, at_once=OrderPlacing.take,
    ),
)  # fmt: skip
