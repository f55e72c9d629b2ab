"""Buys at Fulu: direct top-ups, phone credit and encrypted cards. Pure: no I/O, no clock.

Submits only say "accepted"; the truth comes by `order.info.get`, which also brings the cards.
Callbacks are hints: their sign rule is an assumption, and any permutation of a text has its sign.
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
    DeliveredCode,
    Exchange,
    Ordered,
    QueryRequest,
    Reason,
    SubmitRequest,
    UpstreamRefused,
    answered,
)
from connectors.echo import Echo, Expected
from connectors.exchange import HttpRequest, HttpResponse, ProtocolError
from connectors.fulu.wire import (
    DIRECT_EXTRAS,
    MOBILE_PRODUCT,
    REJECTED_SENTENCES,
    Envelope,
    FuluSettings,
    build_body,
    callback_is_signed,
    moment_of,
    order_of_callback,
    read_envelope,
)
from connectors.loose import as_int, as_object, as_objects, as_text, read_object, to_minor
from connectors.refusal import denies_order
from connectors.secret import Secret
from connectors.signing import CardUnreadable, open_card_aes_ecb

CAPABILITIES = Capabilities(
    # "customer_order_no: each request must be unique"; what a second one gets is not documented.
    idempotent_submit=False,
    resend_allowed=True,
    poll_plan_s=(1, 2, 3, 3, 3, 5, 10, 30, 60),  # documented: every 1–3 s until final
    supports_codes=True,
)
# mobile.add credits one number by one face.
MOBILE_CAPABILITIES = replace(CAPABILITIES, quantity_max=1, supports_codes=False)


def capabilities_of(product_id: str) -> Capabilities:
    """What the gateway may rely on for one product."""
    return MOBILE_CAPABILITIES if MOBILE_PRODUCT.fullmatch(product_id) else CAPABILITIES


@dataclass(frozen=True, slots=True, kw_only=True)
class Fulu:
    """One Fulu account at one host."""

    base_url: str
    settings: FuluSettings

    @property
    def name(self) -> str:
        """The connector's name in the registry."""
        return "fulu"

    @property
    def capabilities(self) -> Capabilities:
        """What the gateway may rely on."""
        return CAPABILITIES

    def submit(self, request: SubmitRequest, context: Context) -> Exchange[Answer]:
        """direct.add, mobile.add or card.add; code 0 is ACCEPTED, nothing more."""
        method, biz = _purchase(request, self.settings)
        if method == self.settings.method_mobile and request.quantity != 1:
            message = "mobile.add has no quantity"
            return Answer(kind=AnswerKind.REJECTED, reason=Reason.INVALID_REQUEST, message=message)
        response = yield self._call(method, biz, context, executes=True)
        throttled = throttled_submit(response, context.now)
        if throttled is not None:
            return throttled
        try:
            envelope = read_envelope(response.body, self.settings)
        except ProtocolError as error:
            return unreadable_submit(response, str(error))
        return self._read_submit(envelope)

    def _read_submit(self, envelope: Envelope) -> Answer:
        if envelope.code == self.settings.ok_code:
            return replace(self._read_order(as_object(envelope.result)), kind=AnswerKind.ACCEPTED)
        reason = self._refusal(envelope)
        return Answer(
            kind=AnswerKind.UNKNOWN if reason is None else AnswerKind.REJECTED,
            reason=reason or Reason.OTHER,
            code=envelope.code,
            message=envelope.message,
        )

    def _refusal(self, envelope: Envelope) -> Reason | None:
        """Why the answer is an explicit refusal; None if it proves nothing."""
        by_code = self.settings.rejected_table.get(envelope.code)
        return by_code or REJECTED_SENTENCES.meaning(envelope.message)

    def query(self, request: QueryRequest, context: Context) -> Exchange[Answer]:
        """order.info.get by our number; cards come decrypted, and only with success."""
        biz = {"customer_order_no": request.attempt_no}
        response = yield self._call(self.settings.method_query, biz, context)
        unanswered = unanswered_query(response, context.now)
        if unanswered is not None:
            return unanswered
        envelope = read_envelope(response.body, self.settings)
        if envelope.code == self.settings.ok_code:
            return self._read_result(envelope.result)
        refused = no_news(envelope.message, reason=Reason.OTHER, code=envelope.code)
        if denies_order(envelope.message, request.attempt_no):
            return replace(refused, kind=AnswerKind.NOT_FOUND, reason=None)
        return refused

    def _read_result(self, result: Any) -> Answer:
        if result in (None, "", {}, []):
            return Answer(kind=AnswerKind.NOT_FOUND)
        if not isinstance(result, dict):
            return no_news("the answer is no order")
        answer = self._read_order(result)
        if answer.kind is not AnswerKind.SUCCESS:
            return answer
        try:
            return replace(answer, codes=self._read_cards(result))
        except CardUnreadable as error:
            return no_news(str(error))

    def _read_order(self, order: Mapping[str, Any]) -> Answer:
        """An order as a submit answers it, as a query shows it and as a callback tells it."""
        word = as_text(order.get("order_state")) or as_text(order.get("order_status")) or ""
        return Answer(
            # An unknown word is not an end: we ask again.
            kind=self.settings.state_table.get(word.lower(), AnswerKind.PROCESSING),
            echo=Echo(
                order_no=as_text(order.get("customer_order_no")),
                account=as_text(order.get("charge_account")),
                product=as_text(order.get("product_id")),
                quantity=as_int(order.get("buy_num")),
            ),
            upstream_no=as_text(order.get("order_id")),
            cost_minor=_cost_minor(order),
            code=word,
            message=as_text(order.get("recharge_description"))
            or as_text(order.get("charge_remark"))
            or "",
        )

    def expects(self, ordered: Ordered) -> Expected:
        """All is echoed, but phone credit has a product of the platform's own."""
        is_mobile = MOBILE_PRODUCT.fullmatch(ordered.product_id)
        return Expected(
            order_no=ordered.attempt_no,
            account=ordered.account,
            product=None if is_mobile else ordered.product_id or None,
            quantity=ordered.quantity,
        )

    def _read_cards(self, order: Mapping[str, Any]) -> tuple[DeliveredCode, ...]:
        """`cards` of version 2.0, or `card_pwds` of the second dialect."""
        cards = as_objects(order.get("cards")) or as_objects(order.get("card_pwds"))
        return tuple(code for card in cards if (code := self._read_card(card)) is not None)

    def _read_card(self, card: Mapping[str, Any]) -> DeliveredCode | None:
        number = self._open(as_text(card.get("card_number")) or as_text(card.get("card_no")))
        password = self._open(as_text(card.get("card_pwd")))
        first, second = (number, password) if number else (password, None)
        if not first:
            return None
        # card_type: 0 plain, 1 QR code, 2 short link.
        is_link = as_int(card.get("card_type")) in {1, 2} and "://" in first
        return DeliveredCode(
            code=Secret(first),
            pin=Secret(second) if second else None,
            url=Secret(first) if is_link else None,
            expires_at=moment_of(
                as_text(card.get("card_deadline")) or as_text(card.get("expire_time"))
            ),
        )

    def _open(self, sealed: str | None) -> str | None:
        if sealed is None or self.settings.cards == "plain":
            return sealed
        return open_card_aes_ecb(sealed, self.settings.secret)

    def parse_callback(self, call: CallbackRequest, now: float) -> CallbackEvent:  # noqa: ARG002
        """A hint, never trusted. It carries no time of sending: a replay only causes a query."""
        try:
            callback = read_object(call.body)
            order = order_of_callback(callback)
        except ProtocolError:
            raise CallbackRefused("the callback is not JSON", status=400) from None
        if self.settings.callback_sign == "verify" and not callback_is_signed(
            call.body, callback, self.settings.secret
        ):
            raise CallbackRefused("the callback's sign is wrong")
        attempt_no = as_text(order.get("customer_order_no"))
        if attempt_no is None:
            raise CallbackRefused("the callback names no order", status=400)
        return CallbackEvent(
            ack=Ack(body=b"success"),
            attempt_no=attempt_no,
            answer=self._read_order(order),
            holds_codes=bool(order.get("cards") or order.get("card_pwds")),
        )

    def balance(self, context: Context) -> Exchange[Balance]:
        """user.info.get; the balance is in yuan."""
        response = yield self._call(self.settings.method_balance, {}, context)
        result = as_object(self._read_ok(response))
        amount_minor = to_minor(result.get("balance"))
        if amount_minor is None:
            amount_minor = _balance_of_accounts(result)
        if amount_minor is None:
            raise ProtocolError("the answer has no balance")
        return Balance(amount_minor=amount_minor)

    def catalog(self, cursor: str | None, context: Context) -> Exchange[CatalogPage]:  # noqa: ARG002
        """goods.list.get, which has no pages."""
        response = yield self._call(self.settings.method_catalog, {}, context)
        items = (_read_product(product) for product in as_objects(self._read_ok(response)))
        return CatalogPage(items=tuple(item for item in items if item is not None))

    def cancel(self, request: CancelRequest, context: Context) -> Exchange[Cancellation]:  # noqa: ARG002
        """The platform has no cancellation."""
        return answered(Cancellation.UNSUPPORTED)

    def _read_ok(self, response: HttpResponse) -> Any:
        expect_ok(response)
        envelope = read_envelope(response.body, self.settings)
        if envelope.code != self.settings.ok_code:
            reason = self._refusal(envelope) or Reason.OTHER
            raise UpstreamRefused(reason, envelope.code, envelope.message)
        return envelope.result

    def _call(
        self, method: str, biz: Mapping[str, Any], context: Context, *, executes: bool = False
    ) -> HttpRequest:
        return HttpRequest(
            method="POST",
            url=f"{self.base_url}{self.settings.path}",
            headers={"content-type": "application/json; charset=utf-8"},
            body=build_body(self.settings, method, biz, context.now),
            executes=executes,
            response_bytes_max=8_388_608 if method == self.settings.method_catalog else 1_048_576,
        )


