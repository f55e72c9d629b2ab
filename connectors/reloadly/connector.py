"""Buys at Reloadly: airtime and gift cards. Pure: no I/O, no clock; the token is session state.

`customIdentifier` is unique for ever at the platform. A request answered 401 was not executed, so a
token that expired under way is replaced and the request sent again, once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, Final
from urllib.parse import quote, urlencode

from connectors.answer import expect_ok, throttled_query, throttled_submit
from connectors.bill import BillPage
from connectors.contract import (
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
from connectors.denomination import plain_number, written
from connectors.echo import Expected
from connectors.exchange import ProtocolError
from connectors.loose import (
    as_decimal,
    as_object,
    as_text,
    read_json,
    read_object,
    to_major,
    to_minor,
)
from connectors.reloadly.access import Access
from connectors.reloadly.bill import read_report, report_query
from connectors.reloadly.capabilities import CAPABILITIES
from connectors.reloadly.countries import country_of
from connectors.reloadly.reading import (
    page_of,
    read_count,
    read_event,
    read_product_row,
    read_submit,
    read_transaction,
    report_rows,
)
from connectors.reloadly.wire import (
    Amount,
    Product,
    ReloadlySettings,
    Service,
    choose_amount,
    read_cards,
    read_product,
    sign_webhook,
    timestamp_s,
)
from connectors.signing import same

PAGE_SIZE: Final = 200
REPORTS: Final[Mapping[Service, str]] = {
    Service.TOPUPS: "/topups/reports/transactions",
    Service.GIFTCARDS: "/reports/transactions",
}
CATALOGUES: Final[Mapping[Service, str]] = {
    Service.TOPUPS: "/operators",
    Service.GIFTCARDS: "/products",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reloadly:
    """One Reloadly account in one environment."""

    base_url: str
    settings: ReloadlySettings

    @property
    def name(self) -> str:
        """The connector's name in the registry."""
        return "reloadly"

    @property
    def capabilities(self) -> Capabilities:
        """What the gateway may rely on."""
        return CAPABILITIES

    @property
    def _access(self) -> Access:
        return Access(base_url=self.base_url, settings=self.settings)

    # --- submit -----------------------------------------------------------------------------------

    def submit(self, request: SubmitRequest, context: Context) -> Exchange[Answer]:
        """topups-async or orders; a transaction id is ACCEPTED, nothing more."""
        product = read_product(request.product_id)
        try:
            amount = yield from self._amount(product, request, context)
            if isinstance(amount, str):
                return _refuse(amount)
            members = self._purchase(product, amount, request)
            if isinstance(members, str):
                return _refuse(members)
            path = "/orders" if product.service is Service.GIFTCARDS else "/topups-async"
            response = yield from self._access.call(product.service, path, context, members)
        except UpstreamRefused as error:
            # Only what comes before the order itself raises this.
            return Answer(
                kind=AnswerKind.NOT_SENT,
                reason=error.reason,
                code=error.code,
                message=error.message,
            )
        throttled = throttled_submit(response, context.now)
        return throttled or read_submit(response)

    def _amount(
        self, product: Product, request: SubmitRequest, context: Context
    ) -> Exchange[Amount | str]:
        """What to order, in a currency that the product has; or why that cannot be told."""
        if product.denomination is not None:
            return Amount(value=product.denomination.amount)
        face = None
        if request.face_minor is not None:
            face = to_major(request.face_minor, request.currency)
            if self.settings.currency == request.currency:
                return Amount(value=face)
        path = f"{CATALOGUES[product.service]}/{quote(product.number, safe='')}"
        response = yield from self._access.call(product.service, path, context)
        if response.status in {404, 405}:
            # No such product, or no look-up at this server: the order itself will tell.
            return "no such product" if face is None else Amount(value=face)
        expect_ok(response)
        described = read_object(response.body)
        chosen = choose_amount(product.service, described, face, request.currency)
        return chosen or "no amount in the product's currency: write PRODUCT@AMOUNT"

    def _purchase(
        self, product: Product, amount: Amount, request: SubmitRequest
    ) -> dict[str, Any] | str:
        """The body of an order, or why there can be none."""
        if product.service is Service.GIFTCARDS:
            return self._gift_card(product, amount, request)
        if request.account is None or request.quantity != 1:
            return "airtime goes to one number at a time"
        country = request.params.get("country_code") or self.settings.country_code
        country = country or country_of(request.account) or ""
        if not country:
            return "the number does not tell its country: set country_code"
        return {
            "operatorId": product.member,
            "amount": plain_number(amount.value),
            "useLocalAmount": amount.local,
            "customIdentifier": request.attempt_no,
            "recipientPhone": {"countryCode": country, "number": request.account},
        }

    def _gift_card(
        self, product: Product, amount: Amount, request: SubmitRequest
    ) -> dict[str, Any]:
        members: dict[str, Any] = {
            "productId": product.member,
            "quantity": request.quantity,
            "unitPrice": plain_number(amount.value),
            "customIdentifier": request.attempt_no,
            "senderName": self.settings.sender_name,
            "recipientEmail": self.settings.recipient_email,
        }
        country = request.params.get("country_code") or self.settings.country_code
        if country:
            members["countryCode"] = country
        if request.account is not None and "@" in request.account:
            members["recipientEmail"] = request.account
        elif request.account is not None:
            members["recipientPhoneDetails"] = {
                "countryCode": country or country_of(request.account) or "",
                "phoneNumber": request.account,
            }
        return members

    # --- query ------------------------------------------------------------------------------------

    def query(self, request: QueryRequest, context: Context) -> Exchange[Answer]:
        """The report by our number, then the status (airtime) or the cards (gift cards)."""
        product = read_product(request.product_id)
        asked = urlencode({"customIdentifier": request.attempt_no, "size": 10})
        path = f"{REPORTS[product.service]}?{asked}"
        response = yield from self._access.call(product.service, path, context)
        throttled = throttled_query(response, context.now)
        if throttled is not None:
            return throttled
        expect_ok(response)
        rows = report_rows(read_json(response.body))
        ours = [row for row in rows if as_text(row.get("customIdentifier")) == request.attempt_no]
        if len(ours) != 1:
            return read_count(rows, ours)
        if product.service is Service.TOPUPS:
            return (yield from self._status(ours[0], context))
        return (yield from self._cards(ours[0], request, context))

    def _status(self, row: Mapping[str, Any], context: Context) -> Exchange[Answer]:
        number = as_text(row.get("transactionId")) or as_text(row.get("id")) or ""
        path = f"/topups/{quote(number, safe='')}/status"
        response = yield from self._access.call(Service.TOPUPS, path, context)
        throttled = throttled_query(response, context.now)
        if throttled is not None:
            return throttled
        expect_ok(response)
        answer = read_object(response.body)
        detail = {**row, **as_object(answer.get("transaction"))}
        return read_transaction(detail, as_text(answer.get("status")))

    def _cards(
        self, row: Mapping[str, Any], request: QueryRequest, context: Context
    ) -> Exchange[Answer]:
        """Cards only for who has no account: otherwise the platform itself sends them."""
        answer = read_transaction(row)
        if answer.kind is not AnswerKind.SUCCESS or request.account is not None:
            return answer
        path = f"/orders/transactions/{quote(answer.upstream_no or '', safe='')}/cards"
        response = yield from self._access.call(Service.GIFTCARDS, path, context)
        codes = read_cards(read_json(response.body)) if response.status == 200 else ()
        return replace(answer, codes=codes)

    def expects(self, ordered: Ordered) -> Expected:
        """All is echoed; the amount is known where the product or the SKU names one."""
        product = read_product(ordered.product_id)
        is_gift = product.service is Service.GIFTCARDS
        amount, currency = _amount_of(product, ordered)
        account = None if is_gift or ordered.account is None else ordered.account
        return Expected(
            order_no=ordered.attempt_no,
            account=None if account is None else account.strip().lstrip("+"),
            product=product.number or None,
            quantity=ordered.quantity if is_gift else None,
            amount=None if amount is None else written(amount) * ordered.quantity,
            currency=currency,
            calling_code_optional=True,
        )

    # --- callback ---------------------------------------------------------------------------------

    def parse_callback(self, call: CallbackRequest, now: float) -> CallbackEvent:
        """A webhook, signed over its body and its time; codes are fetched by a query."""
        timestamp = call.headers.get("x-reloadly-request-timestamp", "")
        signature = call.headers.get("x-reloadly-signature", "")
        expected = sign_webhook(call.body, timestamp, self.settings.webhook_secret)
        if not self.settings.webhook_secret or not same(signature.lower(), expected):
            raise CallbackRefused("the webhook's signature is wrong")
        sent_at = timestamp_s(timestamp)
        if sent_at is None or abs(now - sent_at) > self.settings.callback_window_s:
            raise CallbackRefused("the webhook is stale")
        try:
            message = read_object(call.body)
        except ProtocolError:
            raise CallbackRefused("the webhook is not JSON", status=400) from None
        return read_event(message)

    # --- balance, catalogue, cancel ---------------------------------------------------------------

    def balance(self, context: Context) -> Exchange[Balance]:
        """accounts/balance; both services draw on one wallet."""
        response = yield from self._access.call(Service.TOPUPS, "/accounts/balance", context)
        expect_ok(response)
        answer = read_object(response.body)
        currency = as_text(answer.get("currencyCode")) or ""
        amount_minor = to_minor(as_decimal(answer.get("balance")), currency)
        if amount_minor is None:
            raise ProtocolError("the answer has no balance")
        return Balance(amount_minor=amount_minor, currency=currency)

    def catalog(self, cursor: str | None, context: Context) -> Exchange[CatalogPage]:
        """Operators, then gift cards; the cursor is `service:page`. Assumption: pages from 1."""
        services = self.settings.listed_services()
        service, page = _read_cursor(cursor, services[0])
        path = f"{CATALOGUES[service]}?{urlencode({'size': PAGE_SIZE, 'page': page})}"
        response = yield from self._access.call(service, path, context)
        expect_ok(response)
        rows, last = page_of(read_json(response.body))
        next_cursor = _next_cursor(service, page, services, last=last or not rows)
        items = (read_product_row(service, row) for row in rows)
        return CatalogPage(
            items=tuple(item for item in items if item is not None), next_cursor=next_cursor
        )

    def bill(self, day: date, cursor: str | None, context: Context) -> Exchange[BillPage]:
        """Both services' reports, one after the other; the cursor is `service:page`."""
        services = self.settings.listed_services()
        service, page = _read_cursor(cursor, services[0])
        path = f"{REPORTS[service]}?{report_query(day, page)}"
        response = yield from self._access.call(service, path, context)
        found, last = read_report(response, day)
        return replace(found, next_cursor=_next_cursor(service, page, services, last=last))

    def cancel(self, request: CancelRequest, context: Context) -> Exchange[Cancellation]:  # noqa: ARG002
        """The platform has no cancellation."""
        return answered(Cancellation.UNSUPPORTED)


def _read_cursor(cursor: str | None, first: Service) -> tuple[Service, int]:
    name, _, page = (cursor or f"{first}:1").partition(":")
    return Service(name), int(page)


def _next_cursor(
    service: Service, page: int, services: tuple[Service, ...], *, last: bool
) -> str | None:
    """The next page of a service, else the first of the next service."""
    if not last:
        return f"{service}:{page + 1}"
    following = services[services.index(service) + 1 :] if service in services else ()
    return f"{following[0]}:1" if following else None


def _amount_of(product: Product, ordered: Ordered) -> tuple[Decimal | None, str | None]:
    """The amount of one piece, and its currency; None is the account's own."""
    if product.denomination is not None:
        return product.denomination.amount, product.denomination.currency
    if ordered.face_minor is None:
        return None, None
    return to_major(ordered.face_minor, ordered.currency), ordered.currency


def _refuse(message: str) -> Answer:
    return Answer(kind=AnswerKind.REJECTED, reason=Reason.INVALID_REQUEST, message=message)
