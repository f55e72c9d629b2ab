"""Buys at a dujiao-next site. Pure: no I/O, no clock.

Orders are asked for by the site's own number alone, so an order whose answer was lost is unknown
until a callback names it, or a person does: the site may sell again to who asks twice.
"""

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
from connectors.dujiao.wire import (
    CALLBACK_PATH,
    HEADER,
    REFUSALS,
    STATES,
    DujiaoSettings,
    Envelope,
    read_codes,
    read_envelope,
    sign,
    signed_headers,
)
from connectors.echo import Echo, Expected
from connectors.exchange import HttpRequest, HttpResponse, ProtocolError
from connectors.loose import as_int, as_object, as_objects, as_text, read_object, to_minor
from connectors.signing import compact_json, same

CAPABILITIES = Capabilities(
    idempotent_submit=False,  # its check races: 50 equal orders at once were 50 charges
    resend_allowed=False,  # nothing can prove that an order is not there
    callbacks_trusted=True,
    supports_codes=True,
    supports_cancel=True,
)
PAGE_SIZE: Final = 100
ACK: Final = b'{"ok":true,"message":"received"}'


@dataclass(frozen=True, slots=True, kw_only=True)
class Dujiao:
    """One customer account at one site."""

    base_url: str
    settings: DujiaoSettings

    @property
    def name(self) -> str:
        """The connector's name in the registry."""
        return "dujiao"

    @property
    def capabilities(self) -> Capabilities:
        """What the gateway may rely on."""
        return CAPABILITIES

    def submit(self, request: SubmitRequest, context: Context) -> Exchange[Answer]:
        """POST /orders; a wallet that is empty is a refusal with HTTP 200."""
        members = self._purchase(request)
        response = yield self._call("POST", "/orders", context, members, executes=True)
        throttled = throttled_submit(response, context.now)
        if throttled is not None:
            return throttled
        try:
            envelope = read_envelope(response.body)
        except ProtocolError as error:
            return unreadable_submit(response, str(error))
        if envelope.ok and response.status in {200, 201}:
            return replace(_read_order(envelope.body), kind=AnswerKind.ACCEPTED, codes=())
        return _refused(envelope, response.status)

    def _purchase(self, request: SubmitRequest) -> dict[str, Any]:
        members: dict[str, Any] = {
            "sku_id": _number(request.product_id),
            "quantity": request.quantity,
            "downstream_order_no": request.attempt_no,
        }
        form = dict(request.params)
        if request.account is not None:
            form[self.settings.account_field] = request.account
        if form:
            members["manual_form_data"] = form
        if request.notify_url:
            members["callback_url"] = request.notify_url
        return members

    def query(self, request: QueryRequest, context: Context) -> Exchange[Answer]:
        """GET /orders/{their number}; without one there is nothing to ask by."""
        number = request.upstream_no or ""
        if not (number.isascii() and number.isdigit()):
            return no_news("the site is asked by its own number, which is not known")
        response = yield self._call("GET", f"/orders/{number}", context)
        unanswered = unanswered_query(response, context.now)
        if unanswered is not None:
            return unanswered
        envelope = read_envelope(response.body)
        if not envelope.ok:
            reason = REFUSALS.get(envelope.code, Reason.OTHER)
            return no_news(envelope.message, reason=reason, code=envelope.code)
        return _read_order(as_object(envelope.body.get("order")) or envelope.body)

    def expects(self, ordered: Ordered) -> Expected:
        """Nothing but numbers is echoed, and there is no limit to give."""
        return Expected(order_no=ordered.attempt_no)

    def parse_callback(self, call: CallbackRequest, now: float) -> CallbackEvent:
        """Signed over all of it, at the path of the document or at the one that it came to."""
        timestamp = call.headers.get(f"{HEADER}timestamp", "")
        given, secret = call.headers.get(f"{HEADER}signature", "").lower(), self.settings.api_secret
        paths = (CALLBACK_PATH, call.path)
        if not any([same(given, sign("POST", p, timestamp, call.body, secret)) for p in paths]):  # noqa: C419
            raise CallbackRefused("the callback's sign is wrong")
        moment = as_int(timestamp)
        if moment is None or abs(now - moment) > self.settings.window_s:
            raise CallbackRefused("the callback is stale")
        try:
            callback = read_object(call.body)
        except ProtocolError as error:
            raise CallbackRefused(str(error), status=400) from None
        attempt_no = as_text(callback.get("downstream_order_no"))
        if attempt_no is None:
            raise CallbackRefused("the callback names no order", status=400)
        answer = _read_order(callback)
        if answer.code not in STATES:
            answer = replace(answer, kind=AnswerKind.UNKNOWN)
        return CallbackEvent(
            ack=Ack(content_type="application/json", body=ACK),
            attempt_no=attempt_no,
            answer=replace(answer, codes=()),
            trusted=True,
            holds_codes=bool(callback.get("fulfillment")),
        )

    def balance(self, context: Context) -> Exchange[Balance]:
        """POST /ping."""
        response = yield self._call("POST", "/ping", context)
        answer = _read_ok(response).body
        currency = as_text(answer.get("currency")) or "CNY"
        amount_minor = to_minor(answer.get("balance"), currency)
        if amount_minor is None:
            raise ProtocolError("the answer has no balance")
        return Balance(amount_minor=amount_minor, currency=currency)

    def catalog(self, cursor: str | None, context: Context) -> Exchange[CatalogPage]:
        """GET /products by pages of 100: every SKU is a product."""
        page = int(cursor or "1")
        query = f"?page={page}&page_size={PAGE_SIZE}"
        response = yield self._call("GET", "/products", context, query=query)
        answer = _read_ok(response).body
        rows = as_objects(answer.get("items"))
        currency = as_text(answer.get("currency")) or "CNY"
        items = [item for row in rows for item in _read_product(row, currency)]
        is_last = len(rows) < PAGE_SIZE or page * PAGE_SIZE >= (as_int(answer.get("total")) or 0)
        return CatalogPage(items=tuple(items), next_cursor=None if is_last else str(page + 1))

    def cancel(self, request: CancelRequest, context: Context) -> Exchange[Cancellation]:
        """POST /orders/{their number}/cancel; the end comes by callback or query."""
        number = request.upstream_no or ""
        if not (number.isascii() and number.isdigit()):
            return Cancellation.REFUSED
        response = yield self._call("POST", f"/orders/{number}/cancel", context)
        is_taken = response.status == 200 and read_envelope(response.body).ok
        return Cancellation.REQUESTED if is_taken else Cancellation.REFUSED

    def _call(
        self,
        method: str,
        path: str,
        context: Context,
        members: Mapping[str, Any] | None = None,
        *,
        query: str = "",
        executes: bool = False,
    ) -> HttpRequest:
        whole, timestamp = f"{self.settings.prefix}{path}", str(int(context.now))
        body = b"" if members is None else compact_json(dict(members)).encode()
        return HttpRequest(
            method=method,
            url=f"{self.base_url}{whole}{query}",
            headers=signed_headers(method, whole, timestamp, body, self.settings),
            body=body,
            executes=executes,
        )


