"""Why a line is no order: the intake's verdicts in the order path's reasons. Pure."""

from collections.abc import Mapping
from typing import Final

from gateway.orders.line import Settled
from gateway.orders.refusal import Reason, Refusal
from gateway.orders.rules import Verdict

# What the intake says of a line that is no order; REFUSED brings the rule's own refusal along.
REASONS: Final[Mapping[Verdict, Reason]] = {
    Verdict.CONFLICT: Reason.CONFLICT,
    Verdict.INSUFFICIENT_BALANCE: Reason.INSUFFICIENT_BALANCE,
    Verdict.PURCHASE_LIMIT: Reason.QUOTA,
    Verdict.UNITS_ELSEWHERE: Reason.BUSY,  # it is tried again, and busy if that leads nowhere
    Verdict.UNITS_DUE: Reason.BUSY,
    Verdict.SOLD_OUT: Reason.SOLD_OUT,
    Verdict.BUSY: Reason.BUSY,
    Verdict.OVERLOADED: Reason.OVERLOADED,
    Verdict.DATABASE_AWAY: Reason.UNAVAILABLE,
    Verdict.INTERNAL: Reason.INTERNAL,
    Verdict.PASS_USED: Reason.PASS_USED,
    Verdict.BOUGHT_BEFORE: Reason.BOUGHT_BEFORE,
    Verdict.CAMPAIGN_CLOSED: Reason.CAMPAIGN_CLOSED,
    Verdict.HOLD_EXPIRED: Reason.HOLD_EXPIRED,
    Verdict.HOLD_REFUSED: Reason.HOLD_EXPIRED,
    Verdict.HOLD_RELEASED: Reason.HOLD_RELEASED,
}


def refusal_of(settled: Settled) -> Refusal:
    """Why a line that is no order is none."""
    if settled.refusal is not None:
        return settled.refusal
    return Refusal(
        REASONS[settled.verdict],
        order_id=settled.order_id,
        most=settled.amount,
        retry_after_s=settled.retry_after_s,
    )
