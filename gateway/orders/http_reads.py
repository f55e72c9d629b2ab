"""Reading orders back: one, by number, and lists."""

import re
from typing import Final

from aiohttp.web import BaseRequest, Response

from gateway.catalog.rules import Catalog, CurrentCatalog, Key, Scope
from gateway.ground.http.answers import json_response
from gateway.ground.http.operation import TIME, Answer, Operation, Parameter, Route
from gateway.ground.http.paging import (
    CURSOR,
    LIMIT,
    ORDERS,
    make_cursor,
    page_json,
    parse_cursor,
    parse_id,
    parse_limit,
    parse_query,
)
from gateway.ground.http.problems import ProblemError
from gateway.ground.traffic.admission import Class
from gateway.orders.answers import AN_ORDER, ORDER_NO, SKU, TAG, OrderPage
from gateway.orders.finding import OrderDesk
from gateway.orders.record import OrderFilter
from gateway.orders.rules import OrderState
from gateway.orders.view import OrderViews
from gateway.orders.wire import NARROWING, parse_state, parse_time
from gateway.partners.authentication import Gate

NO_SKU: Final = 0  # no SKU has that id: an empty list


LIST_ORDERS: Final = Operation(
    name="listOrders",
    tag=TAG,
    summary="List orders",
    description="Newest first, without codes; a cursor stays right while orders come in. "
    "A page may be empty although there are more: then next_cursor goes on.",
    scope=Scope.ORDERS_READ,
    query=(
        Parameter("state", "In this state.", {"type": "string", "enum": list(OrderState)}),
        Parameter("sku", "Of this SKU.", SKU),
        Parameter("created_from", "Created then or later.", TIME),
        Parameter("created_to", "Created before then.", TIME),
        LIMIT,
        CURSOR,
    ),
    answers={200: Answer("One page.", OrderPage)},
    problems=("invalid-request",),
)

READ_ORDER: Final = Operation(
    name="readOrder",
    tag=TAG,
    summary="Read an order",
    description="With its codes if the key has `codes:read`.",
    scope=Scope.ORDERS_READ,
    parameters=(ORDER_NO,),
    answers={200: AN_ORDER},
    problems=("not-found",),
)

READ_ORDER_BY_NUMBER: Final = Operation(
    name="readOrderByNumber",
    tag=TAG,
    summary="Read an order by your number",
    scope=Scope.ORDERS_READ,
    parameters=(
        Parameter(
            "out_order_no",
            "Your number of the order.",
            {"type": "string", "pattern": "^[A-Za-z0-9._:-]{1,64}$"},
        ),
    ),
    answers={200: AN_ORDER},
    problems=("not-found",),
)


class OrderReading:
    """One order, or a list of them without codes."""

    def __init__(
        self, gate: Gate, desk: OrderDesk, views: OrderViews, catalog: CurrentCatalog
    ) -> None:
        self._gate = gate
        self._desk = desk
        self._views = views
        self._catalog = catalog

    async def read(self, request: BaseRequest, order_no: str) -> Response:
        """GET /v1/orders/{order_no}."""
        key, _ = await self._gate.admit(request, Scope.ORDERS_READ)
        return await self._show(key, parse_id(order_no))

    async def read_by_number(self, request: BaseRequest, out_order_no: str) -> Response:
        """GET /v1/orders/by-out-no/{out_order_no}."""
        key, _ = await self._gate.admit(request, Scope.ORDERS_READ)
        order_id = None
        if re.fullmatch(r"[A-Za-z0-9._:-]{1,64}", out_order_no):
            order_id = await self._desk.find(key.partner_id, out_order_no)
        return await self._show(key, order_id)

    async def page(self, request: BaseRequest) -> Response:
        """GET /v1/orders: newest first."""
        key, _ = await self._gate.admit(request, Scope.ORDERS_READ, kind=Class.LIST)
        query = parse_query(request, NARROWING)
        limit = parse_limit(query)
        filter_ = OrderFilter(
            state=parse_state(query),
            sku_id=_parse_sku(self._catalog.now, query),
            created_from=parse_time(query, "created_from"),
            created_to=parse_time(query, "created_to"),
            before_id=parse_cursor(ORDERS, query),
        )
        if filter_.sku_id == NO_SKU:
            return json_response(page_json([], None))
        found = await self._desk.page(key.partner_id, filter_, limit)
        before_id = found.next_before_id
        return json_response(
            page_json(
                [self._views.json(record, None) for record in found.records],
                None if before_id is None else make_cursor(ORDERS, before_id),
            )
        )

    async def _show(self, key: Key, order_id: int | None) -> Response:
        order = None if order_id is None else await self._views.one(key, order_id, "read")
        if order is None:
            raise ProblemError("not-found", "There is no such order.")
        return json_response(order)


def _parse_sku(catalog: Catalog, query: dict[str, str]) -> int | None:
    name = query.get("sku")
    if name is None:
        return None
    sku = catalog.skus.get(name)
    return sku.id if sku is not None else NO_SKU


# The first pattern that fits wins: by-out-no comes before what ends in a fixed step.
ROUTES: Final = (
    Route("GET", "/v1/orders", OrderReading.page, LIST_ORDERS),
    Route("GET", "/v1/orders/{order_no}", OrderReading.read, READ_ORDER),
    Route(
        "GET",
        "/v1/orders/by-out-no/{out_order_no}",
        OrderReading.read_by_number,
        READ_ORDER_BY_NUMBER,
    ),
)
