"""Why a line is no order: the intake's outcomes in the order path's reasons. Pure."""

from collections.abc import Mapping
from typing import Final

from gateway.orders.line import Answered
from gateway.orders.refusal import Reason, Refusal
from gateway.orders.rules import LineOutcome

# What the intake says of a line that is no order; REFUSED brings the rule's own refusal along.
REASONS: Final[Mapping[LineOutcome, Reason]] = {
    LineOutcome.CONFLICT: Reason.CONFLICT,
    LineOutcome.INSUFFICIENT_BALANCE: Reason.INSUFFICIENT_BALANCE,
    LineOutcome.PURCHASE_LIMIT: Reason.QUOTA,
    LineOutcome.UNITS_ELSEWHERE: Reason.BUSY,  # it is tried again, and busy if that leads nowhere
    LineOutcome.UNITS_DUE: Reason.BUSY,
    LineOutcome.SOLD_OUT: Reason.SOLD_OUT,
    LineOutcome.BUSY: Reason.BUSY,
    LineOutcome.OVERLOADED: Reason.OVERLOADED,
    LineOutcome.DATABASE_AWAY: Reason.UNAVAILABLE,
    LineOutcome.INTERNAL: Reason.INTERNAL,
    LineOutcome.PASS_USED: Reason.PASS_USED,
    LineOutcome.BOUGHT_BEFORE: Reason.BOUGHT_BEFORE,
    LineOutcome.CAMPAIGN_CLOSED: Reason.CAMPAIGN_CLOSED,
    LineOutcome.HOLD_EXPIRED: Reason.HOLD_EXPIRED,
    LineOutcome.HOLD_REFUSED: Reason.HOLD_EXPIRED,
    LineOutcome.HOLD_RELEASED: Reason.HOLD_RELEASED,
}


def refusal_of(answered: Answered) -> Refusal:
    """Why a line that is no order is none."""
    if answered.refusal is not None:
        return answered.refusal
    return Refusal(
        REASONS[answered.outcome],
        order_id=answered.order_id,
        most=answered.amount,
        retry_after_s=answered.retry_after_s,
    )
