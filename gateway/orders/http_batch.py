"""Placing up to 500 orders at a time: each line on its own, answers in the order of the lines.

What one request asks for is bounded, and worked at in pieces: its codes by permits that partners
share, its time in the loop by turns.
"""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Final, TypeAlias

import msgspec
import orjson
from aiohttp.web import BaseRequest, StreamResponse

from gateway.catalog.rules import Key, Scope
from gateway.ground.errors import StoreUnavailableError
from gateway.ground.http.answers import json_response
from gateway.ground.http.body import (
    BATCH_BODY_BYTES_MAX,
    check_strict,
    decode,
    invalid,
)
from gateway.ground.http.operation import BODY_PROBLEMS, Answer, Operation, Route
from gateway.ground.http.patience import DEADLINE, waits_until
from gateway.ground.http.pieces import WRITE_BYTES, in_pieces, write_in_pieces
from gateway.ground.http.problems import KINDS, ProblemError, as_problem, problem_document
from gateway.ground.http.request import of
from gateway.ground.native import PlainLines
from gateway.ground.shares import Shares
from gateway.ground.traffic.admission import Class
from gateway.orders.answers import TAG, BatchResults
from gateway.orders.line import Answered, Line
from gateway.orders.place import Placed, Placement, Submitted
from gateway.orders.placed import placed_json
from gateway.orders.problems import problem_of
from gateway.orders.refusal import Refusal
from gateway.orders.rules import OrderContent
from gateway.orders.view import OrderViews
from gateway.orders.wire import (
    BATCH_DECODER,
    BATCH_ORDER_DECODER,
    BATCH_QUANTITY_MAX,
    BatchIn,
    BatchOrderIn,
    order_content,
)
from gateway.partners.authentication import Gate

WAITING_MAX: Final = 4_096  # batches of one partner, for codes or for a turn
WAIT_S: Final = 5.0  # for codes
# One of a batch on its way to its answer; None: it is written.
Member: TypeAlias = Submitted | Placed | ProblemError | None
# Orders of a batch that are read back together: their codes are held in memory.
READ_AT_ONCE: Final = 16
BATCH_UNITS: Final = 16  # of a batch under way: its codes have permits of their own

PLACE_BATCH: Final = Operation(
    name="placeOrders",
    tag=TAG,
    summary="Place up to 500 orders",
    description="Each line is on its own: what would be its problem alone stands in its result. "
    f"The quantities of a batch add up to at most {BATCH_QUANTITY_MAX}.",
    scope=Scope.ORDERS_WRITE,
    headers=(DEADLINE,),
    body=BatchIn,
    shapes=(BatchOrderIn,),
    answers={200: Answer("One result per line, in order.", BatchResults)},
    problems=BODY_PROBLEMS,
)


class Asked(msgspec.Struct, frozen=True, gc=False):
    """A line as it is asked for: its pass is none of its content."""

    content: OrderContent
    pass_: str | None


