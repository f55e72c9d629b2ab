"""Reading orders back: one, by number, and lists."""

import re
from datetime import UTC, datetime
from typing import Final

from aiohttp.web import BaseRequest, Response

from gateway.api.answers import json_response
from gateway.api.authentication import admit
from gateway.api.body import invalid
from gateway.api.context import Context
from gateway.api.order_wire import order_json
from gateway.api.paging import (
    LIST_PARAMETERS,
    ORDERS,
    make_cursor,
    page_json,
    parse_cursor,
    parse_id,
    parse_limit,
    parse_query,
)
from gateway.api.problems import ProblemError
from gateway.domain.catalog import Key, Scope
from gateway.domain.moment import read_moment
from gateway.domain.order import OrderState
from gateway.domain.order_record import OrderFilter
from gateway.flows.order_desk import View

_PARAMETERS: Final = LIST_PARAMETERS | {"state", "sku", "created_from", "created_to"}
NO_SKU: Final = 0  # no SKU has that id: an empty list


async def read_order(context: Context, request: BaseRequest, order_no: str) -> Response:
    """GET /v1/orders/{order_no}."""
    key, _ = await admit(context, request, Scope.ORDERS_READ)
    return await _show(context, key, parse_id(order_no))


async def read_order_by_number(
    context: Context, request: BaseRequest, out_order_no: str
) -> Response:
    """GET /v1/orders/by-out-no/{out_order_no}."""
    key, _ = await admit(context, request, Scope.ORDERS_READ)
    order_id = None
    if re.fullmatch(r"[A-Za-z0-9._:-]{1,64}", out_order_no):
        order_id = await context.desk.find(key.partner_id, out_order_no)
    return await _show(context, key, order_id)


async def list_orders(context: Context, request: BaseRequest) -> Response:
    """GET /v1/orders: newest first, without codes."""
    key, _ = await admit(context, request, Scope.ORDERS_READ)
    query = parse_query(request, _PARAMETERS)
    limit = parse_limit(query)
    filter_ = OrderFilter(
        state=_parse_state(query),
        sku_id=_parse_sku(context, query),
        created_from=_parse_time(query, "created_from"),
        created_to=_parse_time(query, "created_to"),
        before_id=parse_cursor(ORDERS, query),
    )
    if filter_.sku_id == NO_SKU:
        return json_response(page_json([], None))
    page = await context.desk.page(key.partner_id, filter_, limit)
    data = []
    for record in page.records:
        sku = context.catalog.skus_by_id[record.sku_id]
        data.append(order_json(record, sku=sku.sku, currency=sku.currency, codes=None))
    before_id = page.next_before_id
    return json_response(
        page_json(data, None if before_id is None else make_cursor(ORDERS, before_id))
    )


async def _show(context: Context, key: Key, order_id: int | None) -> Response:
    shown = None
    if order_id is not None:
        shown = await context.desk.show(
            View(
                partner_id=key.partner_id,
                order_id=order_id,
                key_id=key.key_id,
                with_codes=key.reads_codes,
                via="read",
            )
        )
    if shown is None:
        raise ProblemError("not-found", "There is no such order.")
    sku = context.catalog.skus_by_id[shown.record.sku_id]
    return json_response(
        order_json(shown.record, sku=sku.sku, currency=sku.currency, codes=shown.codes)
    )


def _parse_state(query: dict[str, str]) -> str | None:
    state = query.get("state")
    if state is not None and state not in set(OrderState):
        raise invalid([("/state", f"must be one of {', '.join(OrderState)}")])
    return state


def _parse_sku(context: Context, query: dict[str, str]) -> int | None:
    name = query.get("sku")
    if name is None:
        return None
    sku = context.catalog.skus.get(name)
    return sku.id if sku is not None else NO_SKU


def _parse_time(query: dict[str, str], name: str) -> datetime | None:
    text = query.get(name)
    if text is None:
        return None
    # A plus sign that was not escaped arrives as a blank.
    text = re.sub(r" ([0-9]{2}:[0-9]{2})$", r"+\1", text)
    wrong = invalid([(f"/{name}", "must be an RFC 3339 time, as 2026-01-31T08:00:00Z")])
    try:
        return read_moment(text).astimezone(UTC)
    except (ValueError, OverflowError):  # the latter: before the year 1 or after 9999 in UTC
        raise wrong from None
