"""Cases over HTTP: a partner opens, reads and withdraws them."""

from typing import Final

import msgspec
from aiohttp.web import BaseRequest, Response

from gateway.cases.metrics import OpenedCases
from gateway.cases.rules import CaseState
from gateway.cases.store import CaseStore
from gateway.cases.wire import DECODER, Case, CaseIn, CasePage, case_asked
from gateway.catalog.rules import Scope
from gateway.ground.desk.refusal import DeskRefusedError
from gateway.ground.desk.words import in_words
from gateway.ground.http.answers import json_response
from gateway.ground.http.body import check_strict, decode, invalid, require_no_members
from gateway.ground.http.operation import (
    BODY_PROBLEMS,
    ID,
    WRITE_PROBLEMS,
    Answer,
    Operation,
    Parameter,
    Route,
)
from gateway.ground.http.paging import (
    CASES,
    CURSOR,
    ID_MAX,
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
from gateway.ground.traffic.admission import Class
from gateway.orders.answers import ORDER_NO
from gateway.partners.authentication import Gate

TAG: Final = "Cases"
CASE_NO: Final = Parameter("case_no", "Our number of the case.", ID)
A_CASE: Final = Answer("The case.", Case)
_PARAMETERS: Final = LIST_PARAMETERS | {"order_no", "state"}
_AS_THEY_ARE: Final = frozenset({"not-found", "case-open", "order-conflict"})

OPEN_CASE: Final = Operation(
    name="openCase",
    tag=TAG,
    summary="Open a case about an order",
    description=(
        "Another code (`reissue`), another number before anything was sent (`recipient`; later it "
        "becomes an `upstream` case), money back (`refund`: all, a `quantity`, or an `amount`), a "
        "question to the platform (`upstream`) or to us (`question`). Idempotent on `out_case_no`. "
        "A rule may decide it at once: then the answer has its outcome. A line of an order has one "
        "open case at a time."
    ),
    scope=Scope.ORDERS_WRITE,
    parameters=(ORDER_NO,),
    body=CaseIn,
    answers={
        201: Answer("Opened.", Case),
        200: Answer("This number was used before with the same content.", Case),
    },
    problems=(*BODY_PROBLEMS, "not-found", "order-conflict", "case-open"),
)
LIST_CASES: Final = Operation(
    name="listCases",
    tag=TAG,
    summary="List cases",
    description="Newest first.",
    scope=Scope.ORDERS_READ,
    query=(
        Parameter("order_no", "About this order.", ID),
        Parameter("state", "In this state.", {"type": "string", "enum": list(CaseState)}),
        LIMIT,
        CURSOR,
    ),
    answers={200: Answer("One page.", CasePage)},
    problems=("invalid-request",),
)
READ_CASE: Final = Operation(
    name="readCase",
    tag=TAG,
    summary="Read a case",
    scope=Scope.ORDERS_READ,
    parameters=(CASE_NO,),
    answers={200: A_CASE},
    problems=("not-found",),
)
WITHDRAW_CASE: Final = Operation(
    name="withdrawCase",
    tag=TAG,
    summary="Withdraw a case",
    description="Until it is decided; again it changes nothing.",
    scope=Scope.ORDERS_WRITE,
    parameters=(CASE_NO,),
    answers={200: A_CASE},
    problems=(*WRITE_PROBLEMS, "not-found", "not-cancellable"),
)


class Cases:
    """A partner's cases: `making` for what changes something, `lists` for lists."""

    def __init__(
        self,
        gate: Gate,
        *,
        making: CaseStore,
        reads: CaseStore,
        lists: CaseStore,
        opened: OpenedCases,
    ) -> None:
        self._gate = gate
        self._opened = opened
        self._making = making
        self._reads = reads
        self._lists = lists

    async def open(self, request: BaseRequest, order_no: str) -> Response:
        """201 opened, 200 replayed, or a problem."""
        key, body = await self._gate.admit(request, Scope.ORDERS_WRITE, json=True)
        parse_query(request, NO_PARAMETERS)
        check_strict(body)
        asked = case_asked(decode(DECODER, body))
        try:
            opened = await self._making.open(key.partner_id, parse_id(order_no) or 0, asked)
        except DeskRefusedError as refusal:
            raise _problem_of(refusal) from None
        told = await self._making.case(key.partner_id, opened.case_id)
        assert told is not None
        if opened.is_new:
            case = msgspec.json.decode(told, type=Case)
            self._opened.counts[case.kind.value, case.state.value] += 1
            return json_response(told, 201)
        return json_response(told, replayed=True)

    async def read(self, request: BaseRequest, case_no: str) -> Response:
        """GET /v1/cases/{case_no}."""
        key, _ = await self._gate.admit(request, Scope.ORDERS_READ)
        parse_query(request, NO_PARAMETERS)
        told = await self._reads.case(key.partner_id, parse_id(case_no) or 0)
        if told is None:
            raise ProblemError("not-found", "There is no such case.")
        return json_response(told)

    async def page(self, request: BaseRequest) -> Response:
        """GET /v1/cases: newest first."""
        key, _ = await self._gate.admit(request, Scope.ORDERS_READ, kind=Class.LIST)
        query = parse_query(request, _PARAMETERS)
        limit = parse_limit(query)
        state, order_no = query.get("state"), query.get("order_no")
        if state is not None and state not in set(CaseState):
            raise invalid([("/state", f"must be one of {', '.join(CaseState)}")])
        rows = await self._lists.page(
            key.partner_id,
            before=parse_cursor(CASES, query) or ID_MAX,
            order_id=None if order_no is None else parse_id(order_no) or 0,
            state=state,
            limit=limit + 1,
        )
        page = rows[:limit]
        more = len(rows) > limit
        return json_response(
            page_json(
                [row.told.encode() for row in page],
                make_cursor(CASES, page[-1].id) if more else None,
            )
        )

    async def withdraw(self, request: BaseRequest, case_no: str) -> Response:
        """The case as it is then."""
        key, body = await self._gate.admit_write(request, Scope.ORDERS_WRITE)
        require_no_members(request, body)
        parse_query(request, NO_PARAMETERS)
        number = parse_id(case_no) or 0
        try:
            done = await self._making.withdraw(key.partner_id, number)
        except DeskRefusedError as refusal:
            raise _problem_of(refusal) from None
        if not done:
            raise ProblemError("not-cancellable", "The case is decided already.")
        told = await self._making.case(key.partner_id, number)
        assert told is not None
        return json_response(told)


def _problem_of(refusal: DeskRefusedError) -> ProblemError:
    """What a partner is told; whatever is wrong with the request names its member."""
    sentence = in_words(refusal, {refusal.field: refusal.field} if refusal.field else None)
    if refusal.code in _AS_THEY_ARE:
        return ProblemError(refusal.code, sentence[0].upper() + sentence[1:] + ".")
    return invalid([(f"/{refusal.field}", sentence)])


ROUTES: Final = (
    Route("POST", "/v1/orders/{order_no}/cases", Cases.open, OPEN_CASE),
    Route("GET", "/v1/cases", Cases.page, LIST_CASES),
    Route("GET", "/v1/cases/{case_no}", Cases.read, READ_CASE),
    Route("POST", "/v1/cases/{case_no}/withdraw", Cases.withdraw, WITHDRAW_CASE),
)
MESSAGES: Final = {
    "case.updated": "A case moved on; `data` is the case.",
    "order.reissued": "Codes of the order were struck out, and it has others in their places.",
}
