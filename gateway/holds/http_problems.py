"""Why there is no hold, or no order of one, as partners are told."""

from typing import Final

from gateway.ground.http.body import invalid
from gateway.ground.http.problems import ProblemError
from gateway.holds.confirm import Contradiction, Unconfirmed
from gateway.holds.hold import Outcome, Unheld
from gateway.orders.problems import problem_of
from gateway.orders.refusal import Reason, Refusal

BUDGETS: Final = {
    "buyer": "This buyer has as many open holds as one may have.",
    "ip": "This address has as many open holds as one may have.",
    "partner": "As many holds are open as a partner may have.",
    "share": "That is more of the stock than may be held at once.",
    "pool": "As much of the stock is held as may be.",
}


def problem_of_hold(why: Unheld | Refusal) -> ProblemError:
    """What is told instead of a hold."""
    if isinstance(why, Refusal):
        return problem_of(why)
    if why.outcome is Outcome.CONFLICT:
        return ProblemError(
            "order-conflict",
            f"This out_hold_no belongs to hold {why.hold_id}, whose content differs.",
        )
    if why.outcome is Outcome.TTL:
        return invalid([("/ttl_s", f"must be {why.least} to {why.most} seconds")])
    if why.outcome is Outcome.NO_STOCK:
        return invalid([("/sku", "has no stock to hold: neither codes nor a quota per total")])
    passes = why.retry_after_s > 0
    return ProblemError(
        "hold-limit",
        BUDGETS.get(why.which),
        members={"retryable": True} if passes else None,
        headers={"Retry-After": str(why.retry_after_s)} if passes else None,
    )


def no_hold() -> ProblemError:
    """There is none of that number, or it is another partner's."""
    return ProblemError("not-found", "There is no such hold.")


def problem_of_confirm(why: Refusal | Contradiction | Unconfirmed, hold_no: str) -> ProblemError:
    """What is told instead of the order of a hold."""
    if isinstance(why, Unconfirmed):
        return no_hold()
    if isinstance(why, Contradiction):
        member = why.member.replace("_", ".")
        return ProblemError("order-conflict", f"{member} is not what hold {hold_no} was made with.")
    if why.reason is Reason.HOLD_EXPIRED:
        return ProblemError(
            "hold-expired",
            "The hold was over, and nothing is left: give the money back.",
            members={"refund_due": True},
        )
    if why.reason is Reason.CONFLICT:
        return ProblemError(
            "order-conflict",
            f"This hold, or this out_order_no, belongs to order {why.order_id}, whose content"
            " differs.",
        )
    return problem_of(why)
