"""Buys at DingConnect: one SKU, one account, one amount. Pure: no I/O, no clock.

The platform does not de-duplicate: the same DistributorRef was accepted and paid twice (§9). So a
submit goes out once, waits longer than the platform's own 90 s, and whatever is not answered is
asked about by ListTransferRecords. There are no callbacks in v1.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from connectors.answer import (
    no_news,
    throttled_query,
)
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
    CatalogItem,
    CatalogPage,
    Context,
    Exchange,
    Ordered,
    QueryRequest,
    Reason,
    SubmitRequest,
)
from connectors.denomination import Denomination, plain_number, split_product, written
from connectors.dingconnect.bill import page_members, read_page
from connectors.dingconnect.reading import read_answer, read_ok, read_records
from connectors.dingconnect.wire import (
    OK,
    PARTIAL,
    DingconnectSettings,
    account_number,
    api_url,
    read_envelope,
)
from connectors.echo import Expected
from connectors.exchange import HttpRequest, ProtocolError
from connectors.loose import as_decimal, as_object, as_objects, as_text, to_major, to_minor
from connectors.signing import compact_json

SUBMIT_DEADLINE_S = 95.0  # the platform answers within 90 s, with ProviderTimedOut if need be
CAPABILITIES = Capabilities(
    idempotent_submit=False,
    resend_allowed=False,
    finality_window_s=180.0,  # twice the 90 s a transfer may take
    poll_plan_s=(2, 5, 10, 30, 60),
    deadline_s=SUBMIT_DEADLINE_S,
    callbacks=False,
    supports_codes=True,
    supports_cancel=True,
    quantity_max=1,
)
RECORDS_ASKED = 10  # of one DistributorRef; more than one already means something went wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class Dingconnect:
    """One DingConnect distributor account."""

    base_url: str
    settings: DingconnectSettings

    @property
    def name(self) -> str:
        """The connector's name in the registry."""
        return "dingconnect"

    @property
    def capabilities(self) -> Capabilities:
        """What the gateway may rely on."""
        return CAPABILITIES

    # --- submit -----------------------------------------------------------------------------------

    def submit(self, request: SubmitRequest, context: Context) -> Exchange[Answer]:
        """SendTransfer, once. The amount is the one in the product id (`SKU@AMOUNT`), else the
        face, else that of a SKU which has only one.
        """
        if request.quantity != 1:
            return _refuse("a transfer is one top-up")
        sku, amount = _amount_of(request)
        if amount is None:
            amount = yield from self._only_amount(sku)
        if amount is None:
            return _refuse("no amount: give the SKU a face value, or write SKU@AMOUNT")
        response = yield self._post("SendTransfer", _transfer(request, sku, amount), executes=True)
        return read_answer(response, context)

    def _only_amount(self, sku: str) -> Exchange[Denomination | None]:
        """The amount of a SKU whose minimum is its maximum; None of any other."""
        response = yield self._get("GetProducts", {"skuCodes": sku})
        for product in as_objects(read_ok(response).members.get("Items")):
            lowest, highest = as_object(product.get("Minimum")), as_object(product.get("Maximum"))
            value = as_decimal(lowest.get("SendValue"))
            if as_text(product.get("SkuCode")) == sku and value is not None:
                fixed = value == as_decimal(highest.get("SendValue"))
                currency = as_text(lowest.get("SendCurrencyIso"))
                return Denomination(amount=value, currency=currency) if fixed else None
        return None

    # --- query ------------------------------------------------------------------------------------

    def query(self, request: QueryRequest, context: Context) -> Exchange[Answer]:
        """ListTransferRecords by our number; nothing found is NOT_FOUND."""
        members: dict[str, Any] = {"DistributorRef": request.attempt_no, "Take": RECORDS_ASKED}
        if request.account is not None:
            members["AccountNumber"] = account_number(request.account)
        response = yield self._post("ListTransferRecords", members)
        throttled = throttled_query(response, context.now)
        if throttled is not None:
            return throttled
        envelope = read_envelope(response.body)
        items = envelope.members.get("Items")
        if envelope.result_code not in {OK, PARTIAL} or not isinstance(items, list):
            return no_news(envelope.message, reason=Reason.OTHER, code=envelope.code)
        if not items and (envelope.result_code != OK or envelope.errors or response.status != 200):
            return no_news(envelope.message, reason=Reason.OTHER, code=envelope.code)
        return read_records(items, request.attempt_no)

    def expects(self, ordered: Ordered) -> Expected:
        """All is echoed; the amount is known unless the SKU has only one."""
        sku, amount = _amount_of(ordered)
        return Expected(
            order_no=ordered.attempt_no,
            account=None if ordered.account is None else account_number(ordered.account),
            product=sku or None,
            amount=None
            if amount is None
            else written(amount.amount, amount.currency or ordered.currency),
            currency=None if amount is None else amount.currency,
        )

    def parse_callback(self, call: CallbackRequest, now: float) -> CallbackEvent:  # noqa: ARG002
        """The payload of the platform's webhook is not confirmed: nothing is believed."""
        raise CallbackRefused("this platform has no callbacks", status=404)

    # --- balance, catalogue, cancel ---------------------------------------------------------------

    def balance(self, context: Context) -> Exchange[Balance]:  # noqa: ARG002
        """GetBalance, in the account's own currency."""
        response = yield self._get("GetBalance")
        members = read_ok(response).members
        currency = as_text(members.get("CurrencyIso")) or ""
        amount_minor = to_minor(members.get("Balance"), currency)
        if amount_minor is None:
            raise ProtocolError("the answer has no balance")
        return Balance(amount_minor=amount_minor, currency=currency)

    def catalog(self, cursor: str | None, context: Context) -> Exchange[CatalogPage]:  # noqa: ARG002
        """GetProducts, which has no pages; the platform asks for once a day."""
        response = yield self._get("GetProducts")
        products = as_objects(read_ok(response).members.get("Items"))
        return CatalogPage(
            items=tuple(item for p in products if (item := _read_product(p)) is not None)
        )

    def bill(self, day: date, cursor: str | None, context: Context) -> Exchange[BillPage]:  # noqa: ARG002
        """ListTransferRecords by pages of 100."""
        response = yield self._post("ListTransferRecords", page_members(cursor))
        return read_page(read_ok(response), day, cursor)

    def cancel(self, request: CancelRequest, context: Context) -> Exchange[Cancellation]:  # noqa: ARG002
        """CancelTransfers with one item: possible only for deferred and batch transfers."""
        transfer_id = {"DistributorRef": request.attempt_no}
        if request.upstream_no is not None:
            transfer_id["TransferRef"] = request.upstream_no
        batch = [{"TransferId": transfer_id, "BatchItemRef": request.attempt_no}]
        response = yield self._post("CancelTransfers", batch)
        envelope = read_envelope(response.body)
        words = {
            (as_text(item.get("ProcessingState")) or "").lower()
            for item in as_objects(envelope.members.get("Items"))
        }
        taken = bool(words & {"cancelling", "cancelled"})
        return Cancellation.REQUESTED if taken else Cancellation.REFUSED

    # --- requests ---------------------------------------------------------------------------------

    def _get(self, operation: str, query: Mapping[str, str] | None = None) -> HttpRequest:
        url = f"{api_url(self.base_url)}/{operation}"
        return HttpRequest(
            method="GET",
            url=f"{url}?{urlencode(query)}" if query else url,
            headers=self._headers(),
            response_bytes_max=67_108_864,  # the whole catalogue comes in one answer
        )

    def _post(self, operation: str, members: Any, *, executes: bool = False) -> HttpRequest:
        return HttpRequest(
            method="POST",
            url=f"{api_url(self.base_url)}/{operation}",
            headers={**self._headers(), "content-type": "application/json"},
            body=compact_json(members).encode(),
            executes=executes,
            deadline_s=SUBMIT_DEADLINE_S if executes else 20.0,
        )

    def _headers(self) -> dict[str, str]:
        return {"api_key": self.settings.api_key.reveal(), "accept": "application/json"}


