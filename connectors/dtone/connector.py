"""Buys at DT One: top-ups and PINs, one per transaction. Pure: no I/O, no clock.

`external_id` is unique at the platform, for ever: a second submit is refused with 1007001, which
says that the first one arrived, not what became of it. Callbacks carry no signature: the secret is
in the URL's path, and every callback is confirmed by a query.
"""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, TypeAlias
from urllib.parse import quote, urlencode

from connectors.answer import (
    expect_ok,
    throttled_outcome,
    throttled_state,
    unknown_outcome,
    unknown_state,
)
from connectors.contract import (
    Ack,
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
    HttpRequest,
    HttpResponse,
    Outcome,
    OutcomeKind,
    ProtocolError,
    QueryKind,
    QueryRequest,
    QueryState,
    Reason,
    SubmitRequest,
    TransportFailure,
    answered,
)
from connectors.denomination import plain_number, split_product
from connectors.dtone.statement import page_path, read_page
from connectors.dtone.wire import (
    CREATED,
    EXTERNAL_ID_USED,
    TRANSACTION_NOT_FOUND,
    DtoneSettings,
    api_url,
    cost_minor,
    errors_of,
    pin_of,
    refusal_reason,
    speaks_of,
    status_of,
)
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
from connectors.statement import StatementPage

_Identified: TypeAlias = SubmitRequest | QueryRequest

CAPABILITIES = Capabilities(
    idempotent_submit=True,  # external_id is unique: 1007001
    resend_allowed=True,
    supports_codes=True,
    knows_reversal=True,
    quantity_max=1,
)
SYNC_DEADLINE_S = 185.0  # documented: a synchronous call may be held up to 180 s
SYNC_CAPABILITIES = replace(CAPABILITIES, deadline_s=SYNC_DEADLINE_S)

