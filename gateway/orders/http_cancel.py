"""POST /v1/orders/{order_no}/cancel: only while nothing was sent upstream."""

from collections.abc import Mapping
from typing import Final

from aiohttp.web import BaseRequest, Response

from gateway.catalog.rules import Scope
from gateway.ground.http.answers import json_response
from gateway.ground.http.body import require_no_members
from gateway.ground.http.operation import WRITE_PROBLEMS, Operation, Route
from gateway.ground.http.paging import NO_PARAMETERS, parse_id, parse_query
from gateway.ground.http.problems import ProblemError
from gateway.orders.answers import AN_ORDER, ORDER_NO, TAG
from gateway.orders.cancel import Cancellation, Kept, KeptReason
from gateway.orders.view import OrderViews
from gateway.partners.authentication import Gate

CANCEL_ORDER: Final = Operation(
    name="cancelOrder",
    tag=TAG,
    summary="Cancel an order that is bought upstream",
    description="Possible only while nothing was sent upstream; the charge is refunded.",
    scope=Scope.ORDERS_WRITE,
    parameters=(ORDER_NO,),
    answers={200: AN_ORDER},
    problems=(*WRITE_PROBLEMS, "not-found", "not-cancellable"),
)

_K = KeptReason
WORDS: Final[Mapping[KeptReason, tuple[str, str | None]]] = {
    _K.NOT_FOUND: ("not-found", "There is no such order."),
    _K.CODES_DELIVERED: ("not-cancellable", "Codes were delivered with this order."),
    _K.ENDED: ("not-cancellable", "The order is {0.state} already."),
    _K.SENT: ("not-cancellable", "The order was sent to an upstream already."),
    _K.LOST: ("internal", None),
}


class OrderCancelling:
    """The order, cancelled and refunded, however often it is asked for; 409 for codes and for
    whatever was sent upstream."""

    def __init__(self, gate: Gate, cancellation: Cancellation, views: OrderViews) -> None:
        self._gate = gate
        self._cancellation = cancellation
        self._views = views

    async def cancel(self, request: BaseRequest, order_no: str) -> Response:
        """The order as it is then."""
        key, body = await self._gate.admit_write(request, Scope.ORDERS_WRITE)
        require_no_members(request, body)
        parse_query(request, NO_PARAMETERS)
        record = await self._cancellation.cancel(key, parse_id(order_no) or 0)  # no order has 0
        if isinstance(record, Kept):
            code, detail = WORDS[record.reason]
            raise ProblemError(code, None if detail is None else detail.format(record))
        return json_response(self._views.json(record, b"[]" if key.reads_codes else None))


ROUTES: Final = (
    Route("POST", "/v1/orders/{order_no}/cancel", OrderCancelling.cancel, CANCEL_ORDER),
)