class BatchPlacing:
    """POST /v1/orders/batch."""

    def __init__(
        self,
        gate: Gate,
        placement: Placement,
        views: OrderViews,
        *,
        codes: Shares,
        turns: Shares,
    ) -> None:
        """`codes` bounds what is asked for at a time, `turns` shares the loop."""
        self._gate = gate
        self._placement = placement
        self._views = views
        self._codes = codes
        self._turns = turns

    async def place(self, request: BaseRequest) -> StreamResponse:
        """A result per line, in their order."""
        key, body = await self._gate.prove(
            request, Scope.ORDERS_WRITE, kind=Class.RETRY, told_as=Class.ORDER,
            bytes_max=BATCH_BODY_BYTES_MAX, json=True,
        )  # fmt: skip
        waits = waits_until(request)
        plain = PlainLines.read(body)
        if plain is not None:
            answer = await self._place_plain(request, key, plain, waits)
            if answer is not None:
                return answer
        turns, partner_id = self._turns, key.partner_id
        async with turns.held(partner_id):
            check_strict(body)
            batch = decode(BATCH_DECODER, body)
        asked = await in_pieces(turns, partner_id, enumerate(batch.orders), _asked)
        if plain is None:
            numbers = [one.content.out_order_no for one in asked if isinstance(one, Asked)]
            self._enter_door(request, key, numbers)
        async with self._codes.held(partner_id, max(_quantity(asked), 1)):
            # No task per line: a hundred tasks would cost more than the hundred lines.
            prepared = await in_pieces(turns, partner_id, asked, partial(self._prepare, key, waits))
            # All at once: what enters the queue whole is committed whole.
            lines: list[Member] = [
                self._placement.enter(one) if isinstance(one, Line) else one for one in prepared
            ]
            return await self._answer(request, await self._results(request, key, lines))

    async def _place_plain(
        self, request: BaseRequest, key: Key, plain: PlainLines, waits: float | None
    ) -> StreamResponse | None:
        """The answer to lines that say nothing unusual; None: they are worked at one by one."""
        numbers = plain.numbers() if self._gate.door.is_tight else ()
        self._enter_door(request, key, numbers)
        async with self._codes.held(key.partner_id, plain.quantity):
            placed = await self._placement.place_plain(key, plain, waits)
            if placed is None:
                return None
            if isinstance(placed, bytes):
                return await self._answer(request, [placed])
            return await self._answer(request, await self._results(request, key, [*placed]))

    async def _answer(self, request: BaseRequest, results: list[bytes]) -> StreamResponse:
        parts = [b'{"results":[', results[0]]
        for result in results[1:]:
            parts += (b",", result)
        parts.append(b"]}")
        if sum(map(len, parts)) <= WRITE_BYTES:
            return json_response(b"".join(parts))
        results.clear()
        return await write_in_pieces(request, parts)

    def _enter_door(self, request: BaseRequest, key: Key, numbers: Sequence[str]) -> None:
        """A batch that only asks again for what was accepted ends something begun.

        Once for a request: it is under way from then on. ProblemError: overloaded.
        """
        door, repeats = self._gate.door, partial(self._placement.may_repeat, key)
        kind = Class.RETRY if door.is_tight and all(map(repeats, numbers)) else Class.ORDER
        door.enter(of(request), kind, key.partner_id, BATCH_UNITS, tells=False)

    def _prepare(
        self, key: Key, waits: float | None, asked: Asked | ProblemError
    ) -> Line | ProblemError:
        if isinstance(asked, ProblemError):
            return asked
        line = self._placement.prepare(key, asked.content, pass_=asked.pass_)
        line.waits_until = waits
        return line

    async def _results(self, request: BaseRequest, key: Key, lines: list[Member]) -> list[bytes]:
        """The members of `results`. Lines leave the list as they are written: they hold codes."""
        for line in lines:
            if isinstance(line, Submitted) and not isinstance(line.outcome, Answered):
                await line.outcome
        found = await in_pieces(
            self._turns,
            key.partner_id,
            range(len(lines)),
            partial(self._result_at_hand, request, lines),
        )
        missing = [index for index, result in enumerate(found) if result is None]
        for start in range(0, len(missing), READ_AT_ONCE):
            some = missing[start : start + READ_AT_ONCE]
            read = (self._result_read(request, key, lines[index]) for index in some)
            for index, result in zip(some, await asyncio.gather(*read), strict=True):
                found[index] = result
        return [result for result in found if result is not None]

    def _result_at_hand(
        self, request: BaseRequest, lines: list[Member], index: int
    ) -> bytes | None:
        """A member of `results`; None: the order has to be read back."""
        line = lines[index]
        if not isinstance(line, Submitted):
            assert isinstance(line, ProblemError)
            return _problem_result(request, line)
        outcome = line.outcome
        answered = outcome if isinstance(outcome, Answered) else outcome.result()
        placed = self._placement.end(line.line, answered)
        if isinstance(placed, Refusal):
            return _problem_result(request, problem_of(placed, _base(index)))
        order = placed_json(placed)
        lines[index] = None if order is not None else placed
        return None if order is None else b'{"status":201,"order":%b}' % order

    async def _result_read(self, request: BaseRequest, key: Key, line: Member) -> bytes:
        """A member of `results` whose order is read back; others have theirs all the same."""
        assert isinstance(line, Placed)
        try:
            order = await self._views.read_back(key, line.answered.order_id)
        except (ProblemError, StoreUnavailableError) as error:
            return _problem_result(request, as_problem(error))
        return b'{"status":%d,"order":%b}' % (201 if line.is_new else 200, order)


def _asked(numbered: tuple[int, msgspec.Raw]) -> Asked | ProblemError:
    """One line of a batch; what is wrong with it is its own problem."""
    index, raw = numbered
    base = f"/orders/{index}"
    try:
        order = decode(BATCH_ORDER_DECODER, raw, base)
        return Asked(order_content(order, base), order.pass_)
    except ProblemError as error:
        return error


def _quantity(asked: Sequence[Asked | ProblemError]) -> int:
    """Of all lines that can be orders. Raises ProblemError naming the one over the bound."""
    total = 0
    for index, each in enumerate(asked):
        if isinstance(each, ProblemError):
            continue  # it orders nothing, and is answered on its own
        total += each.content.quantity
        if total > BATCH_QUANTITY_MAX:
            text = f"the quantities of a batch add up to at most {BATCH_QUANTITY_MAX}"
            raise invalid([(f"/orders/{index}/quantity", text)])
    return total


def _base(index: int) -> str:
    return f"/orders/{index}"


def _problem_result(request: BaseRequest, error: ProblemError) -> bytes:
    document = problem_document(
        error.code,
        error.detail,
        trace_id=of(request).trace_id,
        errors=error.errors,
        members=error.members,
    )
    return orjson.dumps({"status": KINDS[error.code].status, "problem": document})


def codes_under_way() -> Shares:
    """Codes of batches that are under way: one partner has room for the largest batch there is."""
    own = BATCH_QUANTITY_MAX
    return Shares(total=2 * own, own=own, waiting_max=WAITING_MAX, wait_s=WAIT_S)


def turns() -> Shares:
    """At work that is done in pieces."""
    return Shares(total=1, own=1, waiting_max=WAITING_MAX, wait_s=None)


ROUTES: Final = (Route("POST", "/v1/orders/batch", BatchPlacing.place, PLACE_BATCH),)
