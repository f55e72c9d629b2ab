"""A partner's view of its webhook messages: lists, replays, a test message."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from aiohttp.web import BaseRequest, Response
from msgspec import Struct

from gateway.catalog.rules import CurrentCatalog, Key, Scope
from gateway.ground.http.answers import encode, json_response, struct_response
from gateway.ground.http.body import invalid, require_no_members
from gateway.ground.http.operation import ID, WRITE_PROBLEMS, Answer, Operation, Parameter, Route
from gateway.ground.http.paging import (
    CURSOR,
    DELIVERIES,
    LIMIT,
    LIST_PARAMETERS,
    NO_PARAMETERS,
    make_cursor,
    page_json,
    parse_cursor,
    parse_id,
    parse_limit,
    parse_query,
)
from gateway.ground.http.problems import ProblemError
from gateway.ground.http.wire import Cursor, Time
from gateway.ground.moment import rfc3339
from gateway.ground.traffic.admission import Class
from gateway.orders.answers import Order
from gateway.partners.authentication import Gate
from gateway.webhooks.delivery import DeliveryFilter, DeliveryRecord, DeliveryState
from gateway.webhooks.read_store import WebhookDesk

STATES: Final = ("pending", "delivered", "dead")
_PARAMETERS: Final = LIST_PARAMETERS | {"order_no", "state"}


class Delivery(Struct, kw_only=True):
    """One webhook message and how its delivery stands; `webhook_id` is the `webhook-id` header."""

    id: str
    webhook_id: str
    type: str
    order_no: str | None
    url: str | None
    state: DeliveryState
    attempts: int
    last_status: int | None
    next_attempt_at: Time | None
    created_at: Time


class DeliveryPage(Struct, kw_only=True):
    """Webhook messages, newest first."""

    data: list[Delivery]
    next_cursor: Cursor


class WebhookMessage(Struct, kw_only=True):
    """The body of a webhook. `sequence` grows per order; `data` is the order without codes."""

    type: str
    timestamp: Time
    data: Order
    sequence: int


class OtherMessage(Struct, kw_only=True):
    """The body of a webhook that is not about an order; `data` is the thing the type names."""

    type: str
    timestamp: Time
    data: dict[str, Any]
    sequence: int


NO_ENDPOINT: Final = "This partner has no webhook endpoint that is enabled."
TAG: Final = "Webhooks"
WEBHOOK_TYPES: Final[Mapping[str, str]] = {
    "order.delivered": "The order was delivered in full.",
    "order.partial": "A part was delivered; the rest is refunded.",
    "order.failed": "Nothing was delivered; the charge is refunded.",
    "order.uncertain": "The outcome is not known yet: do not order it again.",
    "order.reversed": "The upstream took a delivery back.",
    "balance.low": "The account runs low.",
    "product.changed": "A product that this partner may buy is not what it was.",
    "test": "Asked for by `POST /v1/webhooks/test`.",
}

LIST_DELIVERIES: Final = Operation(
    name="listDeliveries",
    tag=TAG,
    summary="List webhook messages",
    scope=Scope.ORDERS_READ,
    query=(
        Parameter("order_no", "About this order.", ID),
        Parameter(
            "state",
            "In this state.",
            {"type": "string", "enum": ["pending", "delivered", "dead"]},
        ),
        LIMIT,
        CURSOR,
    ),
    answers={200: Answer("One page, newest first.", DeliveryPage)},
    problems=("invalid-request",),
)
REPLAY_DELIVERY: Final = Operation(
    name="replayDelivery",
    tag=TAG,
    summary="Send a webhook message again",
    description="It goes out under its old `webhook-id`, with a new schedule; 404 when there"
    " is no enabled endpoint that it could go to.",
    scope=Scope.ORDERS_WRITE,
    parameters=(Parameter("id", "The delivery's `id`.", ID),),
    answers={200: Answer("The message.", Delivery)},
    problems=(*WRITE_PROBLEMS, "not-found"),
)
SEND_TEST: Final = Operation(
    name="sendTestWebhook",
    tag=TAG,
    summary="Send a test message",
    description="A message of type `test` to the partner's endpoint; 404 when there is none.",
    scope=Scope.ORDERS_WRITE,
    answers={200: Answer("The message.", Delivery)},
    problems=(*WRITE_PROBLEMS, "not-found"),
    told=("{$response.body#/url}", "test"),
)


class Deliveries:
    """A partner's messages: `reads` for what is read by its key, `lists` for lists."""

    def __init__(
        self,
        gate: Gate,
        *,
        reads: WebhookDesk,
        lists: WebhookDesk,
        catalog: CurrentCatalog,
        next_id: Callable[[], int],
        now: Callable[[], datetime],
    ) -> None:
        """`next_id` makes ids of messages; `now` is the database's clock."""
        self._gate = gate
        self._reads = reads
        self._lists = lists
        self._catalog = catalog
        self._next_id = next_id
        self._now = now

    async def page(self, request: BaseRequest) -> Response:
        """GET /v1/webhooks/deliveries, newest first."""
        key, _ = await self._gate.admit(request, Scope.ORDERS_READ, kind=Class.LIST)
        return await self.page_of(request, key)

    async def page_of(self, request: BaseRequest, key: Key) -> Response:
        """The same of a request that is let in."""
        query = parse_query(request, _PARAMETERS)
        limit = parse_limit(query)
        state = query.get("state")
        if state is not None and state not in STATES:
            raise invalid([("/state", f"must be one of {', '.join(STATES)}")])
        order_no = query.get("order_no")
        filter_ = DeliveryFilter(
            order_id=None if order_no is None else (parse_id(order_no) or 0),  # 0: no order has it
            state=state,
            before_id=parse_cursor(DELIVERIES, query),
        )
        page = await self._lists.page(key.partner_id, filter_, limit)
        before_id = page.next_before_id
        return json_response(
            page_json(
                [encode(_delivery(record)) for record in page.records],
                None if before_id is None else make_cursor(DELIVERIES, before_id),
            )
        )

    async def replay(self, request: BaseRequest, id_text: str) -> Response:
        """POST /v1/webhooks/deliveries/{id}/replay: the message goes out again, as the same one."""
        key, body = await self._gate.admit_write(request, Scope.ORDERS_WRITE)
        return await self.replay_of(request, key, body, id_text)

    async def replay_of(
        self, request: BaseRequest, key: Key, body: bytes, id_text: str
    ) -> Response:
        """The same of a request that is let in."""
        require_no_members(request, body)
        parse_query(request, NO_PARAMETERS)
        id_ = parse_id(id_text.removeprefix("msg_"))
        if id_ is None or not await self._reads.replay(key.partner_id, id_):
            raise await self._why_not(key, id_)
        return await self._show(key, id_)

    async def _why_not(self, key: Key, id_: int | None) -> ProblemError:
        """Why it is not sent again: what has no endpoint to go to would be dead again at once."""
        if id_ is None or await self._reads.one(key.partner_id, id_) is None:
            return ProblemError("not-found", "There is no such delivery.")
        return ProblemError("not-found", NO_ENDPOINT)

    async def send_test(self, request: BaseRequest) -> Response:
        """POST /v1/webhooks/test: a message of type `test` to the partner's endpoint."""
        key, body = await self._gate.admit_write(request, Scope.ORDERS_WRITE)
        return await self.send_test_of(request, key, body, {})

    async def send_test_of(
        self, request: BaseRequest, key: Key, body: bytes, more: Mapping[str, Any]
    ) -> Response:
        """The same of a request that is let in, with `more` members of the message's data."""
        require_no_members(request, body)
        parse_query(request, NO_PARAMETERS)
        id_ = self._next_id()
        message = encode(
            {
                "type": "test",
                "timestamp": rfc3339(self._now()),
                "data": {"partner": self._catalog.now.partner_names.get(key.partner_id), **more},
                "sequence": 0,
            }
        )
        if not await self._reads.send_test(key.partner_id, id_, message):
            raise ProblemError("not-found", NO_ENDPOINT)
        return await self._show(key, id_)

    async def _show(self, key: Key, id_: int) -> Response:
        record = await self._reads.one(key.partner_id, id_)
        if record is None:
            raise ProblemError("not-found", "There is no such delivery.")
        return struct_response(_delivery(record))


def _delivery(record: DeliveryRecord) -> Delivery:
    return Delivery(
        id=str(record.id),
        webhook_id=f"msg_{record.id}",
        type=record.type,
        order_no=None if record.order_id is None else str(record.order_id),
        url=record.url,
        state=record.state,
        attempts=record.attempts,
        last_status=record.last_status,
        next_attempt_at=record.next_attempt_at,
        created_at=record.created_at,
    )


ROUTES: Final = (
    Route("GET", "/v1/webhooks/deliveries", Deliveries.page, LIST_DELIVERIES),
    Route("POST", "/v1/webhooks/deliveries/{id}/replay", Deliveries.replay, REPLAY_DELIVERY),
    Route("POST", "/v1/webhooks/test", Deliveries.send_test, SEND_TEST),
)
