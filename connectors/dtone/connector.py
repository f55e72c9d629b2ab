"""Buys at DT One: top-ups and PINs, one per transaction. Pure: no I/O, no clock.

`external_id` is unique at the platform, for ever: a second submit is refused with 1007001, which
says that the first one arrived, not what became of it. Callbacks carry no signature: the secret is
in the URL's path, and every callback is confirmed by a query.
"""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from urllib.parse import quote, urlencode

from connectors.answer import (
    expect_ok,
    throttled_query,
)
from connectors.bill import BillPage
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
    answered,
)
from connectors.denomination import plain_number, split_product, written
from connectors.dtone.bill import page_path, read_page
from connectors.dtone.reading import (
    is_created,
    read_list,
    read_query_error,
    read_submit,
    read_transaction,
)
from connectors.dtone.wire import (
    DtoneSettings,
    api_url,
)
from connectors.echo import Expected
from connectors.exchange import HttpRequest, HttpResponse, ProtocolError, TransportFailure
from connectors.judgement import mismatch
from connectors.loose import (
    as_int,
    as_object,
    as_objects,
    as_text,
    read_json,
    read_object,
    to_minor,
)
from connectors.signing import compact_json

CAPABILITIES = Capabilities(
    idempotent_submit=True,  # external_id is unique: 1007001
    resend_allowed=True,
    supports_codes=True,
    knows_reversal=True,
    quantity_max=1,
)
SYNC_DEADLINE_S = 185.0  # documented: a synchronous call may be held up to 180 s
SYNC_CAPABILITIES = replace(CAPABILITIES, deadline_s=SYNC_DEADLINE_S)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dtone:
    """One DT One account at one environment."""

    base_url: str
    settings: DtoneSettings

    @property
    def name(self) -> str:
        """The connector's name in the registry."""
        return "dtone"

    @property
    def capabilities(self) -> Capabilities:
        """What the gateway may rely on."""
        return SYNC_CAPABILITIES if self.settings.mode == "sync" else CAPABILITIES

    # --- submit -----------------------------------------------------------------------------------

    def submit(self, request: SubmitRequest, context: Context) -> Exchange[Answer]:
        """Create and confirm a transaction; with `price_check` in two steps, the price between."""
        if request.quantity != 1:
            return Answer(
                kind=AnswerKind.REJECTED,
                reason=Reason.INVALID_REQUEST,
                message="a transaction is one top-up",
            )
        check = self.settings.price_check and request.max_cost_minor is not None
        members = _purchase(request, self.settings, auto_confirm=not check)
        path = f"/{self.settings.mode}/transactions"
        response = yield self._post(path, members)
        if not check:
            return read_submit(response, context)
        return (yield from self._confirm_if_cheap(response, request, context))

    def _confirm_if_cheap(
        self, created: HttpResponse, request: SubmitRequest, context: Context
    ) -> Exchange[Answer]:
        """Confirm a created transaction whose price is right; an unconfirmed one never executes."""
        outcome = read_submit(created, context)
        strange = mismatch(outcome, request, self.expects(request))
        if outcome.kind is not AnswerKind.ACCEPTED or strange or not is_created(created):
            return outcome
        number = quote(outcome.upstream_no or "", safe="")
        if _is_too_dear(outcome, request):
            with contextlib.suppress(TransportFailure):  # It expires by itself, too.
                yield self._post(f"/transactions/{number}/cancel", {}, executes=False)
            return replace(outcome, kind=AnswerKind.REJECTED, reason=Reason.PRICE_CHANGED)
        response = yield self._post(f"/{self.settings.mode}/transactions/{number}/confirm", {})
        confirmed = read_submit(response, context)
        # The transaction exists, whatever refused its confirmation: only a query tells more.
        if confirmed.kind in {AnswerKind.NOT_SENT, AnswerKind.REJECTED}:
            return replace(confirmed, kind=AnswerKind.UNKNOWN, upstream_no=outcome.upstream_no)
        return confirmed

    # --- query ------------------------------------------------------------------------------------

    def query(self, request: QueryRequest, context: Context) -> Exchange[Answer]:
        """GET /transactions by external_id; an empty list is NOT_FOUND."""
        response = yield self._find(request.attempt_no)
        throttled = throttled_query(response, context.now)
        if throttled is not None:
            return throttled
        answer = read_json(response.body)
        if response.status != 200:
            return read_query_error(answer, response)
        if not isinstance(answer, list):
            raise ProtocolError("the answer is no list")
        return read_list(answer, request)

    def expects(self, ordered: Ordered) -> Expected:
        """All is echoed; the amount only where one was asked for."""
        product_id, ranged = split_product(ordered.product_id)
        party = self.settings.credit_party(ordered.account) if ordered.account else {}
        expected = Expected(
            order_no=ordered.attempt_no,
            account=next((value.lstrip("+") for value in party.values()), None),
            product=product_id or None,
        )
        if ranged is None:
            return expected
        currency = ranged.currency or ordered.currency
        return replace(expected, amount=written(ranged.amount, currency), currency=currency)

    # --- callback, balance, catalogue, cancel -----------------------------------------------------

    def parse_callback(self, call: CallbackRequest, now: float) -> CallbackEvent:  # noqa: ARG002
        """The transaction as JSON, unsigned: a hint, never trusted."""
        try:
            transaction = read_object(call.body)
        except ProtocolError:
            raise CallbackRefused("the callback is not JSON", status=400) from None
        attempt_no = as_text(transaction.get("external_id"))
        if attempt_no is None:
            raise CallbackRefused("the callback names no transaction", status=400)
        answer = read_transaction(transaction)
        return CallbackEvent(
            ack=Ack(status=204),
            attempt_no=attempt_no,
            answer=replace(answer, codes=()),
            holds_codes=bool(answer.codes),
        )

    def balance(self, context: Context) -> Exchange[Balance]:  # noqa: ARG002
        """GET /balances: `available` of our currency, else of the first one."""
        response = yield self._get("/balances")
        expect_ok(response)
        balances = as_objects(read_json(response.body))
        wanted = self.settings.currency
        for balance in balances:
            currency = as_text(balance.get("unit")) or ""
            amount_minor = to_minor(balance.get("available"), currency)
            if amount_minor is not None and wanted in ("", currency):
                return Balance(amount_minor=amount_minor, currency=currency)
        raise ProtocolError("the answer has no balance of ours")

    def catalog(self, cursor: str | None, context: Context) -> Exchange[CatalogPage]:  # noqa: ARG002
        """GET /products by pages of 100; the cursor is a page number."""
        page = as_int(cursor) or 1
        response = yield self._get("/products?" + urlencode({"page": page, "per_page": 100}))
        expect_ok(response)
        products = as_objects(read_json(response.body))
        pages = as_int(response.headers.get("x-total-pages", "")) or 1
        return CatalogPage(
            items=tuple(item for p in products if (item := _read_product(p)) is not None),
            next_cursor=str(page + 1) if products and page < pages else None,
        )

    def bill(self, day: date, cursor: str | None, context: Context) -> Exchange[BillPage]:  # noqa: ARG002
        """GET /transactions by pages of 100."""
        return read_page((yield self._get(page_path(cursor))), day, cursor)

    def cancel(self, request: CancelRequest, context: Context) -> Exchange[Cancellation]:  # noqa: ARG002
        """Only an unconfirmed transaction can be cancelled, and a submit confirms its own."""
        return answered(Cancellation.UNSUPPORTED)

    # --- requests ---------------------------------------------------------------------------------

    def _find(self, attempt_no: str) -> HttpRequest:
        return self._get("/transactions?" + urlencode({"external_id": attempt_no}))

    def _get(self, path: str) -> HttpRequest:
        return HttpRequest(
            method="GET",
            url=api_url(self.base_url) + path,
            headers={"authorization": self.settings.authorization(), "accept": "application/json"},
            response_bytes_max=8_388_608,
        )

    def _post(self, path: str, members: Mapping[str, Any], *, executes: bool = True) -> HttpRequest:
        return HttpRequest(
            method="POST",
            url=api_url(self.base_url) + path,
            headers={
                "authorization": self.settings.authorization(),
                "accept": "application/json",
                "content-type": "application/json",
            },
            body=compact_json(dict(members)).encode(),
            executes=executes,
            deadline_s=self.capabilities.deadline_s,
        )


