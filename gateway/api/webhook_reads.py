"""A partner's view of its webhook messages: lists, replays, a test message."""

import time
from typing import Final

from aiohttp.web import BaseRequest, Response

from gateway.api.answers import encode, json_response, struct_response
from gateway.api.authentication import admit, admit_write
from gateway.api.body import invalid, require_no_members
from gateway.api.context import Context
from gateway.api.paging import (
    DELIVERIES,
    LIST_PARAMETERS,
    NO_PARAMETERS,
    make_cursor,
    page_json,
    parse_cursor,
    parse_id,
    parse_limit,
    parse_query,
)
from gateway.api.problems import ProblemError
from gateway.api.schemas import Delivery
from gateway.domain.catalog import Key, Scope
from gateway.domain.delivery import DeliveryFilter, DeliveryRecord
from gateway.domain.moment import rfc3339
from gateway.store.webhook_reads import WebhookDesk

STATES: Final = ("pending", "delivered", "dead")
_PARAMETERS: Final = LIST_PARAMETERS | {"order_no", "state"}


async def list_deliveries(context: Context, request: BaseRequest) -> Response:
    """GET /v1/webhooks/deliveries, newest first."""
    key, _ = await admit(context, request, Scope.ORDERS_READ)
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
    page = await WebhookDesk(context.lists).page(key.partner_id, filter_, limit)
    before_id = page.next_before_id
    return json_response(
        page_json(
            [encode(_delivery(record)) for record in page.records],
            None if before_id is None else make_cursor(DELIVERIES, before_id),
        )
    )


async def replay_delivery(context: Context, request: BaseRequest, id_text: str) -> Response:
    """POST /v1/webhooks/deliveries/{id}/replay: the message goes out again, as the same one."""
    key, body = await admit_write(context, request, Scope.ORDERS_WRITE)
    require_no_members(request, body)
    parse_query(request, NO_PARAMETERS)
    id_ = parse_id(id_text.removeprefix("msg_"))
    if id_ is None or not await WebhookDesk(context.reads).replay(key.partner_id, id_):
        raise ProblemError("not-found", "There is no such delivery.")
    return await _show(context, key, id_)


async def send_test(context: Context, request: BaseRequest) -> Response:
    """POST /v1/webhooks/test: a message of type `test` to the partner's endpoint."""
    key, body = await admit_write(context, request, Scope.ORDERS_WRITE)
    require_no_members(request, body)
    parse_query(request, NO_PARAMETERS)
    id_ = context.order_ids.next(time.time_ns() // 1_000_000)
    message = encode(
        {
            "type": "test",
            "timestamp": rfc3339(context.clock.now()),
            "data": {"partner": context.catalog.partner_names.get(key.partner_id)},
            "sequence": 0,
        }
    )
    if not await WebhookDesk(context.reads).send_test(key.partner_id, id_, message):
        raise ProblemError("not-found", "This partner has no webhook endpoint that is enabled.")
    return await _show(context, key, id_)


async def _show(context: Context, key: Key, id_: int) -> Response:
    record = await WebhookDesk(context.reads).one(key.partner_id, id_)
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
