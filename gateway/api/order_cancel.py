"""POST /v1/orders/{order_no}/cancel: only while nothing was sent upstream."""

from aiohttp.web import BaseRequest, Response

from gateway.api.answers import json_response
from gateway.api.authentication import admit_write
from gateway.api.body import require_no_members
from gateway.api.context import Context
from gateway.api.order_wire import order_json
from gateway.api.paging import NO_PARAMETERS, parse_id, parse_query
from gateway.api.problems import ProblemError
from gateway.domain.catalog import Scope
from gateway.domain.order import TERMINAL
from gateway.flows.order_desk import View


async def cancel_order(context: Context, request: BaseRequest, order_no: str) -> Response:
    """The order, cancelled and refunded, however often it is asked for; 409 for codes and for
    whatever was sent upstream."""
    key, body = await admit_write(context, request, Scope.ORDERS_WRITE)
    require_no_members(request, body)
    parse_query(request, NO_PARAMETERS)
    order_id = parse_id(order_no)
    view = View(
        partner_id=key.partner_id,
        order_id=order_id or 0,
        key_id=key.key_id,
        with_codes=False,
        via="cancel",
    )
    shown = await context.desk.show(view)
    if order_id is None or shown is None:
        raise ProblemError("not-found", "There is no such order.")
    if not shown.record.is_cancelled:
        if shown.record.pool_id is not None:
            raise ProblemError("not-cancellable", "Codes were delivered with this order.")
        cancelled = await context.topups.cancel(key.partner_id, order_id)
        shown = await context.desk.show(view)
        if shown is None:
            raise ProblemError("internal")
        if not cancelled and not shown.record.is_cancelled:  # nor by somebody else meanwhile
            raise ProblemError("not-cancellable", _why(shown.record.state))
    sku = context.catalog.skus_by_id[shown.record.sku_id]
    codes = b"[]" if key.reads_codes else None
    return json_response(order_json(shown.record, sku=sku.sku, currency=sku.currency, codes=codes))


def _why(state: str) -> str:
    if state in TERMINAL:
        return f"The order is {state} already."
    return "The order was sent to an upstream already."