# What a transaction's state says when it is the answer of its own submit.
SUBMIT_KINDS: Mapping[QueryKind, OutcomeKind] = {
    QueryKind.SUCCESS: OutcomeKind.SUCCESS,
    QueryKind.FAILED: OutcomeKind.REJECTED,
    QueryKind.CANCELLED: OutcomeKind.REJECTED,
}


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

    def submit(self, request: SubmitRequest, context: Context) -> Exchange[Outcome]:
        """Create and confirm a transaction; with `price_check` in two steps, the price between."""
        if request.quantity != 1:
            return Outcome(
                kind=OutcomeKind.REJECTED,
                reason=Reason.INVALID_REQUEST,
                message="a transaction is one top-up",
            )
        check = self.settings.price_check and request.max_cost_minor is not None
        members = _purchase(request, self.settings, auto_confirm=not check)
        path = f"/{self.settings.mode}/transactions"
        response = yield self._post(path, members)
        if not check:
            return self._read_submit(response, request, context)
        return (yield from self._confirm_if_cheap(response, request, context))

    def _confirm_if_cheap(
        self, created: HttpResponse, request: SubmitRequest, context: Context
    ) -> Exchange[Outcome]:
        """Confirm a created transaction whose price is right; an unconfirmed one never executes."""
        outcome = self._read_submit(created, request, context)
        if outcome.kind is not OutcomeKind.ACCEPTED or not _is_created(created):
            return outcome
        number = quote(outcome.upstream_no or "", safe="")
        if _is_too_dear(outcome, request):
            with contextlib.suppress(TransportFailure):  # It expires by itself, too.
                yield self._post(f"/transactions/{number}/cancel", {}, executes=False)
            return replace(outcome, kind=OutcomeKind.REJECTED, reason=Reason.PRICE_CHANGED)
        response = yield self._post(f"/{self.settings.mode}/transactions/{number}/confirm", {})
        confirmed = self._read_submit(response, request, context)
        # The transaction exists, whatever refused its confirmation: only a query tells more.
        if confirmed.kind in {OutcomeKind.NOT_SENT, OutcomeKind.REJECTED}:
            return replace(confirmed, kind=OutcomeKind.UNKNOWN, upstream_no=outcome.upstream_no)
        return confirmed

    def _read_submit(
        self, response: HttpResponse, request: SubmitRequest, context: Context
    ) -> Outcome:
        throttled = throttled_outcome(response, context.now)
        if throttled is not None:
            return throttled
        try:
            answer = read_json(response.body)
        except ProtocolError as error:
            answer, unreadable = {}, str(error)
        else:
            unreadable = ""
        if response.status in {200, 201, 202}:
            return self._read_accepted(as_object(answer), request, response, unreadable)
        return _read_refused(answer, response, unreadable)

    def _read_accepted(
        self,
        transaction: Mapping[str, Any],
        request: SubmitRequest,
        response: HttpResponse,
        unreadable: str,
    ) -> Outcome:
        if as_text(transaction.get("id")) is None or "status" not in transaction:
            return unknown_outcome(response, unreadable or "the answer is no transaction")
        if not self._speaks_of(transaction, request):
            return Outcome(kind=OutcomeKind.UNKNOWN, reason=Reason.ECHO_MISMATCH)
        state, word = status_of(transaction)
        codes = pin_of(transaction) if state is QueryKind.SUCCESS else ()
        kind = SUBMIT_KINDS.get(state, OutcomeKind.ACCEPTED)
        if kind is OutcomeKind.SUCCESS and request.account is None and not codes:
            kind = OutcomeKind.ACCEPTED
        return Outcome(
            kind=kind,
            upstream_no=as_text(transaction.get("id")),
            cost_minor=cost_minor(transaction, request.currency),
            delivered_quantity=1 if kind is OutcomeKind.SUCCESS else None,
            codes=codes,
            reason=Reason.OTHER if kind is OutcomeKind.REJECTED else None,
            code=word,
        )

    # --- query ------------------------------------------------------------------------------------

    def query(self, request: QueryRequest, context: Context) -> Exchange[QueryState]:
        """GET /transactions by external_id; an empty list is NOT_FOUND."""
        response = yield self._find(request.attempt_no)
        throttled = throttled_state(response, context.now)
        if throttled is not None:
            return throttled
        answer = read_json(response.body)
        if response.status != 200:
            return _read_query_error(answer, response)
        if not isinstance(answer, list):
            raise ProtocolError("the answer is no list")
        return self._read_list(answer, request)

    def _read_list(self, answer: list[Any], request: QueryRequest) -> QueryState:
        transactions = as_objects(answer)
        ours = [t for t in transactions if as_text(t.get("external_id")) == request.attempt_no]
        if not answer:
            return QueryState(kind=QueryKind.NOT_FOUND)
        if not ours:
            return unknown_state("another order was answered", reason=Reason.ECHO_MISMATCH)
        if len(ours) > 1:
            return unknown_state("several transactions under our number", reason=Reason.DUPLICATE)
        return self._read_transaction(ours[0], request)

    def _read_transaction(
        self, transaction: Mapping[str, Any], request: QueryRequest
    ) -> QueryState:
        if not self._speaks_of(transaction, request):
            return unknown_state("another order was answered", reason=Reason.ECHO_MISMATCH)
        kind, word = status_of(transaction)
        codes = pin_of(transaction) if kind is QueryKind.SUCCESS else ()
        reason = None
        if kind is QueryKind.SUCCESS and request.account is None and not codes:
            kind, reason = QueryKind.PROCESSING, Reason.CODES_MISSING
        return QueryState(
            kind=kind,
            upstream_no=as_text(transaction.get("id")),
            cost_minor=cost_minor(transaction, request.currency),
            delivered_quantity=1 if kind is QueryKind.SUCCESS else None,
            codes=codes,
            reason=reason,
            code=word,
        )

    def _speaks_of(self, transaction: Mapping[str, Any], request: _Identified) -> bool:
        party = self.settings.credit_party(request.account) if request.account else {}
        return speaks_of(transaction, request.attempt_no, request.product_id, party)

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
        kind, word = status_of(transaction)
        return CallbackEvent(
            ack=Ack(status=204),
            attempt_no=attempt_no,
            upstream_no=as_text(transaction.get("id")),
            hint=kind,
            holds_codes=bool(pin_of(transaction)),
            message=word,
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

    def statement(self, day: date, cursor: str | None, context: Context) -> Exchange[StatementPage]:  # noqa: ARG002
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


def _read_refused(answer: object, response: HttpResponse, unreadable: str) -> Outcome:
    """An error body: refused only if every code in it is an explicit refusal."""
    errors = errors_of(answer)
    reasons = [refusal_reason(code) for code, _ in errors]
    code, message = errors[0] if errors else (str(response.status), unreadable)
    if not errors and response.status in {401, 403}:
        reasons = [Reason.CREDENTIALS]
    if reasons and reasons[0] is not None and None not in reasons:
        return Outcome(kind=OutcomeKind.REJECTED, reason=reasons[0], code=code, message=message)
    reason = Reason.DUPLICATE if code == EXTERNAL_ID_USED else Reason.UNREADABLE
    return Outcome(kind=OutcomeKind.UNKNOWN, reason=reason, code=code, message=message)


def _read_query_error(answer: object, response: HttpResponse) -> QueryState:
    """NOT_FOUND only by the platform's own word for it; a bare 404 may be a wrong base URL."""
    errors = errors_of(answer)
    if response.status == 404 and {code for code, _ in errors} == {TRANSACTION_NOT_FOUND}:
        return QueryState(kind=QueryKind.NOT_FOUND, code=TRANSACTION_NOT_FOUND)
    code, message = errors[0] if errors else (str(response.status), "")
    return unknown_state(message, reason=Reason.OTHER, code=code)


def _is_created(response: HttpResponse) -> bool:
    status = as_object(read_object(response.body).get("status"))
    return as_int(as_object(status.get("class")).get("id")) == CREATED


def _is_too_dear(outcome: Outcome, request: SubmitRequest) -> bool:
    """A price that cannot be compared counts as too dear: the operator asked for the check."""
    ceiling = request.max_cost_minor
    return ceiling is not None and (outcome.cost_minor is None or outcome.cost_minor > ceiling)


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
