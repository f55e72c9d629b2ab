"""Buys at a Kasushou shop: virtual goods and cards. Pure: no I/O, no clock.

A submit never brings cards. A refusal (code 400) has no finer code, so it is believed only after a
look that finds no order. Callbacks are signed but for their cards: cards come by `order/info` only.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from connectors.answer import (
    no_news,
    throttled_submit,
    unanswered_query,
    unreadable_submit,
)
from connectors.complaint import Complaint
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
)
from connectors.echo import Expected
from connectors.exchange import HttpRequest, ProtocolError, TransportFailure
from connectors.kasushou.reading import news, read_ok, read_order, read_ours, refused, text
from connectors.kasushou.wire import (
    KasushouSettings,
    read_callback,
    read_envelope,
    read_rows,
    sign_body,
    signed_members,
    sorted_body,
    unix_seconds,
)
from connectors.loose import as_int, as_object, as_text, to_minor, yuan
from connectors.signing import same, timestamped_sha1
from connectors.spelled import canonical_texts

CAPABILITIES = Capabilities(
    # "external_orderno de-duplicates", but nothing says that it holds for two at once.
    idempotent_submit=False,
    resend_allowed=True,
    callbacks_trusted=True,
    asked_by_our_number=True,
    supports_codes=True,
    supports_cancel=True,
    knows_reversal=True,
)
PAGE_SIZE = 100  # goods/list: limit <= 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Kasushou:
    """One customer account at one shop."""

    base_url: str
    settings: KasushouSettings

    @property
    def name(self) -> str:
        """The connector's name in the registry."""
        return "kasushou"

    @property
    def capabilities(self) -> Capabilities:
        """What the gateway may rely on."""
        return CAPABILITIES

    # --- submit and query -------------------------------------------------------------------------

    def submit(self, request: SubmitRequest, context: Context) -> Exchange[Answer]:
        """order/buy; a 400 is followed by order/info, and is final only if that finds nothing."""
        body = sorted_body(_purchase(request))
        response = yield self._call("order/buy", body, context, executes=True)
        throttled = throttled_submit(response, context.now)
        if throttled is not None:
            return throttled
        try:
            envelope = read_envelope(response.body)
        except ProtocolError as error:
            return unreadable_submit(response, str(error))
        if envelope.ok:
            return replace(read_order(as_object(envelope.data)), kind=AnswerKind.ACCEPTED)
        refusal = refused(envelope)
        if envelope.code != "400" or refusal.reason is Reason.DUPLICATE:
            return refusal
        found = yield from self._look_after_refusal(request, context)
        if found is not AnswerKind.NOT_FOUND:
            return refusal
        return replace(refusal, kind=AnswerKind.REJECTED)

    def _look_after_refusal(self, request: SubmitRequest, context: Context) -> Exchange[AnswerKind]:
        query = QueryRequest(attempt_no=request.attempt_no)
        try:
            state = yield from self.query(query, context)
        except (TransportFailure, ProtocolError):
            return AnswerKind.UNKNOWN
        return state.kind

    def query(self, request: QueryRequest, context: Context) -> Exchange[Answer]:
        """order/info by our number over all days; cards come with status 3."""
        body = sorted_body({"external_orderno": request.attempt_no, "day": 0})
        response = yield self._call("order/info", body, context)
        unanswered = unanswered_query(response, context.now)
        if unanswered is not None:
            return unanswered
        envelope = read_envelope(response.body)
        if envelope.denies(request.attempt_no):
            return Answer(kind=AnswerKind.NOT_FOUND, message=envelope.message)
        if not envelope.ok:
            return no_news(envelope.message, reason=Reason.OTHER, code=envelope.code)
        return read_ours(read_rows(envelope.data), request)

    def expects(self, ordered: Ordered) -> Expected:
        """The platform echoes neither product nor quantity; its guard is the limit."""
        guard_minor = _guard_minor(ordered)
        return Expected(
            order_no=ordered.attempt_no,
            account=ordered.account,
            limit_minor=None if guard_minor is None else guard_minor * ordered.quantity,
        )

    # --- callbacks --------------------------------------------------------------------------------

    def parse_callback(self, call: CallbackRequest, now: float) -> CallbackEvent:
        """An order's state (signed, so trusted) or a price push (whose price is not: re-read it).

        The cards of a callback are not signed and are never read here.
        """
        try:
            callback = read_callback(call.body, call.headers.get("content-type", ""))
            self._verify(callback, now)
        except ProtocolError as error:
            raise CallbackRefused(str(error), status=400) from None
        ack = Ack(body=self.settings.ack.encode())
        attempt_no = text(callback.get("external_orderno"))
        if attempt_no is None:
            product_id = text(callback.get("id"))
            if product_id is None:
                raise CallbackRefused("the callback names no order", status=400)
            return CallbackEvent(ack=ack, product_id=product_id, trusted=False)
        return CallbackEvent(
            ack=ack,
            attempt_no=attempt_no,
            answer=news(callback),
            trusted=True,
            holds_codes=bool(callback.get("card_list")),
        )

    def _verify(self, callback: Mapping[str, Any], now: float) -> None:
        moment, sign = text(callback.get("time")) or "", text(callback.get("sign")) or ""
        texts = canonical_texts(signed_members(callback))
        key = self.settings.apikey
        # Which of the languages it is need not be hidden, and most shops write the first.
        if not any(same(sign.lower(), timestamped_sha1(moment, text, key)) for text in texts):
            raise CallbackRefused("the callback's sign is wrong")
        seconds = as_int(moment)
        age_s = abs(now - unix_seconds(seconds)) if seconds else None
        if age_s is None or age_s > self.settings.callback_window_s:
            raise CallbackRefused("the callback is stale")

    # --- the rest ---------------------------------------------------------------------------------

    def balance(self, context: Context) -> Exchange[Balance]:
        """user/info; yuan as text."""
        response = yield self._call("user/info", b"{}", context)
        amount_minor = to_minor(as_object(read_ok(response).data).get("balance"))
        if amount_minor is None:
            raise ProtocolError("the answer has no balance")
        return Balance(amount_minor=amount_minor)

    def catalog(self, cursor: str | None, context: Context) -> Exchange[CatalogPage]:
        """goods/list by pages of 100; the cursor is the page number."""
        page = int(cursor or "1")
        body = sorted_body({"limit": PAGE_SIZE, "page": page})
        response = yield self._call("goods/list", body, context)
        rows = read_rows(read_ok(response).data)
        items = (_read_goods(row) for row in rows)
        return CatalogPage(
            items=tuple(item for item in items if item is not None),
            next_cursor=str(page + 1) if len(rows) >= PAGE_SIZE else None,
        )

    def cancel(self, request: CancelRequest, context: Context) -> Exchange[Cancellation]:
        """order/close by their number, looked up if need be; the end comes by callback or query."""
        upstream_no = request.upstream_no
        if upstream_no is None:
            query = QueryRequest(attempt_no=request.attempt_no)
            upstream_no = (yield from self.query(query, context)).upstream_no
        if upstream_no is None:
            return Cancellation.REFUSED
        body = sorted_body({"ordersn": upstream_no})
        response = yield self._call("order/close", body, context)
        accepted = response.status == 200 and read_envelope(response.body).ok
        return Cancellation.REQUESTED if accepted else Cancellation.REFUSED

    def complain(self, complaint: Complaint, context: Context) -> Exchange[bool]:
        """order/complain by their number, looked up if need be; what comes of it people tell."""
        upstream_no = complaint.upstream_no
        if upstream_no is None:
            query = QueryRequest(attempt_no=complaint.attempt_no)
            upstream_no = (yield from self.query(query, context)).upstream_no
        if upstream_no is None:
            return False
        body = sorted_body({"ordersn": upstream_no, "content": complaint.text})
        response = yield self._call("order/complain", body, context)
        return response.status == 200 and read_envelope(response.body).ok

    def _call(
        self, operation: str, body: bytes, context: Context, *, executes: bool = False
    ) -> HttpRequest:
        timestamp = str(int(context.now * 1000))
        return HttpRequest(
            method="POST",
            url=f"{self.base_url}{self.settings.prefix}/{operation}",
            headers={
                "content-type": "application/json; charset=utf-8",
                "sign": sign_body(timestamp, body, self.settings.apikey),
                "timestamp": timestamp,
                "userid": self.settings.userid,
            },
            body=body,
            executes=executes,
        )


