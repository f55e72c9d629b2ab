"""Buys at the platform. Pure: an operation is a generator that yields requests and is sent answers.

The rules that decide over money are in connectors/README.md of Quangate; the first is: the default
is "we do not know".
"""

from collections.abc import Mapping
from dataclasses import dataclass
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
from connectors.echo import Echo, Expected
from connectors.exchange import HttpRequest, ProtocolError
from connectors.loose import as_int, as_object, as_text, read_object, to_minor, yuan
from connectors.scaffold.example.wire import (
    ABSENT,
    DUPLICATE,
    REFUSALS,
    STATES,
    ExampleSettings,
    read_envelope,
    signed,
)
from connectors.signing import hmac_sha256_hex, same

# Leave the cautious default where the platform's document says nothing.
CAPABILITIES = Capabilities(resend_allowed=True, callbacks_trusted=True, quantity_max=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One account at the platform."""

    base_url: str
    settings: ExampleSettings

    @property
    def name(self) -> str:
        """The connector's name in the registry."""
        return "example"

    @property
    def capabilities(self) -> Capabilities:
        """What the gateway may rely on."""
        return CAPABILITIES

    def submit(self, request: SubmitRequest, context: Context) -> Exchange[Answer]:
        """Buy: `executes=True` marks the one request that may cost money."""
        if request.account is None or request.quantity != 1:
            return Answer(kind=AnswerKind.REJECTED, reason=Reason.INVALID_REQUEST)
        members: dict[str, Any] = {
            "number": request.attempt_no,
            "product": request.product_id,
            "account": request.account,
            "callback": request.notify_url or "",
        }
        if request.max_cost_minor is not None:
            members["max_price"] = yuan(request.max_cost_minor)
        response = yield self._call("/order", members, executes=True)
        throttled = throttled_submit(response, context.now)
        if throttled is not None:
            return throttled
        try:
            envelope = read_envelope(response.body)
        except ProtocolError as error:
            return unreadable_submit(response, str(error))
        if envelope.ok:
            number = as_text(as_object(envelope.data).get("order_id"))
            return Answer(kind=AnswerKind.ACCEPTED, upstream_no=number)
        refusal = REFUSALS.get(envelope.code)
        doubt = Reason.DUPLICATE if envelope.code == DUPLICATE else Reason.OTHER
        return Answer(
            kind=AnswerKind.UNKNOWN if refusal is None else AnswerKind.REJECTED,
            reason=refusal or doubt,
            code=envelope.code,
            message=envelope.message,
        )

    def query(self, request: QueryRequest, context: Context) -> Exchange[Answer]:
        """Ask by our number; only the order's own code proves that it is not there."""
        response = yield self._call("/query", {"number": request.attempt_no})
        unanswered = unanswered_query(response, context.now)
        if unanswered is not None:
            return unanswered
        envelope = read_envelope(response.body)
        if envelope.code == ABSENT:
            return Answer(kind=AnswerKind.NOT_FOUND)
        if not envelope.ok:
            return no_news(envelope.message, reason=Reason.OTHER, code=envelope.code)
        return _read_order(as_object(envelope.data))

    def expects(self, ordered: Ordered) -> Expected:
        """What the platform echoes, and the limit that it was given."""
        return Expected(
            order_no=ordered.attempt_no,
            account=ordered.account,
            product=ordered.product_id or None,
            limit_minor=ordered.max_cost_minor,
        )

    def parse_callback(self, call: CallbackRequest, now: float) -> CallbackEvent:
        """Verify over all that came, in constant time; then it is a hint that asks for a query."""
        sign = call.headers.get("x-sign", "")
        if not same(sign, hmac_sha256_hex(call.body, self.settings.secret)):
            raise CallbackRefused("the callback's sign is wrong")
        try:
            members = read_object(call.body)
        except ProtocolError as error:
            raise CallbackRefused(str(error), status=400) from None
        moment = as_int(members.get("time"))
        if moment is None or abs(now - moment) > self.settings.window_s:
            raise CallbackRefused("the callback is stale")
        attempt_no = as_text(members.get("number"))
        if attempt_no is None:
            raise CallbackRefused("the callback names no order", status=400)
        return CallbackEvent(
            ack=Ack(body=b"ok"), attempt_no=attempt_no, answer=_read_order(members), trusted=True
        )

    def balance(self, context: Context) -> Exchange[Balance]:  # noqa: ARG002
        """What may still be spent."""
        response = yield self._call("/balance", {})
        expect_ok(response)
        envelope = read_envelope(response.body)
        if not envelope.ok:
            reason = REFUSALS.get(envelope.code, Reason.OTHER)
            raise UpstreamRefused(reason, envelope.code, envelope.message)
        amount_minor = to_minor(as_object(envelope.data).get("balance"))
        if amount_minor is None:
            raise ProtocolError("the answer has no balance")
        return Balance(amount_minor=amount_minor)

    def catalog(self, cursor: str | None, context: Context) -> Exchange[CatalogPage]:  # noqa: ARG002
        """This platform has no list of products."""
        return (yield from answered(CatalogPage(items=())))

    def cancel(self, request: CancelRequest, context: Context) -> Exchange[Cancellation]:  # noqa: ARG002
        """This platform stops nothing."""
        return (yield from answered(Cancellation.UNSUPPORTED))

    def _call(
        self, path: str, members: Mapping[str, Any], *, executes: bool = False
    ) -> HttpRequest:
        headers, body = signed(members, self.settings)
        return HttpRequest(
            method="POST",
            url=f"{self.base_url}{path}",
            headers=headers,
            body=body,
            executes=executes,
        )


def _read_order(order: Mapping[str, Any]) -> Answer:
    """What is said of an order; the gateway compares it with what was ordered."""
    word = as_text(order.get("state")) or ""
    return Answer(
        kind=STATES.get(word, AnswerKind.PROCESSING),  # an unknown state is no end
        echo=Echo(
            order_no=as_text(order.get("number")),
            account=as_text(order.get("account")),
            product=as_text(order.get("product")),
        ),
        upstream_no=as_text(order.get("order_id")),
        cost_minor=to_minor(order.get("price")),
        code=word,
    )
