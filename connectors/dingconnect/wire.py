"""DingConnect's words: envelope, error codes, states. Pure; shared by connector and simulator.

Facts: the API's public documentation (upstreams.md §1.5), and what was seen on the wire (§9): the
HTTP status says little (InsufficientBalance is a 500), the ErrorCodes say all.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlsplit

from connectors.contract import AnswerKind, DeliveredCode, Reason
from connectors.echo import Echo
from connectors.exchange import ProtocolError
from connectors.loose import (
    as_decimal,
    as_int,
    as_object,
    as_objects,
    as_text,
    read_object,
    to_minor,
)
from connectors.secret import Secret

# `ProcessingState` of a TransferRecord.
STATES: Final[Mapping[str, AnswerKind]] = {
    "submitted": AnswerKind.PROCESSING,
    "processing": AnswerKind.PROCESSING,
    "complete": AnswerKind.SUCCESS,
    "failed": AnswerKind.FAILED,
    "cancelled": AnswerKind.CANCELLED,
    "cancelling": AnswerKind.PROCESSING,
}

# `ResultCode`: 1 ok, 2 partial (NearestMatch), 3 transient, 4 invalid, 5 refused.
OK, PARTIAL, TRANSIENT, INVALID, REFUSED = 1, 2, 3, 4, 5

RATE_LIMITED: Final = "RateLimited"
# Says that a transfer like this one was made before, not what became of it.
DUPLICATE: Final = "DuplicateTransactionPrevented"
REJECTED_CODES: Final[Mapping[str, Reason]] = {
    "AccountNumberInvalid": Reason.INVALID_ACCOUNT,
    "AccountNumberFailedRegex": Reason.INVALID_ACCOUNT,
    "RechargeNotAllowed": Reason.INVALID_ACCOUNT,
    "InsufficientBalance": Reason.INSUFFICIENT_BALANCE,
    "ParameterInvalid": Reason.INVALID_REQUEST,
    "ParameterOutOfRange": Reason.INVALID_REQUEST,
    "ProductUnavailable": Reason.PRODUCT_UNAVAILABLE,
    "ProviderRefusedRequest": Reason.OTHER,
    "ProviderTimedOut": Reason.OTHER,  # documented: failed after 90 s and not charged
}

# Documented: PIN products are bought for this account.
PIN_ACCOUNT: Final = "0000000000"


@dataclass(frozen=True, slots=True, kw_only=True)
class DingconnectSettings:
    """`--set` names."""

    api_key: Secret


def api_url(base_url: str) -> str:
    """The API's root: a bare host gets the documented `/api/V1`, a URL with a path has it."""
    return base_url if urlsplit(base_url).path.strip("/") else f"{base_url}/api/V1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """An answer: its result, its error codes, and all of its members."""

    result_code: int | None
    errors: tuple[tuple[str, str], ...]
    members: Mapping[str, Any]

    @property
    def code(self) -> str:
        """The first error code; empty if there is none."""
        return self.errors[0][0] if self.errors else ""

    @property
    def message(self) -> str:
        """Codes with their contexts, for the log."""
        return ", ".join(f"{code} {context}".strip() for code, context in self.errors)


def read_envelope(body: bytes) -> Envelope:
    """Read an answer whatever its HTTP status; raises `ProtocolError` if it is none."""
    members = read_object(body)
    errors = tuple(
        (code, as_text(error.get("Context")) or "")
        for error in as_objects(members.get("ErrorCodes"))
        if (code := as_text(error.get("Code"))) is not None
    )
    result_code = as_int(members.get("ResultCode"))
    if result_code is None and not errors:
        raise ProtocolError("the answer has no ResultCode")
    return Envelope(result_code=result_code, errors=errors, members=members)


def account_number(account: str | None) -> str:
    """An account as the platform wants it: without `+`; none for a PIN."""
    return PIN_ACCOUNT if account is None else account.strip().lstrip("+")


def state_of(record: Mapping[str, Any]) -> tuple[AnswerKind, str]:
    """A record's state and the platform's word for it; an unknown word is PROCESSING."""
    word = as_text(record.get("ProcessingState")) or ""
    return STATES.get(word.lower(), AnswerKind.PROCESSING), word


def transfer_ref(record: Mapping[str, Any]) -> str | None:
    """The platform's number of a transfer; "0" stands for none."""
    number = as_text(as_object(record.get("TransferId")).get("TransferRef"))
    return None if number == "0" else number


def distributor_ref(record: Mapping[str, Any]) -> str | None:
    """Our number, as the platform echoes it."""
    return as_text(as_object(record.get("TransferId")).get("DistributorRef"))


def echo_of(record: Mapping[str, Any]) -> Echo:
    """What a record says it is about; the amount is what was sent, without our fee."""
    number = as_text(record.get("AccountNumber"))
    price = as_object(record.get("Price"))
    return Echo(
        order_no=distributor_ref(record),
        account=None if number is None else number.lstrip("+"),
        product=as_text(record.get("SkuCode")),
        amount=as_decimal(price.get("SendValue")),
        currency=as_text(price.get("SendCurrencyIso")),
    )


def cost_of(record: Mapping[str, Any]) -> tuple[int | None, str | None]:
    """What the transfer cost us, in minor units, and its currency: sent value and our fee, less
    the commission; (None, None) if it is not told.
    """
    price = as_object(record.get("Price"))
    sent, currency = as_decimal(price.get("SendValue")), as_text(price.get("SendCurrencyIso"))
    if sent is None or currency is None:
        return None, None
    fee = as_decimal(price.get("DistributorFee")) or Decimal(0)
    commission = as_decimal(record.get("CommissionApplied")) or Decimal(0)
    return to_minor(sent + fee - commission, currency), currency


def pin_of(record: Mapping[str, Any]) -> tuple[DeliveredCode, ...]:
    """The PIN of a ReadReceipt product, from the receipt's parameters."""
    receipt = as_object(record.get("ReceiptParams"))
    pins = [as_text(value) for name, value in receipt.items() if name.lower() == "pin"]
    return tuple(DeliveredCode(code=Secret(pin)) for pin in pins if pin)
