"""Buys at Dayuanren: one account, one face, one number at a time. Pure: no I/O, no clock.

The platform's duplicate check is select-then-insert: two submits of one number at once are both
executed. The gateway's single flight per attempt is what prevents that, not the platform.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

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
    CatalogItem,
    CatalogPage,
    Context,
    Exchange,
    Ordered,
    QueryRequest,
    Reason,
    SubmitRequest,
    UpstreamRefused,
)
from connectors.dayuanren.wire import (
    DUPLICATE_TEXT,
    RECHARGE_EXTRAS,
    STATES,
    DayuanrenSettings,
    Envelope,
    read_callback,
    read_envelope,
    read_rows,
    signed_form,
)
from connectors.echo import Echo, Expected
from connectors.exchange import HttpRequest, HttpResponse, ProtocolError
from connectors.loose import as_int, as_object, as_objects, as_text, short_yuan, to_minor
from connectors.signing import same, sorted_form_md5

CAPABILITIES = Capabilities(
    idempotent_submit=False,  # racy, and it skips cancelled orders
    resend_allowed=True,
    callbacks_trusted=True,
    asked_by_our_number=True,
    supports_cancel=True,
    knows_partial=True,
    quantity_max=1,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dayuanren:
    """One merchant account at one installation."""

    base_url: str
    settings: DayuanrenSettings

    @property
    def name(self) -> str:
        """The connector's name in the registry."""
        return "dayuanren"

    @property
    def capabilities(self) -> Capabilities:
        """What the gateway may rely on."""
        return CAPABILITIES

    # --- submit and query -------------------------------------------------------------------------

    def submit(self, request: SubmitRequest, context: Context) -> Exchange[Answer]:
        """recharge; errno 0 is ACCEPTED. Refuses by itself what the platform cannot express."""
        if request.account is None or request.quantity != 1:
            return Answer(
                kind=AnswerKind.REJECTED,
                reason=Reason.INVALID_REQUEST,
                message="the platform tops up one account by one face",
            )
        response = yield self._call("recharge", _purchase(request), executes=True)
        throttled = throttled_submit(response, context.now)
        if throttled is not None:
            return throttled
        try:
            envelope = read_envelope(response.body)
        except ProtocolError as error:
            return unreadable_submit(response, str(error))
        return _read_submit(envelope)

    def query(self, request: QueryRequest, context: Context) -> Exchange[Answer]:
        """check by our number; a missing row is NOT_FOUND."""
        response = yield self._call("check", {"out_trade_nums": request.attempt_no})
        unanswered = unanswered_query(response, context.now)
        if unanswered is not None:
            return unanswered
        envelope = read_envelope(response.body)
        if not envelope.ok:
            return no_news(envelope.message, reason=Reason.OTHER, code=envelope.errno)
        rows = read_rows(envelope.data)
        ours = [row for row in rows if as_text(row.get("out_trade_num")) == request.attempt_no]
        if not ours:
            if rows:
                return no_news("another order was answered", reason=Reason.ECHO_MISMATCH)
            return Answer(kind=AnswerKind.NOT_FOUND)
        if len(ours) > 1:
            # The race was lost: which of them is true, and whether to pay both, is for a person.
            return no_news("several orders under our number", reason=Reason.SEVERAL)
        return _read_order(ours[0])

    def expects(self, ordered: Ordered) -> Expected:
        """All of it is echoed but the face, which only comes as what was credited."""
        return Expected(
            order_no=ordered.attempt_no,
            account=ordered.account,
            product=ordered.product_id or None,
            limit_minor=ordered.max_cost_minor,
        )

    # --- callbacks --------------------------------------------------------------------------------

    def parse_callback(self, call: CallbackRequest, now: float) -> CallbackEvent:
        """A form or JSON, signed over every field received, so also over those still to come."""
        try:
            fields = read_callback(call.body, call.headers.get("content-type", ""))
        except ProtocolError as error:
            raise CallbackRefused(str(error), status=400) from None
        expected = sorted_form_md5(fields, self.settings.apikey)
        if not same(fields.get("sign", "").upper(), expected):
            raise CallbackRefused("the callback's sign is wrong")
        moment = as_int(fields.get("otime"))
        if moment is not None and abs(now - moment) > self.settings.callback_window_s:
            raise CallbackRefused("the callback is stale")
        attempt_no = fields.get("out_trade_num")
        if not attempt_no:
            raise CallbackRefused("the callback names no order", status=400)
        return CallbackEvent(
            ack=Ack(body=b"success"),
            attempt_no=attempt_no,
            answer=_news(fields),
            trusted=True,
            holds_codes=bool(fields.get("charge_kami")),
        )

    # --- the rest ---------------------------------------------------------------------------------

    def balance(self, context: Context) -> Exchange[Balance]:  # noqa: ARG002
        """user; yuan."""
        response = yield self._call("user", {})
        amount_minor = to_minor(as_object(_read_ok(response).data).get("balance"))
        if amount_minor is None:
            raise ProtocolError("the answer has no balance")
        return Balance(amount_minor=amount_minor)

    def catalog(self, cursor: str | None, context: Context) -> Exchange[CatalogPage]:  # noqa: ARG002
        """product: categories with their products, in one page."""
        response = yield self._call("product", {})
        categories = as_objects(_read_ok(response).data)
        products = [p for category in categories for p in as_objects(category.get("products"))]
        items = (_read_product(product) for product in products)
        return CatalogPage(items=tuple(item for item in items if item is not None))

    def cancel(self, request: CancelRequest, context: Context) -> Exchange[Cancellation]:  # noqa: ARG002
        """remove, which is a request: the end comes by callback or query."""
        response = yield self._call("remove", {"out_trade_nums": request.attempt_no})
        accepted = response.status == 200 and read_envelope(response.body).ok
        return Cancellation.REQUESTED if accepted else Cancellation.REFUSED

    def _call(
        self, operation: str, fields: Mapping[str, str], *, executes: bool = False
    ) -> HttpRequest:
        form = {"userid": self.settings.userid, **fields}
        return HttpRequest(
            method="POST",
            url=f"{self.base_url}{self.settings.prefix}/{operation}",
            headers={"content-type": "application/x-www-form-urlencoded; charset=utf-8"},
            body=signed_form(form, self.settings.apikey),
            executes=executes,
        )