def _refused(envelope: Envelope, status: int) -> Answer:
    """A refusal by its code; a crash, or a 409 about the number, proves nothing."""
    reason = REFUSALS.get(envelope.code)
    is_duplicate = status == 409 and envelope.code == "bad_request"
    if status >= 500 or is_duplicate:
        reason = None
    return Answer(
        kind=AnswerKind.UNKNOWN if reason is None else AnswerKind.REJECTED,
        reason=reason or (Reason.DUPLICATE if is_duplicate else Reason.OTHER),
        code=envelope.code,
        message=envelope.message,
    )


def _read_order(order: Mapping[str, Any]) -> Answer:
    """An order as POST and GET /orders and callbacks show it."""
    word = as_text(order.get("status")) or ""
    kind = STATES.get(word, AnswerKind.PROCESSING)
    currency = as_text(order.get("currency"))
    fulfillment = as_object(order.get("fulfillment"))
    return Answer(
        kind=kind,
        echo=Echo(order_no=as_text(order.get("downstream_order_no"))),
        upstream_no=as_text(order.get("order_id")) or as_text(order.get("id")),
        cost_minor=to_minor(order.get("amount"), currency or "CNY"),
        refunded_minor=to_minor(order.get("refunded_amount"), currency or "CNY"),
        currency=currency,
        codes=read_codes(fulfillment.get("payload")) if kind is AnswerKind.SUCCESS else (),
        code=word,
    )


def _read_ok(response: HttpResponse) -> Envelope:
    expect_ok(response)
    answer = read_envelope(response.body) if b'"ok"' in response.body else None
    if answer is None:  # lists have no `ok` of their own
        return Envelope(ok=True, code="", message="", body=read_object(response.body))
    if not answer.ok:
        raise UpstreamRefused(REFUSALS.get(answer.code, Reason.OTHER), answer.code, answer.message)
    return answer


def _read_product(product: Mapping[str, Any], currency: str) -> list[CatalogItem]:
    titles = as_object(product.get("title"))
    title = as_text(titles.get("zh-CN")) or next(filter(None, map(as_text, titles.values())), "")
    is_code = product.get("fulfillment_type") == "auto"
    found = []
    for sku in as_objects(product.get("skus")):
        product_id = as_text(sku.get("id"))
        if product_id is not None:
            on_sale = product.get("is_active") is not False and sku.get("is_active") is not False
            found.append(
                CatalogItem(
                    product_id=product_id,
                    name=f"{title} {as_text(sku.get('sku_code')) or ''}".strip() or product_id,
                    kind="code" if is_code else "topup",
                    face_minor=None,
                    cost_minor=to_minor(sku.get("price_amount"), currency),
                    currency=currency,
                    available=on_sale and sku.get("stock_status") != "out_of_stock",
                )
            )
    return found


def _number(product_id: str) -> int | str:
    return int(product_id) if product_id.isascii() and product_id.isdigit() else product_id
