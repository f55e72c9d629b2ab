"""Holds over HTTP: holding, confirming, releasing, reading."""

import re
from typing import Final

from aiohttp.web import BaseRequest, Response

from gateway.campaigns.count_refusals import CampaignRefusals
from gateway.campaigns.passes import HEADER as PASS_HEADER
from gateway.catalog.rules import CurrentCatalog, Key, Scope
from gateway.ground.http.answers import JSON_TYPE, encode, json_response, struct_response
from gateway.ground.http.body import check_strict, decode, invalid, require_no_members
from gateway.ground.http.direct_answer import DirectAnswer
from gateway.ground.http.operation import (
    BODY_PROBLEMS,
    ID,
    NAME,
    WRITE_PROBLEMS,
    Answer,
    Operation,
    Parameter,
    Route,
)
from gateway.ground.http.paging import (
    CURSOR,
    HOLDS,
    LIMIT,
    LIST_PARAMETERS,
    NO_PARAMETERS,
    make_cursor,
    parse_cursor,
    parse_id,
    parse_limit,
    parse_query,
)
from gateway.ground.http.patience import DEADLINE, waits_until
from gateway.ground.http.problems import ProblemError
from gateway.ground.http.request import Asked
from gateway.ground.traffic.admission import Class
from gateway.holds.confirm import Confirmation
from gateway.holds.hold import Held, Holding
from gateway.holds.http_problems import no_hold, problem_of_confirm, problem_of_hold
from gateway.holds.port import Making, Reading
from gateway.holds.record import HoldFilter
from gateway.holds.rules import HoldState
from gateway.holds.wire import (
    CONFIRM_DECODER,
    HOLD_DECODER,
    ConfirmIn,
    Hold,
    HoldIn,
    HoldList,
    confirm_asked,
    hold_asked,
    hold_list,
    hold_view,
)
from gateway.orders.answers import Order
from gateway.orders.place import Placed
from gateway.orders.placed import REPLAYED, placed_json
from gateway.orders.refusal import GIVEN_UP, Refusal
from gateway.orders.view import OrderViews
from gateway.partners.authentication import Gate

TAG: Final = "Holds"
HOLD_NO: Final = Parameter("hold_no", "Our number of the hold.", ID)
A_HOLD: Final = Answer("The hold.", Hold)
PASS: Final = Parameter(
    PASS_HEADER,
    "A pass of the waiting room of the hold's campaign, `v1.<payload>.<hmac>`, where that demands"
    " one. The hold uses it up, whatever becomes of it; its confirm, and an accepted number, need"
    " none.",
    {"type": "string", "pattern": r"^v1\.[A-Za-z0-9_-]+\.[0-9a-f]{64}$"},
)
_PARAMETERS: Final = LIST_PARAMETERS | {"state", "sku"}
NO_SKU: Final = 0  # no SKU has that id: an empty list

