"""Placing up to 500 orders at a time: each line on its own, answers in the order of the lines.

What one request asks for is bounded, and worked at in pieces: its codes by permits that partners
share, its time in the loop by turns.
"""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import TypeAlias

import msgspec
import orjson
from aiohttp.web import BaseRequest, StreamResponse

from gateway.api.answers import json_response
from gateway.api.authentication import admit
from gateway.api.body import (
    BATCH_BODY_BYTES_MAX,
    check_strict,
    decode,
    invalid,
)
from gateway.api.context import Context
from gateway.api.order_problems import problem_of
from gateway.api.order_wire import (
    BATCH_DECODER,
    BATCH_QUANTITY_MAX,
    ORDER_DECODER,
    order_content,
)
from gateway.api.orders import placed_json, read_back
from gateway.api.pieces import WRITE_BYTES, in_pieces, write_in_pieces
from gateway.api.problems import KINDS, ProblemError, as_problem, problem_document
from gateway.api.request import of
from gateway.domain.catalog import Key, Scope
from gateway.domain.errors import StoreUnavailableError
from gateway.domain.order import OrderContent
from gateway.flows.line import Settled
from gateway.orders.place import Placed, Submitted
from gateway.orders.refusal import Refusal

# One of a batch on its way to its answer; None: it is written.
Line: TypeAlias = Submitted | Placed | ProblemError | None
READ_AT_ONCE = 16  # orders of a batch that are read back together: their codes are held in memory


async def place_batch(context: Context, request: BaseRequest) -> StreamResponse:
    """POST /v1/orders/batch."""
    key, body = await admit(
        context, request, Scope.ORDERS_WRITE, bytes_max=BATCH_BODY_BYTES_MAX, json=True
    )
    turns, partner_id = context.turns, key.partner_id
    async with turns.held(partner_id):
        check_strict(body)
        batch = decode(BATCH_DECODER, body)
    contents = await in_pieces(turns, partner_id, enumerate(batch.orders), _content)
    async with context.batch_codes.held(partner_id, max(_quantity(contents), 1)):
        # No task per line: a hundred tasks would cost more than the hundred lines.
        lines: list[Line] = await in_pieces(
            turns, partner_id, contents, partial(_submit, context, key)
        )
        results = await _results(context, request, key, lines)
        parts = [b'{"results":[', results[0]]
        for result in results[1:]:
            parts += (b",", result)
        parts.append(b"]}")
        if sum(map(len, parts)) <= WRITE_BYTES:
            return json_response(b"".join(parts))
        del results
        return await write_in_pieces(request, parts)


def _content(numbered: tuple[int, msgspec.Raw]) -> OrderContent | ProblemError:
    """One line of a batch; what is wrong with it is its own problem."""
    index, raw = numbered
    base = f"/orders/{index}"
    try:
        return order_content(decode(ORDER_DECODER, raw, base), base)
    except ProblemError as error:
        return error


def _quantity(contents: Sequence[OrderContent | ProblemError]) -> int:
    """Of all lines that can be orders. Raises ProblemError naming the one over the bound."""
    total = 0
    for index, content in enumerate(contents):
        if isinstance(content, ProblemError):
            continue  # it orders nothing, and is answered on its own
        total += content.quantity
        if total > BATCH_QUANTITY_MAX:
            text = f"the quantities of a batch add up to at most {BATCH_QUANTITY_MAX}"
            raise invalid([(f"/orders/{index}/quantity", text)])
    return total


def _submit(
    context: Context, key: Key, content: OrderContent | ProblemError
) -> Submitted | ProblemError:
    if isinstance(content, ProblemError):
        return content
    return context.placement.submit(key, content)


async def _results(
    context: Context, request: BaseRequest, key: Key, lines: list[Line]
) -> list[bytes]:
    """The members of `results`. Lines leave the list as they are written: they hold their codes."""
    for line in lines:
        if isinstance(line, Submitted) and not isinstance(line.outcome, Settled):
            await line.outcome
    found = await in_pieces(
        context.turns,
        key.partner_id,
        range(len(lines)),
        partial(_result_at_hand, context, request, lines),
    )
    missing = [index for index, result in enumerate(found) if result is None]
    for start in range(0, len(missing), READ_AT_ONCE):
        some = missing[start : start + READ_AT_ONCE]
        read = (_result_read(context, request, key, lines[index]) for index in some)
        for index, result in zip(some, await asyncio.gather(*read), strict=True):
            found[index] = result
    return [result for result in found if result is not None]


def _base(index: int) -> str:
    return f"/orders/{index}"


def _result_at_hand(
    context: Context, request: BaseRequest, lines: list[Line], index: int
) -> bytes | None:
    """A member of `results`; None: the order has to be read back."""
    line = lines[index]
    if not isinstance(line, Submitted):
        assert isinstance(line, ProblemError)
        return _problem_result(request, line)
    outcome = line.outcome
    settled = outcome if isinstance(outcome, Settled) else outcome.result()
    placed = context.placement.end(line.line, settled)
    if isinstance(placed, Refusal):
        return _problem_result(request, problem_of(placed, _base(index)))
    order = placed_json(placed)
    lines[index] = None if order is not None else placed
    return None if order is None else b'{"status":201,"order":%b}' % order


async def _result_read(context: Context, request: BaseRequest, key: Key, line: Line) -> bytes:
    """A member of `results` whose order is read back; others have their answers all the same."""
    assert isinstance(line, Placed)
    try:
        order = await read_back(context, key, line.settled.order_id)
    except (ProblemError, StoreUnavailableError) as error:
        return _problem_result(request, as_problem(error))
    return b'{"status":%d,"order":%b}' % (201 if line.is_new else 200, order)


def _problem_result(request: BaseRequest, error: ProblemError) -> bytes:
    document = problem_document(
        error.code,
        error.detail,
        trace_id=of(request).trace_id,
        errors=error.errors,
        members=error.members,
    )
    return orjson.dumps({"status": KINDS[error.code].status, "problem": document})
