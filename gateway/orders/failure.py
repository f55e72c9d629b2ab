"""Why an order did not end in full, as partners are told: a code of api.md, a sentence of ours.

What the database keeps of it is for operators: our reasons, the upstream's own codes and words,
names that older versions used. None of that leaves us: an upstream's words may speak of our wallet
or our key. Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import orjson

from gateway.orders.rules import OrderState


class FailureCode(StrEnum):
    """All there are; partners may program against each."""

    REJECTED = "rejected"
    INVALID_ACCOUNT = "invalid-account"
    PRODUCT_UNAVAILABLE = "product-unavailable"
    PRICE_CHANGED = "price-changed"
    CANCELLED = "cancelled"
    REVERSED = "reversed"
    NOT_SENT = "not-sent"
    PARTLY_DELIVERED = "partly-delivered"
    OTHER = "other"


DETAILS: Final[Mapping[FailureCode, str]] = {
    FailureCode.REJECTED: "The order was not accepted, or not carried out.",
    FailureCode.INVALID_ACCOUNT: "The account cannot be topped up.",
    FailureCode.PRODUCT_UNAVAILABLE: "The product cannot be had now.",
    FailureCode.PRICE_CHANGED: "The price of the product has changed.",
    FailureCode.CANCELLED: "The order was cancelled.",
    FailureCode.REVERSED: "What was delivered was taken back.",
    FailureCode.NOT_SENT: "The order could not be passed on.",
    FailureCode.PARTLY_DELIVERED: "A part was delivered; the rest was refunded.",
    FailureCode.OTHER: "The order could not be delivered.",
}

# What is kept of a failed order, as far as it says more than that it failed: a connector's reason,
# or our own word. Our money at the upstream and our keys are nobody's business: `other`.
OF_KEPT: Final[Mapping[str, FailureCode]] = {
    "product-unavailable": FailureCode.PRODUCT_UNAVAILABLE,
    "invalid-account": FailureCode.INVALID_ACCOUNT,
    "price-changed": FailureCode.PRICE_CHANGED,
    "cancelled": FailureCode.CANCELLED,
    "not-sent": FailureCode.NOT_SENT,
    "connection": FailureCode.NOT_SENT,
    "rate-limited": FailureCode.NOT_SENT,
    "insufficient-balance": FailureCode.OTHER,
    "credentials": FailureCode.OTHER,
    "resolved": FailureCode.OTHER,
    "other": FailureCode.OTHER,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What a partner is told."""

    code: FailureCode

    @property
    def detail(self) -> str:
        """The code's sentence."""
        return DETAILS[self.code]


def failure_of(state: str, kept: str | None) -> Failure | None:
    """What a partner is told of an order in this state; `kept` is what the database has of it, as
    JSON, whoever wrote it and when. None: there is nothing to tell.
    """
    if kept is None:
        return None
    match state:
        case OrderState.PARTIAL:
            return Failure(code=FailureCode.PARTLY_DELIVERED)
        case OrderState.REVERSED:
            return Failure(code=FailureCode.REVERSED)
        case _:
            return Failure(code=OF_KEPT.get(_code(kept), FailureCode.REJECTED))


def _code(kept: str) -> str:
    try:
        members = orjson.loads(kept)
    except orjson.JSONDecodeError:
        return ""
    code = members.get("code") if isinstance(members, dict) else None
    return code if isinstance(code, str) else ""
