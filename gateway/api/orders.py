"""Placing an order; order_batch places up to 500 at a time."""

from typing import Final

import orjson
from aiohttp.web import BaseRequest, StreamResponse

from gateway.api.answers import JSON_TYPE
from gateway.api.authentication import admit
from gateway.api.body import check_strict, decode
from gateway.api.context import Context
from gateway.api.direct_answer import DirectAnswer
from gateway.api.order_problems import problem_of
from gateway.api.order_wire import (
    ORDER_DECODER,
    order_content,
    order_json,
)
from gateway.api.problems import ProblemError
from gateway.domain.catalog import Key, Scope
from gateway.domain.order import Verdict
from gateway.flows.order_desk import View
from gateway.orders.place import Placed
from gateway.orders.refusal import Refusal

REPLAYED: Final = {"Quangate-Replayed": "true"}
_CREATED: Final = Verdict.CREATED  # to look it up for every line costs 0.1 µs


async def place_order(context: Context, request: BaseRequest) -> StreamResponse:
    """POST /v1/orders: 201 created, 200 replayed, or a problem."""
    key, body = await admit(context, request, Scope.ORDERS_WRITE, json=True)
    check_strict(body)
    content = order_content(decode(ORDER_DECODER, body))
    placed = await context.placement.place(key, content)
    if isinstance(placed, Refusal):
        raise problem_of(placed)
    order = placed_json(placed)
    if order is None:  # made before; or durable, but not sealed with its batch
        order = await read_back(context, key, placed.settled.order_id)
    if placed.is_new:
        return DirectAnswer(order, 201, JSON_TYPE)
    return DirectAnswer(order, 200, JSON_TYPE, REPLAYED)


def placed_json(placed: Placed) -> bytes | None:
    """The answer to an order just made, with its codes; None: it was made before, or not sealed.

    Written by hand: this is the hot path. Everything put in unescaped is of a checked
    alphabet: numbers, SKU names, our own JSON.
    """
    line, settled = placed.line, placed.settled
    is_code = line.sku.pool_id is not None
    if settled.verdict is not _CREATED or (settled.codes is None and line.reads_codes and is_code):
        return None
    moment = settled.committed_at.encode()
    account = b"null" if line.account is None else orjson.dumps(line.account)
    codes = b""
    if line.reads_codes:
        codes = b'"codes":%b,' % (settled.codes or b"[]")
    return (
        b'{"order_no":"%d","out_order_no":"%b","sku":"%b","quantity":%d,"account":%b,"amount":%d,'
        b'"currency":"%b","state":"%b",%b"delivered_quantity":%d,"failure":null,"metadata":%b,'
        b'"created_at":"%b","updated_at":"%b"}'
    ) % (
        settled.order_id,
        line.out_order_no.encode(),
        line.sku.sku.encode(),
        line.quantity,
        account,
        line.amount_minor,
        line.sku.currency.encode(),
        b"delivered" if is_code else b"processing",
        codes,
        line.quantity if is_code else 0,
        b"null" if line.metadata is None else line.metadata.encode(),
        moment,
        moment,
    )


async def read_back(context: Context, key: Key, order_id: int) -> bytes:
    """An order that stands, as every later answer to its number has it. Raises ProblemError."""
    shown = await context.desk.show(
        View(
            partner_id=key.partner_id,
            order_id=order_id,
            key_id=key.key_id,
            with_codes=key.reads_codes,
            via="replay",
        )
    )
    if shown is None:
        raise ProblemError("internal")
    sku = context.catalog.skus_by_id[shown.record.sku_id]
    return order_json(shown.record, sku=sku.sku, currency=sku.currency, codes=shown.codes)
