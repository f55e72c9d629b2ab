"""Buys by a protocol file. Pure: no I/O, no clock, and nothing that the file says is executed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from connectors.answer import (
    expect_ok,
    no_news,
    throttled_submit,
    unanswered_query,
    unreadable_submit,
)
from connectors.contract import (
    Ack,
    Answer,
    AnswerKind,
    Balance,
    CallbackEvent,
    CallbackRefused,
    CallbackRequest,
    Cancellation,
    CancelRequest,
    Capabilities,
    CatalogPage,
    Context,
    Exchange,
    Ordered,
    QueryRequest,
    Reason,
    SubmitRequest,
    UpstreamRefused,
    answered,
)
from connectors.echo import Expected
from connectors.exchange import HttpRequest, HttpResponse, ProtocolError, TransportFailure
from connectors.generic.capabilities import capabilities_of
from connectors.generic.parts import Compiled
from connectors.generic.paths import at, read_amount, rows_at, text_at
from connectors.generic.reading import (
    Envelope,
    Verdict,
    read_envelope,
    read_goods,
    read_order,
    read_query,
    read_sums,
)
from connectors.generic.template import Value
from connectors.generic.writing import Settings, purchase, signed
from connectors.spelled import read_form, read_spelled

PAGES_MAX: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Generic:
    """One account at one platform that a file describes."""

    base_url: str
    settings: Settings
    name: str = "generic"

    @property
    def protocol(self) -> Compiled:
        """The file."""
        return self.settings.protocol

    @property
    def capabilities(self) -> Capabilities:
        """What the file lets the gateway rely on."""
        return capabilities_of(self.protocol)

    # --- submit and query -------------------------------------------------------------------------

    def submit(self, request: SubmitRequest, context: Context) -> Exchange[Answer]:
        """`[submit]`; a code in `ok` is ACCEPTED, one in no list is UNKNOWN."""
        problem = self._inexpressible(request)
        if problem is not None:
            return Answer(kind=AnswerKind.REJECTED, reason=Reason.INVALID_REQUEST, message=problem)
        values = purchase(request)
        response = yield self._call("submit", values, context, executes=True)
        throttled = throttled_submit(response, context.now)
        if throttled is not None:
            return throttled
        if response.status >= 500 or 300 <= response.status < 400:
            return unreadable_submit(response)
        try:
            envelope = read_envelope(response.body, self.protocol.protocol.answer)
        except ProtocolError as error:
            return unreadable_submit(response, str(error))
        if envelope.verdict is Verdict.OK:
            told = read_sums(envelope.body, self.protocol.submitted, self.protocol.currency)
            return replace(told, kind=AnswerKind.ACCEPTED)
        kind = _UNSOLD.get(envelope.verdict, AnswerKind.UNKNOWN)
        if envelope.verdict is Verdict.REFUSED_IF_ABSENT:
            kind = yield from self._look_after_refusal(request, context)
        return Answer(
            kind=kind, reason=envelope.reason, code=envelope.code, message=envelope.message
        )

    def _inexpressible(self, request: SubmitRequest) -> str | None:
        """What of an order the protocol has no word for."""
        submit = self.protocol.operations["submit"]
        if request.account is not None and not submit.uses("account"):
            return "the protocol has no {account}: it tops up nothing"
        if request.account is None and self.protocol.protocol.query.codes is None:
            return "the protocol has no [query.codes]: it sells no codes"
        if request.quantity != 1 and not submit.uses("quantity"):
            return "the protocol has no {quantity}: it sells one at a time"
        return None

    def _look_after_refusal(self, request: SubmitRequest, context: Context) -> Exchange[AnswerKind]:
        asked = QueryRequest(attempt_no=request.attempt_no, account=request.account)
        try:
            found = yield from self.query(asked, context)
        except (TransportFailure, ProtocolError):
            return AnswerKind.UNKNOWN
        is_absent = found.kind is AnswerKind.NOT_FOUND
        return AnswerKind.REJECTED if is_absent else AnswerKind.UNKNOWN

    def query(self, request: QueryRequest, context: Context) -> Exchange[Answer]:
        """`[query]`; only a code in `absent`, or an empty `rows`, says that it is not there."""
        values: dict[str, Value] = {
            "attempt": request.attempt_no,
            "upstream_no": request.upstream_no,
            "product": request.product_id or None,
            "account": request.account,
        }
        if values["upstream_no"] is None and not self.protocol.operations["query"].uses("attempt"):
            return no_news("the platform is asked by its own number, which is not known")
        response = yield self._call("query", values, context)
        unanswered = unanswered_query(response, context.now)
        if unanswered is not None:
            return unanswered
        words = self.protocol.protocol
        envelope = read_envelope(response.body, words.answer, words.query)
        if envelope.verdict is Verdict.ABSENT:
            return Answer(kind=AnswerKind.NOT_FOUND, code=envelope.code, message=envelope.message)
        if envelope.verdict is not Verdict.OK:
            return no_news(envelope.message, reason=envelope.reason, code=envelope.code)
        return read_query(self.protocol, envelope, request)

    def expects(self, ordered: Ordered) -> Expected:
        """What is told is compared; the limit is the one that was sent."""
        submit, limit = self.protocol.operations["submit"], None
        if ordered.max_cost_minor is not None and submit.uses("max_unit_cost"):
            limit = ordered.max_cost_minor // ordered.quantity * ordered.quantity
        elif submit.uses("max_cost"):
            limit = ordered.max_cost_minor
        return Expected(
            order_no=ordered.attempt_no,
            account=ordered.account,
            product=ordered.product_id or None,
            quantity=ordered.quantity,
            limit_minor=limit,
        )

    # --- callbacks --------------------------------------------------------------------------------

    def parse_callback(self, call: CallbackRequest, now: float) -> CallbackEvent:
        """A form or JSON, signed as `[callback.sign]` or `[sign]` says."""
        news, seen = self.protocol.protocol.callback, self.protocol.told
        if news is None or seen is None:
            raise CallbackRefused("the protocol has no [callback]", status=404)
        try:
            fields = callback_fields(call)
            self._verify(fields, call, now)
            attempt_no = text_at(fields, news.attempt)
            if attempt_no is None:
                raise CallbackRefused(f"the callback has no {news.attempt}", status=400)
            answer = read_order(fields, seen, self.protocol.currency)
        except ProtocolError as error:
            raise CallbackRefused(str(error), status=400) from None
        if answer.code not in seen.states:
            # A state that nobody knows is a reason to ask.
            answer = replace(answer, kind=AnswerKind.UNKNOWN)
        return CallbackEvent(
            ack=Ack(body=news.ack.encode()),
            attempt_no=attempt_no,
            answer=answer,
            trusted=news.trusted,
            holds_codes=self._holds_codes(fields),
        )

    def _verify(self, fields: Mapping[str, Any], call: CallbackRequest, now: float) -> None:
        news, recipe = self.protocol.protocol.callback, self.protocol.callback_sign
        moment = text_at(fields, news.time) if news else None
        values = {**self.settings.known(), "time": moment or ""}
        given = text_at(fields, recipe.field) or call.headers.get(recipe.header, "")
        if not recipe.fits(given, fields, call.body, values):
            raise CallbackRefused("the callback's sign is wrong")
        if news is None or not news.time:
            return
        when = self.protocol.clock.read(moment or "")
        if when is None or abs(now - when) > news.window_s:
            raise CallbackRefused("the callback is stale")

    def _holds_codes(self, fields: Mapping[str, Any]) -> bool:
        """Whether it shows codes, under the name that is given or the one that queries have."""
        news, codes = self.protocol.protocol.callback, self.protocol.protocol.query.codes
        if news is not None and news.codes:
            return bool(at(fields, news.codes))
        if codes is None:
            return False
        return bool(at(fields, codes.rows) or fields.get(codes.rows.rpartition(".")[2]))

    # --- the rest ---------------------------------------------------------------------------------

    def balance(self, context: Context) -> Exchange[Balance]:
        """`[balance]`."""
        funds = self.protocol.protocol.balance
        if funds is None:
            raise ProtocolError("the protocol has no [balance]")
        response = yield self._call("balance", {}, context)
        amount = read_amount(funds.amount)
        minor = amount.minor(self._read_ok(response).body, self.protocol.currency)
        if minor is None:
            raise ProtocolError(f"the answer has no {amount.path}")
        return Balance(amount_minor=minor, currency=self.protocol.currency)

    def catalog(self, cursor: str | None, context: Context) -> Exchange[CatalogPage]:
        """`[catalog]`; the cursor is the page's number. A protocol without one has no products to
        show: they are known by their ids.
        """
        goods = self.protocol.protocol.catalog
        if goods is None:
            return (yield from answered(CatalogPage(items=())))
        page = int(cursor or "1")
        response = yield self._call("catalog", {"page": page}, context)
        rows = rows_at(self._read_ok(response).body, goods.rows)
        if rows is None:
            raise ProtocolError(f"the answer has no list {goods.rows}")
        items = [read_goods(row, goods, self.protocol.currency) for row in rows]
        is_last = not goods.page_size or len(rows) < goods.page_size or page >= PAGES_MAX
        return CatalogPage(
            items=tuple(item for item in items if item is not None),
            next_cursor=None if is_last else str(page + 1),
        )

    def cancel(self, request: CancelRequest, context: Context) -> Exchange[Cancellation]:
        """`[cancel]`: a request; the end comes by callback or query."""
        if "cancel" not in self.protocol.operations:
            return (yield from answered(Cancellation.UNSUPPORTED))
        values = {"attempt": request.attempt_no, "upstream_no": request.upstream_no}
        response = yield self._call("cancel", values, context)
        if response.status != 200:
            return Cancellation.REFUSED
        envelope = read_envelope(response.body, self.protocol.protocol.answer)
        is_taken = envelope.verdict is Verdict.OK
        return Cancellation.REQUESTED if is_taken else Cancellation.REFUSED

    def _read_ok(self, response: HttpResponse) -> Envelope:
        expect_ok(response)
        envelope = read_envelope(response.body, self.protocol.protocol.answer)
        if envelope.verdict is not Verdict.OK:
            raise UpstreamRefused(envelope.reason, envelope.code, envelope.message)
        return envelope

    def _call(
        self, name: str, values: Mapping[str, Value], context: Context, *, executes: bool = False
    ) -> HttpRequest:
        operation = self.protocol.operations[name]
        now = self.protocol.clock.written(context.now)
        known = {**self.settings.known(), **values, "time": now}
        return HttpRequest(
            method="POST",
            url=f"{self.base_url}{operation.path}",
            **signed(self.protocol, operation, known),
            executes=executes,
        )


_UNSOLD: Final[Mapping[Verdict, AnswerKind]] = {
    Verdict.REFUSED: AnswerKind.REJECTED,
    Verdict.REFUSED_UPSTREAM: AnswerKind.REJECTED,
    Verdict.THROTTLED: AnswerKind.NOT_SENT,  # refused unread
}


def callback_fields(call: CallbackRequest) -> dict[str, Any]:
    """The fields of a form or a JSON object; raises `ProtocolError`."""
    if call.body.lstrip()[:1] == b"{" or "json" in call.headers.get("content-type", ""):
        return read_spelled(call.body)
    return dict(read_form(call.body))