PLACE_HOLD: Final = Operation(
    name="placeHold",
    tag=TAG,
    summary="Hold goods for a while",
    description=(
        "What is held is nobody else's, at the price of this moment, and nobody's yet: nothing is "
        "charged or shown before the confirm. Idempotent on `out_hold_no` as orders are on their "
        "number. When its time is over the goods go back by themselves; under pressure it may be "
        "shorter than `ttl_s`, never shorter than the shortest."
    ),
    scope=Scope.ORDERS_WRITE,
    headers=(DEADLINE, PASS),
    body=HoldIn,
    answers={
        201: Answer("Held.", Hold),
        200: Answer("This number was accepted before with the same content.", Hold),
    },
    problems=(
        *BODY_PROBLEMS, "unknown-sku", "order-conflict", "sold-out", "price-changed",
        "campaign-closed", "pass-required", "pass-invalid", "pass-used", "purchase-limit",
        "hold-limit", "overloaded", "busy",
    ),
)  # fmt: skip
CONFIRM_HOLD: Final = Operation(
    name="confirmHold",
    tag=TAG,
    summary="Make a hold an order",
    description=(
        "The order of `POST /v1/orders`, at the price of the hold; idempotent on `out_order_no`. "
        "After the hold's time is over it still succeeds while there are goods; else "
        "`hold-expired` with `refund_due`, once and for ever, and a webhook `hold.late`."
    ),
    scope=Scope.ORDERS_WRITE,
    headers=(DEADLINE,),
    parameters=(HOLD_NO,),
    body=ConfirmIn,
    answers={
        201: Answer("Created, paid and durable.", Order),
        200: Answer("This number was accepted before with the same content.", Order),
    },
    problems=(
        *BODY_PROBLEMS, "insufficient-balance", "not-found", "order-conflict", "price-changed",
        "hold-expired", "hold-released", "overloaded", "busy",
    ),
    told=("{$request.body#/notify_url}", "order.delivered"),
)  # fmt: skip
RELEASE_HOLD: Final = Operation(
    name="releaseHold",
    tag=TAG,
    summary="Give a hold back",
    description="Again it changes nothing; a hold that ended otherwise stays as it is.",
    scope=Scope.ORDERS_WRITE,
    parameters=(HOLD_NO,),
    answers={200: A_HOLD},
    problems=(*WRITE_PROBLEMS, "not-found", "not-cancellable"),
)
READ_HOLD: Final = Operation(
    name="readHold",
    tag=TAG,
    summary="Read a hold",
    scope=Scope.ORDERS_READ,
    parameters=(HOLD_NO,),
    answers={200: A_HOLD},
    problems=("not-found",),
)
LIST_HOLDS: Final = Operation(
    name="listHolds",
    tag=TAG,
    summary="List holds",
    description="Newest first, with their sum per SKU. "
    "A page may be empty although there are more: then next_cursor goes on.",
    scope=Scope.ORDERS_READ,
    query=(
        Parameter("state", "In this state.", {"type": "string", "enum": list(HoldState)}),
        Parameter("sku", "Of this SKU.", NAME),
        LIMIT,
        CURSOR,
    ),
    answers={200: Answer("One page.", HoldList)},
    problems=("invalid-request",),
)