def _purchase(request: SubmitRequest, settings: FuluSettings) -> tuple[str, dict[str, Any]]:
    """Which method buys this, and its `biz_content`."""
    if request.account is None:
        return settings.method_card, {
            "product_id": _product_number(request.product_id),
            "customer_order_no": request.attempt_no,
            "buy_num": request.quantity,
        }
    mobile = MOBILE_PRODUCT.fullmatch(request.product_id)
    if mobile is not None:
        return settings.method_mobile, {
            "charge_phone": request.account,
            "charge_value": int(mobile[1]),
            "customer_order_no": request.attempt_no,
        }
    extras = {name: value for name, value in request.params.items() if name in DIRECT_EXTRAS}
    return settings.method_direct, {
        "product_id": _product_number(request.product_id),
        "customer_order_no": request.attempt_no,
        "charge_account": request.account,
        "buy_num": request.quantity,
        **extras,
    }


def _product_number(product_id: str) -> int | str:
    """Product ids are numbers; anything else goes out as it is, for the platform to refuse."""
    return int(product_id) if product_id.isascii() and product_id.isdigit() else product_id


def _cost_minor(order: Mapping[str, Any]) -> int | None:
    """`order_price`; `total_price` in the second dialect, `price` in callbacks."""
    prices = (order.get(name) for name in ("order_price", "total_price", "price"))
    return to_minor(next((price for price in prices if price is not None), None))


def _balance_of_accounts(result: Mapping[str, Any]) -> int | None:
    """The second dialect's balance: that of the account of type 1, the one that is bought from."""
    accounts = as_objects(result.get("Balances"))
    ours = [account for account in accounts if as_int(account.get("AccountType")) == 1]
    return to_minor(ours[0].get("Balance")) if len(ours) == 1 else None


def _read_product(product: Mapping[str, Any]) -> CatalogItem | None:
    product_id = as_text(product.get("product_id"))
    if product_id is None:
        return None
    return CatalogItem(
        product_id=product_id,
        name=as_text(product.get("product_name")) or product_id,
        kind="code" if product.get("product_type") == "卡密" else "topup",
        face_minor=to_minor(product.get("face_value")),
        cost_minor=to_minor(product.get("purchase_price")),
        currency="CNY",
        available=product.get("sales_status") == "上架" and product.get("stock_status") != "断货",
    )
