"""How the simulated DingConnect says no, and what its UAT numbers ask for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from connectors.dingconnect.wire import DUPLICATE, INVALID, RATE_LIMITED, REFUSED, TRANSIENT
from connectors.simulation.behaviour import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Error:
    """One of the platform's errors: HTTP status, ResultCode, code, context."""

    status: int
    result_code: int
    code: str
    context: str = ""


REFUSALS: Final[Mapping[Refusal, Error]] = {
    Refusal.PRODUCT: Error(status=200, result_code=REFUSED, code="ProductUnavailable"),
    Refusal.UNKNOWN_PRODUCT: Error(
        status=400, result_code=INVALID, code="ParameterInvalid", context="SkuCode"
    ),
    Refusal.PRICE: Error(
        status=400, result_code=INVALID, code="ParameterOutOfRange", context="SendValue"
    ),
    Refusal.ACCOUNT: Error(status=200, result_code=INVALID, code="AccountNumberInvalid"),
    # Seen in practice: this business error comes with HTTP 500.
    Refusal.BALANCE: Error(status=500, result_code=REFUSED, code="InsufficientBalance"),
    Refusal.CREDENTIALS: Error(status=401, result_code=REFUSED, code="AuthenticationFailed"),
    Refusal.TOKEN_EXPIRED: Error(status=401, result_code=REFUSED, code="AuthenticationFailed"),
    Refusal.THROTTLED: Error(status=429, result_code=TRANSIENT, code=RATE_LIMITED),
    Refusal.DUPLICATE: Error(status=200, result_code=REFUSED, code=DUPLICATE),
    Refusal.INVALID: Error(status=400, result_code=INVALID, code="ParameterInvalid"),
}

# UAT: what the tail of a UatNumber asks for.
UAT: Final[Mapping[str, Error]] = {
    "001": Error(status=200, result_code=TRANSIENT, code=RATE_LIMITED),
    "002": Error(status=200, result_code=REFUSED, code="ProviderTimedOut"),
    "003": Error(status=200, result_code=TRANSIENT, code="ProviderRefusedRequest"),
    "004": REFUSALS[Refusal.PRODUCT],
    "005": REFUSALS[Refusal.ACCOUNT],
    "007": REFUSALS[Refusal.BALANCE],
    "008": Error(status=200, result_code=INVALID, code="AccountNumberFailedRegex"),
    "009": Error(status=200, result_code=REFUSED, code="RechargeNotAllowed"),
}