def _purchase(request: SubmitRequest) -> dict[str, Any]:
    """The members of order/buy; `attach` and `url` only where there is something to say."""
    product_id = request.product_id
    members: dict[str, Any] = {
        "id": int(product_id) if product_id.isascii() and product_id.isdigit() else product_id,
        "quantity": request.quantity,
        "external_orderno": request.attempt_no,
    }
    attach = dict(request.params)
    if request.account is not None:
        attach["recharge_account"] = request.account
    if attach:
        members["attach"] = attach
    if request.notify_url:
        members["url"] = request.notify_url
    guard_minor = _guard_minor(request)
    if guard_minor is not None:
        members["safe_price"] = yuan(guard_minor)
    return members


def _guard_minor(ordered: Ordered) -> int | None:
    """`safe_price`, on one piece (assumption; read as the total it would only refuse more)."""
    ceiling = ordered.max_cost_minor
    return None if ceiling is None else ceiling // ordered.quantity


def _read_goods(goods: Mapping[str, Any]) -> CatalogItem | None:
    product_id = as_text(goods.get("id"))
    if product_id is None:
        return None
    return CatalogItem(
        product_id=product_id,
        name=as_text(goods.get("goods_name")) or product_id,
        kind="code" if as_int(goods.get("goods_type")) == 1 else "topup",
        face_minor=to_minor(goods.get("face_value")),
        cost_minor=to_minor(goods.get("goods_price")),
        currency="CNY",
        available=as_int(goods.get("status")) == 1,
    )
