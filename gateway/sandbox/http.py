"""Placing orders in the sandbox: the twins of POST /v1/orders and its batch."""

import asyncio
from typing import Final

import orjson
from aiohttp import ClientConnectionResetError
from aiohttp.web import BaseRequest, StreamResponse

from gateway.catalog.rules import Key
from gateway.ground.errors import StoreUnavailableError
from gateway.ground.http.answers import JSON_TYPE, json_response
from gateway.ground.http.body import (
    check_strict,
    decode,
    invalid,
    require_json,
)
from gateway.ground.http.direct_answer import DirectAnswer
from gateway.ground.http.operation import Operation, Route
from gateway.ground.http.problems import KINDS, ProblemError, as_problem, problem_document
from gateway.ground.http.request import Asked, of
from gateway.ground.http.twin import ForTwinError
from gateway.ground.traffic.admission import Class
from gateway.orders.placed import REPLAYED
from gateway.orders.rules import OrderContent
from gateway.orders.wire import (
    BATCH_DECODER,
    BATCH_ORDER_DECODER,
    BATCH_QUANTITY_MAX,
    ORDER_DECODER,
    order_content,
)
from gateway.partners.authentication import Gate
from gateway.sandbox.place import SandboxPlaced, SandboxPlacement
from gateway.sandbox.rules import SLOW_S

# Twins are described where the routes are: in the sandbox it is the same API.
TWIN: Final = Operation(name="twin", tag="Sandbox", summary="The same, in the sandbox")


class SandboxPlacing:
    """One order, or a batch, each of its lines on its own."""

    def __init__(self, gate: Gate, placement: SandboxPlacement) -> None:
        self._gate = gate
        self._placement = placement

    async def place(self, request: Asked, proved: ForTwinError) -> DirectAnswer:
        """201 created, 200 replayed, or a problem."""
        require_json(request)
        key = self._gate.enter_sandbox(request, proved, Class.ORDER)
        check_strict(proved.body)
        content = order_content(decode(ORDER_DECODER, proved.body))
        placed = await self._placement.place(key, content)
        await _behave(request, [placed])
        if placed.is_new:
            order = self._placement.shown(key, placed.order, when=placed.order.created_at)
            return DirectAnswer(order, 201, JSON_TYPE)
        return DirectAnswer(self._placement.shown(key, placed.order), 200, JSON_TYPE, REPLAYED)

    async def place_batch(self, request: BaseRequest, proved: ForTwinError) -> StreamResponse:
        """A result per line, in their order."""
        require_json(request)
        key = self._gate.enter_sandbox(request, proved, Class.ORDER)
        check_strict(proved.body)
        batch = decode(BATCH_DECODER, proved.body)
        quantity, results, placed = 0, [], []
        lines: list[OrderContent | ProblemError] = []
        for index, raw in enumerate(batch.orders):
            try:
                content = order_content(decode(BATCH_ORDER_DECODER, raw, f"/orders/{index}"))
            except ProblemError as error:
                lines.append(error)
                continue
            quantity += content.quantity
            if quantity > BATCH_QUANTITY_MAX:
                text = f"the quantities of a batch add up to at most {BATCH_QUANTITY_MAX}"
                raise invalid([(f"/orders/{index}/quantity", text)])
            lines.append(content)
        for index, line in enumerate(lines):
            try:
                if isinstance(line, ProblemError):
                    raise line
                one = await self._placement.place(key, line, f"/orders/{index}")
            except (ProblemError, StoreUnavailableError) as error:
                results.append(_problem_result(of(request), as_problem(error)))
                continue
            placed.append(one)
            results.append(self._result(key, one))
        await _behave(request, placed)
        return json_response(b'{"results":[' + b",".join(results) + b"]}")

    def _result(self, key: Key, placed: SandboxPlaced) -> bytes:
        when = placed.order.created_at if placed.is_new else None
        order = self._placement.shown(key, placed.order, when=when)
        return b'{"status":%d,"order":%b}' % (201 if placed.is_new else 200, order)


async def _behave(request: Asked | BaseRequest, placed: list[SandboxPlaced]) -> None:
    """Answer late, or not at all, as the digits of orders just made want it."""
    if any(each.behaviour.slow for each in placed):
        await asyncio.sleep(SLOW_S)
    if any(each.behaviour.drops for each in placed):
        of(request).connection.cut()
        raise ClientConnectionResetError  # nobody is there to be answered, and nothing went wrong


def _problem_result(request: Asked, error: ProblemError) -> bytes:
    document = problem_document(
        error.code,
        error.detail,
        trace_id=request.trace_id,
        errors=error.errors,
        members=error.members,
    )
    return orjson.dumps({"status": KINDS[error.code].status, "problem": document})


TWINS: Final = (
    Route("POST", "/v1/orders", SandboxPlacing.place, TWIN),
    Route("POST", "/v1/orders/batch", SandboxPlacing.place_batch, TWIN),
)
