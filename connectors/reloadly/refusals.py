"""How the simulated Reloadly says no. Codes and texts of its reference where there are any."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from connectors.simulation.behaviour import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Error:
    """One of the platform's errors."""

    status: int
    code: str | None
    message: str


REFUSALS: Final[Mapping[Refusal, Error]] = {
    Refusal.PRODUCT: Error(
        status=400,
        code="OPERATOR_UNAVAILABLE_OR_CURRENTLY_INACTIVE",
        message="The operator is unavailable or currently inactive",
    ),
    # Its reference shows a 404 of an operator with errorCode null.
    Refusal.UNKNOWN_PRODUCT: Error(status=404, code=None, message="Operator not found"),
    Refusal.PRICE: Error(
        status=400, code="INVALID_AMOUNT_FOR_OPERATOR", message="Invalid amount for operator"
    ),
    Refusal.ACCOUNT: Error(
        status=400, code="INVALID_RECIPIENT_PHONE", message="Invalid recipient phone"
    ),
    Refusal.BALANCE: Error(
        status=400, code="INSUFFICIENT_BALANCE", message="Insufficient funds in the wallet"
    ),
    Refusal.CREDENTIALS: Error(status=401, code="INVALID_TOKEN", message="Full authentication"),
    Refusal.TOKEN_EXPIRED: Error(status=401, code="TOKEN_EXPIRED", message="The token has expired"),
    Refusal.THROTTLED: Error(status=429, code="RATE_LIMIT_REACHED", message="Too many requests"),
    Refusal.DUPLICATE: Error(
        status=400,
        code="CUSTOM_IDENTIFIER_ALREADY_USED",
        message="The custom identifier has already been used",
    ),
    Refusal.INVALID: Error(status=400, code=None, message="The request cannot be read"),
}
RECENTLY_RECHARGED: Final = Error(
    status=400, code="PHONE_RECENTLY_RECHARGED", message="The phone was recharged within 2 minutes"
)
WRONG_CLIENT: Final = Error(status=401, code="INVALID_CREDENTIALS", message="Access denied")
NOT_FOUND: Final = Error(status=404, code=None, message="Not found")