def _purchase(
    request: SubmitRequest, settings: DtoneSettings, *, auto_confirm: bool
) -> dict[str, Any]:
    """The body of a create. `PRODUCT@AMOUNT` buys that much of a ranged product."""
    product_id, ranged = split_product(request.product_id)
    members: dict[str, Any] = {
        "external_id": request.attempt_no,
        "product_id": int(product_id) if product_id.isascii() and product_id.isdigit()
        else product_id,
        "auto_confirm": auto_confirm,
    }  # fmt: skip
    if request.account is not None:
        members["credit_party_identifier"] = settings.credit_party(request.account)
    if request.notify_url is not None:
        members["callback_url"] = request.notify_url
    if ranged is not None:
        currency = ranged.currency or request.currency
        amount = plain_number(ranged.amount, currency)
        members["calculation_mode"] = "DESTINATION_AMOUNT"
        members["destination"] = {"amount": amount, "unit": currency, "unit_type": "CURRENCY"}
    return members


def _is_too_dear(outcome: Answer, request: SubmitRequest) -> bool:
    """A price that cannot be compared counts as too dear: the operator asked for the check."""
    ceiling, price_minor = request.max_cost_minor, outcome.cost_minor
    if ceiling is None:
        return False
    return price_minor is None or outcome.currency != request.currency or price_minor > ceiling


def _read_product(product: Mapping[str, Any]) -> CatalogItem | None:
    product_id = as_text(product.get("id"))
    if product_id is None:
        return None
    wholesale = as_object(as_object(product.get("prices")).get("wholesale"))
    destination = as_object(product.get("destination"))
    currency = as_text(wholesale.get("unit")) or ""
    same_currency = as_text(destination.get("unit")) == currency
    return CatalogItem(
        product_id=product_id,
        name=as_text(product.get("name")) or product_id,
        kind="code" if "PIN" in (as_text(product.get("type")) or "") else "topup",
        face_minor=to_minor(destination.get("amount"), currency) if same_currency else None,
        cost_minor=to_minor(wholesale.get("amount"), currency),
        currency=currency,
        available=True,  # the list holds only what this account may buy
    )