def _purchase(request: SubmitRequest) -> dict[str, str]:
    """The fields of recharge; `amount` and `price` are the platform's own guards."""
    fields = {name: value for name, value in request.params.items() if name in RECHARGE_EXTRAS}
    fields |= {
        "out_trade_num": request.attempt_no,
        "product_id": request.product_id,
        "mobile": request.account or "",
        # Mandatory; an empty one is signed like any other field.
        "notify_url": request.notify_url or "",
    }
    if request.face_minor is not None:
        fields["amount"] = short_yuan(request.face_minor)
    if request.max_cost_minor is not None:
        fields["price"] = short_yuan(request.max_cost_minor)
    return fields


def _read_submit(envelope: Envelope) -> Answer:
    if envelope.ok:
        return replace(_read_order(as_object(envelope.data)), kind=AnswerKind.ACCEPTED)
    refusal = envelope.refusal
    doubt = Reason.DUPLICATE if DUPLICATE_TEXT in envelope.message else Reason.OTHER
    return Answer(
        kind=AnswerKind.UNKNOWN if refusal is None else AnswerKind.REJECTED,
        reason=refusal or doubt,
        code=envelope.errno,
        message=envelope.message,
    )


def _news(fields: Mapping[str, str]) -> Answer:
    """A callback's answer: a state that nobody knows is a reason to ask."""
    answer = _read_order(fields)
    return answer if answer.code in STATES else replace(answer, kind=AnswerKind.UNKNOWN)


def _read_order(order: Mapping[str, Any]) -> Answer:
    """An order as recharge answers it, as check shows it and as a callback tells it, all alike."""
    word = as_text(order.get("state")) or ""
    return Answer(
        # An unknown state is not an end: we ask again.
        kind=STATES.get(word, AnswerKind.PROCESSING),
        echo=Echo(
            order_no=as_text(order.get("out_trade_num")),
            account=as_text(order.get("mobile")),
            product=as_text(order.get("product_id")),
        ),
        upstream_no=as_text(order.get("order_number")),
        cost_minor=to_minor(order.get("total_price")),
        delivered_face_minor=to_minor(order.get("charge_amount")),
        code=word,
        message=as_text(order.get("remark")) or "",
    )


def _read_ok(response: HttpResponse) -> Envelope:
    expect_ok(response)
    envelope = read_envelope(response.body)
    if not envelope.ok:
        raise UpstreamRefused(envelope.refusal or Reason.OTHER, envelope.errno, envelope.message)
    return envelope


def _read_product(product: Mapping[str, Any]) -> CatalogItem | None:
    product_id = as_text(product.get("id"))
    if product_id is None:
        return None
    return CatalogItem(
        product_id=product_id,
        name=as_text(product.get("name")) or product_id,
        kind="topup",
        face_minor=to_minor(product.get("y_price")),
        cost_minor=to_minor(product.get("price")),
        currency="CNY",
        available=as_int(product.get("api_open")) != 0,
    )
