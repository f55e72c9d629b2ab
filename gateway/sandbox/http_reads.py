"""Reading the sandbox: its orders, its products, the balance that never gets less."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Final, Protocol

import orjson
from aiohttp.web import BaseRequest, Response

from gateway.catalog.rules import Key
from gateway.ground.http.answers import json_response
from gateway.ground.http.body import require_no_members
from gateway.ground.http.operation import Route
from gateway.ground.http.paging import (
    ENTRIES,
    LIST_PARAMETERS,
    NO_PARAMETERS,
    ORDERS,
    make_cursor,
    page_json,
    parse_cursor,
    parse_id,
    parse_limit,
    parse_query,
)
from gateway.ground.http.problems import ProblemError
from gateway.ground.http.twin import ForTwinError
from gateway.ground.traffic.admission import Class
from gateway.orders.failure import FailureCode
from gateway.orders.record import OrderFilter
from gateway.orders.rules import OrderState
from gateway.orders.wire import NARROWING, parse_state, parse_time
from gateway.partners.authentication import Gate
from gateway.sandbox.goods import BALANCE_MINOR, CURRENCY, GOODS, SINCE
from gateway.sandbox.http import TWIN
from gateway.sandbox.place import SandboxPlacement, cancelled_body
from gateway.sandbox.record import SandboxOrder, sandbox_json

LOOKED_AT_MAX: Final = 10_000  # orders for one page
NO_ORDER: Final = "There is no such order."


class Orders(Protocol):
    """See the store."""

    async def by_id(self, partner_id: int, order_id: int) -> SandboxOrder | None: ...
    async def by_number(self, partner_id: int, out_order_no: str) -> SandboxOrder | None: ...
    async def before(self, partner_id: int, before: int, lowest: int) -> list[SandboxOrder]: ...
    async def cancel(self, partner_id: int, order_id: int, now: datetime, told: bytes) -> bool: ...


class SandboxReading:
    """What a key of the sandbox may see and cancel; `now` is the database's clock."""

    def __init__(
        self,
        gate: Gate,
        orders: Orders,
        placement: SandboxPlacement,
        now: Callable[[], datetime],
    ) -> None:
        self._gate = gate
        self._orders = orders
        self._placement = placement
        self._now = now

    async def read(self, request: BaseRequest, proved: ForTwinError, order_no: str) -> Response:
        """GET /v1/orders/{order_no}."""
        key = self._gate.enter_sandbox(request, proved, Class.QUERY)
        return self._show(key, await self._orders.by_id(key.partner_id, parse_id(order_no) or 0))

    async def read_by_number(
        self, request: BaseRequest, proved: ForTwinError, out_order_no: str
    ) -> Response:
        """GET /v1/orders/by-out-no/{out_order_no}."""
        key = self._gate.enter_sandbox(request, proved, Class.QUERY)
        order = None
        if re.fullmatch(r"[A-Za-z0-9._:-]{1,64}", out_order_no):
            order = await self._orders.by_number(key.partner_id, out_order_no)
        return self._show(key, order)

    async def page(self, request: BaseRequest, proved: ForTwinError) -> Response:
        """GET /v1/orders: newest first."""
        key = self._gate.enter_sandbox(request, proved, Class.LIST)
        query = parse_query(request, NARROWING)
        limit, state, sku = parse_limit(query), parse_state(query), query.get("sku")
        created_from, created_to = (
            parse_time(query, "created_from"),
            parse_time(query, "created_to"),
        )
        lowest, before = OrderFilter(
            created_from=created_from,
            created_to=created_to,
            before_id=parse_cursor(ORDERS, query),
        ).ids()
        now = self._now()
        shown: list[bytes] = []
        looked_at = 0
        while looked_at < LOOKED_AT_MAX:
            some = await self._orders.before(key.partner_id, before, lowest)
            if not some:
                return json_response(page_json(shown, None))
            for order in some:
                stand = order.stand(now)
                wanted = (
                    state in {None, stand.state}
                    and sku in {None, order.sku}
                    and (created_from is None or order.created_at >= created_from)
                    and (created_to is None or order.created_at < created_to)
                )
                if wanted and len(shown) == limit:
                    return json_response(page_json(shown, make_cursor(ORDERS, before)))
                before = order.id
                if wanted:
                    shown.append(sandbox_json(order, stand, None))
            looked_at += len(some)
        return json_response(page_json(shown, make_cursor(ORDERS, before)))

    async def cancel(self, request: BaseRequest, proved: ForTwinError, order_no: str) -> Response:
        """POST /v1/orders/{order_no}/cancel: only what is held back, as its digits wanted it."""
        key = await self._gate.enter_sandbox_write(request, proved)
        require_no_members(request, proved.body)
        parse_query(request, NO_PARAMETERS)
        order_id = parse_id(order_no) or 0
        order = await self._orders.by_id(key.partner_id, order_id)
        if order is None:
            raise ProblemError("not-found", NO_ORDER)
        if order.cancelled_at is None:
            now = self._now()
            told = cancelled_body(order, now)
            await self._orders.cancel(key.partner_id, order_id, now, told)
            order = await self._orders.by_id(key.partner_id, order_id) or order
        stand = order.stand(self._now())
        if stand.failure != FailureCode.CANCELLED:
            sent = stand.state in {OrderState.PROCESSING, OrderState.UNCERTAIN}
            why = "was sent to an upstream" if sent else f"is {stand.state}"
            raise ProblemError("not-cancellable", f"The order {why} already.")
        return json_response(self._placement.shown(key, order))

    async def products(self, request: BaseRequest, proved: ForTwinError) -> Response:
        """GET /v1/products."""
        self._gate.enter_sandbox(request, proved, Class.QUERY)
        query = parse_query(request, LIST_PARAMETERS | {"category", "tag"})
        limit = parse_limit(query)
        goods = [] if {"category", "tag", "cursor"} & query.keys() else sorted(GOODS)
        data = [orjson.dumps(GOODS[sku].as_product()) for sku in goods[:limit]]
        return json_response(page_json(data, None))

    async def product(self, request: BaseRequest, proved: ForTwinError, sku: str) -> Response:
        """GET /v1/products/{sku}."""
        self._gate.enter_sandbox(request, proved, Class.QUERY)
        parse_query(request, frozenset({"buyer"}))
        good = GOODS.get(sku)
        if good is None:
            raise ProblemError("unknown-sku", "There is no such SKU in the sandbox.")
        return json_response(orjson.dumps(good.as_product()))

    async def account(self, request: BaseRequest, proved: ForTwinError) -> Response:
        """GET /v1/account: nothing is charged here."""
        self._gate.enter_sandbox(request, proved, Class.QUERY)
        parse_query(request, NO_PARAMETERS)
        balance = {"balance": BALANCE_MINOR, "credit_limit": 0, "available": BALANCE_MINOR}
        return json_response(orjson.dumps({**balance, "currency": CURRENCY}))

    async def entries(self, request: BaseRequest, proved: ForTwinError) -> Response:
        """GET /v1/account/entries: the one that the balance is of."""
        self._gate.enter_sandbox(request, proved, Class.LIST)
        query = parse_query(request)
        parse_limit(query)
        entry = {
            "id": "1",
            "kind": "deposit",
            "amount": BALANCE_MINOR,
            "balance_after": BALANCE_MINOR,
            "order_no": None,
            "reference": "sandbox",
            "created_at": SINCE,
        }
        more = parse_cursor(ENTRIES, query) is None
        return json_response(page_json([orjson.dumps(entry)] if more else [], None))

    def _show(self, key: Key, order: SandboxOrder | None) -> Response:
        if order is None:
            raise ProblemError("not-found", NO_ORDER)
        return json_response(self._placement.shown(key, order))


TWINS: Final = (
    Route("GET", "/v1/orders", SandboxReading.page, TWIN),
    Route("GET", "/v1/orders/{order_no}", SandboxReading.read, TWIN),
    Route("GET", "/v1/orders/by-out-no/{out_order_no}", SandboxReading.read_by_number, TWIN),
    Route("POST", "/v1/orders/{order_no}/cancel", SandboxReading.cancel, TWIN),
    Route("GET", "/v1/products", SandboxReading.products, TWIN),
    Route("GET", "/v1/products/{sku}", SandboxReading.product, TWIN),
    Route("GET", "/v1/account", SandboxReading.account, TWIN),
    Route("GET", "/v1/account/entries", SandboxReading.entries, TWIN),
)
