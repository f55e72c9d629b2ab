"""DT One's words: status classes, error codes, members. Pure; shared by connector and simulator.

Facts: the DVS API's public documentation (upstreams.md §1.4), and what clients were seen to do
(§9). *Assumption* marks the rest.
"""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from connectors.contract import AnswerKind, DeliveredCode, Reason
from connectors.echo import Echo
from connectors.loose import as_decimal, as_int, as_object, as_objects, as_text, to_minor
from connectors.secret import Secret
from connectors.settings import SettingsError

CREATED, CONFIRMED, REJECTED, CANCELLED, SUBMITTED, COMPLETED, REVERSED, DECLINED = (
    1, 2, 3, 4, 5, 7, 8, 9
)  # fmt: skip

# `status.class.id`; "program against the class, log the status". 7 can, rarely, become 8.
CLASSES: Final[Mapping[int, AnswerKind]] = {
    CREATED: AnswerKind.PROCESSING,
    CONFIRMED: AnswerKind.PROCESSING,
    REJECTED: AnswerKind.FAILED,  # refused by DT One
    CANCELLED: AnswerKind.CANCELLED,
    SUBMITTED: AnswerKind.PROCESSING,
    COMPLETED: AnswerKind.SUCCESS,
    REVERSED: AnswerKind.REVERSED,
    DECLINED: AnswerKind.FAILED,  # refused by the operator
}
CLASS_NAMES: Final[Mapping[int, str]] = {
    CREATED: "CREATED",
    CONFIRMED: "CONFIRMED",
    REJECTED: "REJECTED",
    CANCELLED: "CANCELLED",
    SUBMITTED: "SUBMITTED",
    COMPLETED: "COMPLETED",
    REVERSED: "REVERSED",
    DECLINED: "DECLINED",
}

EXTERNAL_ID_USED: Final = "1007001"
TRANSACTION_NOT_FOUND: Final = "1008004"
# Explicit refusals: nothing was executed. 1009001 and 1009503 prove nothing.
REJECTED_CODES: Final[Mapping[str, Reason]] = {
    "1000400": Reason.INVALID_REQUEST,
    "1000401": Reason.CREDENTIALS,
    "1006001": Reason.INSUFFICIENT_BALANCE,
}
REJECTED_FAMILIES: Final[Mapping[str, Reason]] = {
    "1003": Reason.PRODUCT_UNAVAILABLE,  # product unavailable, amount out of range
    "1005": Reason.INVALID_ACCOUNT,  # bad number
}

MOBILE_NUMBER: Final = re.compile(r"\+?\d{6,15}", re.ASCII)
PARTY_NAMES: Final = ("mobile_number", "account_number")
IDENTIFIERS: Final = ("auto", *PARTY_NAMES)
MODES: Final = ("async", "sync")


@dataclass(frozen=True, slots=True, kw_only=True)
class DtoneSettings:
    """`--set` names.

    `mode`: "async" (recommended), or "sync", where a call may hold for 180 s. `price_check`: with a
    highest cost, create unconfirmed, compare the price, then confirm or cancel (one more call).
    `identifier`: how the account is named, "auto" by its looks. `calling_code`: put before numbers
    without `+` (86 makes 138… into +86138…); without it they go out as they are.
    `currency`: which balance is ours, where there are several.
    """

    api_key: str
    api_secret: Secret
    mode: str = "async"
    price_check: bool = False
    identifier: str = "auto"
    calling_code: str = ""
    currency: str = ""

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise SettingsError(f"setting mode is one of {', '.join(MODES)}", "mode")
        if self.identifier not in IDENTIFIERS:
            raise SettingsError(
                f"setting identifier is one of {', '.join(IDENTIFIERS)}", "identifier"
            )

    def authorization(self) -> str:
        """The value of the `Authorization` header."""
        pair = f"{self.api_key}:{self.api_secret.reveal()}"
        return "Basic " + base64.b64encode(pair.encode()).decode()

    def credit_party(self, account: str) -> dict[str, str]:
        """`credit_party_identifier` of an account."""
        kind = self.identifier
        if kind == "auto":
            kind = "mobile_number" if MOBILE_NUMBER.fullmatch(account) else "account_number"
        if kind == "mobile_number" and self.calling_code and not account.startswith("+"):
            account = f"+{self.calling_code.lstrip('+')}{account}"
        return {kind: account}


def api_url(base_url: str) -> str:
    """The API's root: a bare host gets the documented `/v1`, a base URL with a path has it."""
    return base_url if urlsplit(base_url).path.strip("/") else f"{base_url}/v1"


def status_of(transaction: Mapping[str, Any]) -> tuple[AnswerKind, str]:
    """A transaction's state by its class, and the status' own words; unknown is PROCESSING."""
    status = as_object(transaction.get("status"))
    class_no = as_int(as_object(status.get("class")).get("id"))
    kind = CLASSES.get(class_no, AnswerKind.PROCESSING) if class_no else AnswerKind.PROCESSING
    return kind, as_text(status.get("message")) or ""


def price_of(transaction: Mapping[str, Any]) -> tuple[int | None, str | None]:
    """The wholesale price in minor units, and its currency; (None, None) if it is not told."""
    wholesale = as_object(as_object(transaction.get("prices")).get("wholesale"))
    currency = as_text(wholesale.get("unit"))
    if currency is None:
        return None, None
    return to_minor(wholesale.get("amount"), currency), currency


def pin_of(transaction: Mapping[str, Any]) -> tuple[DeliveredCode, ...]:
    """The PIN of a PIN product. `serial` only names the card, it redeems nothing."""
    pin = as_object(transaction.get("pin"))
    code = as_text(pin.get("code"))
    return (DeliveredCode(code=Secret(code)),) if code else ()


def echo_of(transaction: Mapping[str, Any]) -> Echo:
    """What a transaction says it is about; a number is told with or without its `+`."""
    party = as_object(transaction.get("credit_party_identifier"))
    accounts = (as_text(party.get(name)) for name in PARTY_NAMES)
    account = next((each for each in accounts if each is not None), None)
    requested = as_object(as_object(transaction.get("requested_values")).get("destination"))
    return Echo(
        order_no=as_text(transaction.get("external_id")),
        account=None if account is None else account.lstrip("+"),
        product=as_text(as_object(transaction.get("product")).get("id")),
        amount=as_decimal(requested.get("amount")),
        currency=as_text(requested.get("unit")),
    )


def errors_of(answer: object) -> list[tuple[str, str]]:
    """The `(code, message)` pairs of an error body; empty for anything else."""
    errors = as_objects(as_object(answer).get("errors"))
    return [
        (code, as_text(error.get("message")) or "")
        for error in errors
        if (code := as_text(error.get("code"))) is not None
    ]


def refusal_reason(code: str) -> Reason | None:
    """Why a code is an explicit refusal; None if it proves nothing."""
    return REJECTED_CODES.get(code) or REJECTED_FAMILIES.get(code[:4])