class Holds:
    """A partner's holds."""

    def __init__(
        self,
        gate: Gate,
        *,
        holding: Holding,
        confirmation: Confirmation,
        making: Making,
        reads: Reading,
        lists: Reading,
        views: OrderViews,
        catalog: CurrentCatalog,
        refusals: CampaignRefusals,
    ) -> None:
        self._gate = gate
        self._holding = holding
        self._confirmation = confirmation
        self._making = making
        self._reads = reads
        self._lists = lists
        self._views = views
        self._catalog = catalog
        self._refusals = refusals

    def glance_at_hold(self, request: Asked) -> ProblemError | None:
        """Why the head alone is refused; None: it is not."""
        return self._gate.glance(request, Class.ORDER)

    def glance_at_confirm(self, request: Asked) -> ProblemError | None:
        """The same; see `confirm`."""
        return self._gate.glance(request, Class.RETRY)

    async def place(self, request: Asked) -> DirectAnswer:
        """201 held, 200 replayed, or a problem."""
        key, body = await self._gate.admit(request, Scope.ORDERS_WRITE, kind=Class.ORDER, json=True)
        waits = waits_until(request)
        check_strict(body)
        asked = hold_asked(decode(HOLD_DECODER, body))
        # Only who holds in a campaign is asked for one.
        pass_ = None if asked.goods.campaign is None else request.headers.get(PASS_HEADER)
        held = await self._holding.hold(key, asked, pass_=pass_, waits_until=waits)
        if not isinstance(held, Held):
            problem = problem_of_hold(held)
            self._refusals.count(asked.goods.campaign, problem.code)
            raise problem
        answer = encode(hold_view(held.record))
        if held.is_new:
            return DirectAnswer(answer, 201, JSON_TYPE)
        return DirectAnswer(answer, 200, JSON_TYPE, REPLAYED)

    async def confirm(self, request: Asked, hold_no: str) -> DirectAnswer:
        """The order: 201 created, 200 replayed, or a problem.

        It ends something begun: so it is let in as a retry is.
        """
        key, body = await self._gate.admit(request, Scope.ORDERS_WRITE, kind=Class.RETRY, json=True)
        waits = waits_until(request)
        check_strict(body)
        asked = confirm_asked(decode(CONFIRM_DECODER, body))
        placed = await self._confirmation.confirm(
            key, parse_id(hold_no) or 0, asked, waits_until=waits
        )
        if not isinstance(placed, Placed):
            if isinstance(placed, Refusal) and placed.reason in GIVEN_UP:
                request.give_up()
            raise problem_of_confirm(placed, hold_no)
        order = placed_json(placed)
        if order is None:  # made before; or durable, but not sealed with its batch
            order = await self._views.read_back(key, placed.answered.order_id)
        if placed.is_new:
            return DirectAnswer(order, 201, JSON_TYPE)
        return DirectAnswer(order, 200, JSON_TYPE, REPLAYED)

    async def release(self, request: BaseRequest, hold_no: str) -> Response:
        """The hold as it is then."""
        key, body = await self._gate.admit_write(request, Scope.ORDERS_WRITE)
        require_no_members(request, body)
        parse_query(request, NO_PARAMETERS)
        state = await self._making.release(key.partner_id, parse_id(hold_no) or 0)
        if state in {HoldState.CONFIRMED, HoldState.LATE_CONFIRMED}:
            raise ProblemError("not-cancellable", "The hold became an order.")
        return await self._show(key, hold_no)

    async def read(self, request: BaseRequest, hold_no: str) -> Response:
        """GET /v1/holds/{hold_no}."""
        key, _ = await self._gate.admit(request, Scope.ORDERS_READ)
        parse_query(request, NO_PARAMETERS)
        return await self._show(key, hold_no)

    async def page(self, request: BaseRequest) -> Response:
        """GET /v1/holds: newest first."""
        key, _ = await self._gate.admit(request, Scope.ORDERS_READ, kind=Class.LIST)
        query = parse_query(request, _PARAMETERS)
        limit = parse_limit(query)
        state, name = query.get("state"), query.get("sku")
        if state is not None and state not in set(HoldState):
            raise invalid([("/state", f"must be one of {', '.join(HoldState)}")])
        sku = self._catalog.now.skus.get(name) if name is not None else None
        if name is not None and not re.fullmatch(r"[A-Za-z0-9._-]{1,64}", name):
            raise invalid([("/sku", "is no name of a SKU")])
        filter_ = HoldFilter(
            state=state,
            sku_id=None if name is None else NO_SKU if sku is None else sku.id,
            before_id=parse_cursor(HOLDS, query),
        )
        found = await self._lists.page(key.partner_id, filter_, limit)
        before_id = found.next_before_id
        cursor = None if before_id is None else make_cursor(HOLDS, before_id)
        return json_response(encode(hold_list(found, cursor)))

    async def _show(self, key: Key, hold_no: str) -> Response:
        named = (key.partner_id, parse_id(hold_no) or 0)  # no hold has 0
        record = (await self._reads.by_ids([named])).get(named)
        if record is None:
            raise no_hold()
        return struct_response(hold_view(record))


ROUTES: Final = (
    Route(
        "POST", "/v1/holds", Holds.place, PLACE_HOLD, plain=True, glance=Holds.glance_at_hold
    ),
    Route("GET", "/v1/holds", Holds.page, LIST_HOLDS),
    Route("GET", "/v1/holds/{hold_no}", Holds.read, READ_HOLD),
    Route(
        "POST", "/v1/holds/{hold_no}/confirm", Holds.confirm, CONFIRM_HOLD, plain=True,
        glance=Holds.glance_at_confirm,
    ),
    Route("POST", "/v1/holds/{hold_no}/release", Holds.release, RELEASE_HOLD),
)  # fmt: skip
MESSAGES: Final = {
    "hold.late": "A hold was confirmed late and nothing was left: its money is to be given back.",
}