def _transfer(request: SubmitRequest, sku: str, amount: Denomination) -> dict[str, Any]:
    """The body of SendTransfer. `ValidateOnly` must be spelled out; `params` become Settings."""
    extras = {name: value for name, value in request.params.items() if name != "BillRef"}
    currency = amount.currency
    members: dict[str, Any] = {
        "SkuCode": sku,
        "SendValue": plain_number(amount.amount, currency or request.currency),
        "AccountNumber": account_number(request.account),
        "DistributorRef": request.attempt_no,
        "Settings": [{"Name": name, "Value": value} for name, value in extras.items()],
        "ValidateOnly": False,
    }
    if currency is not None:
        members["SendCurrencyIso"] = currency
    if "BillRef" in request.params:
        members["BillRef"] = request.params["BillRef"]
    return members


def _amount_of(ordered: Ordered) -> tuple[str, Denomination | None]:
    """The SKU and the amount to send: the one in the product id (`SKU@AMOUNT`), else the face.

    The currency of a face is always spelled out: in another one the same number is another sum.
    """
    sku, amount = split_product(ordered.product_id)
    if amount is None and ordered.face_minor is not None:
        face = to_major(ordered.face_minor, ordered.currency)
        amount = Denomination(amount=face, currency=ordered.currency)
    return sku, amount


def _refuse(message: str) -> Answer:
    return Answer(kind=AnswerKind.REJECTED, reason=Reason.INVALID_REQUEST, message=message)


def _read_product(product: Mapping[str, Any]) -> CatalogItem | None:
    sku = as_text(product.get("SkuCode"))
    if sku is None:
        return None
    lowest, highest = as_object(product.get("Minimum")), as_object(product.get("Maximum"))
    currency = as_text(lowest.get("SendCurrencyIso")) or ""
    value = as_decimal(lowest.get("SendValue"))
    fixed = value is not None and value == as_decimal(highest.get("SendValue"))
    share = 1 - (as_decimal(product.get("CommissionRate")) or Decimal(0))
    return CatalogItem(
        product_id=sku,
        name=as_text(product.get("DefaultDisplayText")) or sku,
        kind="code" if product.get("RedemptionMechanism") == "ReadReceipt" else "topup",
        face_minor=to_minor(value, currency) if fixed else None,
        cost_minor=to_minor(value * share, currency) if fixed and value is not None else None,
        currency=currency,
        available=True,  # GetProducts lists only what is on sale
    )
