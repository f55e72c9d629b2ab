"""What an upstream's answer means for an attempt. Pure, defaults to "we do not know" (D7)."""

from enum import StrEnum
from typing import Final

import msgspec

from connectors.contract import AnswerKind
from connectors.judgement import Part
from gateway.dispatch.attempt import News
from gateway.ground.traffic.retry import (
    GIVE_UP_S,
    MOVE_AFTER_S,
    SEND_DELAYS_S,
    SENDS_BEFORE_MOVING,
    delay_s,
)
from gateway.prices.rules import cost_of_first


class Next(StrEnum):
    """What the dispatcher does after the news was settled."""

    NOTHING = "nothing"
    SEND_AGAIN = "send_again"  # the same attempt: provably never executed
    FAIL_OVER = "fail_over"  # a new attempt elsewhere, if there is somewhere; else it failed
    HOLD = "hold"  # a person decides


class Facts(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What is known of an attempt when an answer comes.

    `age_s` counts from its last send: a finality window begins there. `sends` were NOT_SENT
    so far, `order_age_s` is how long the order has waited, `elsewhere` whether another route
    takes orders now.
    """

    age_s: float
    order_age_s: float = 0.0
    elsewhere: bool = False
    queries: int = 0
    not_found: int = 0
    sends: int = 0
    amount_minor: int = 0
    quantity: int = 1


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """The platform's declared capabilities, as far as decisions need them."""

    poll_plan_s: tuple[float, ...]
    finality_window_s: float
    not_found_needed: int
    resend_allowed: bool


class Decision(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """News to settle, and what to do next. `check_in_s` None: nothing to look for any more."""

    news: News
    next: Next = Next.NOTHING
    check_in_s: float | None = None
    queries: int | None = None
    not_found: int | None = None
    refund_minor: int | None = None
    delivered: int | None = None


LATE_LOOK_S: Final = 3600.0  # after the poll plan: hourly, for as long as it takes


def decide_submit(kind: AnswerKind, facts: Facts, policy: Policy, chance: float) -> Decision:
    """What the answer to a submit means; in part: decide_partial."""
    first_look = delay_s(policy.poll_plan_s, 0, chance)
    match kind:
        case AnswerKind.ACCEPTED | AnswerKind.PROCESSING:
            return Decision(news=News.ACCEPTED, check_in_s=first_look)
        case AnswerKind.SUCCESS:
            return Decision(news=News.SUCCEEDED, delivered=facts.quantity)
        case AnswerKind.REJECTED | AnswerKind.FAILED | AnswerKind.CANCELLED:
            return Decision(news=News.REJECTED, next=Next.FAIL_OVER)
        case AnswerKind.NOT_SENT:
            return _not_sent(facts, chance)
        case _:
            return Decision(news=News.UNCERTAIN, check_in_s=first_look)


def decide_query(kind: AnswerKind, facts: Facts, policy: Policy, chance: float) -> Decision:
    """What the answer to a query or a callback means; in part: decide_partial."""
    later = look_again_s(facts, policy, chance)
    match kind:
        case AnswerKind.SUCCESS:
            return Decision(news=News.SUCCEEDED, delivered=facts.quantity)
        case AnswerKind.FAILED | AnswerKind.CANCELLED:
            return Decision(news=News.FAILED, next=Next.FAIL_OVER)
        case AnswerKind.REVERSED:
            return Decision(news=News.REVERSED)
        case AnswerKind.PROCESSING | AnswerKind.ACCEPTED:
            return Decision(news=News.ACCEPTED, check_in_s=later, queries=facts.queries + 1)
        case AnswerKind.NOT_FOUND:
            return _not_found(facts, policy, later)
        case _:
            return Decision(news=News.NOTED, check_in_s=later, queries=facts.queries + 1)


def decide_partial(facts: Facts, policy: Policy, chance: float, *, part: Part | None) -> Decision:
    """Part was delivered or kept; None: it does not say how much, so a person finds out.

    Rounded in the partner's favour: a cent that cannot be split is refunded.
    """
    if part is None or not part.is_part or facts.amount_minor <= 0:
        return decide_held(facts, policy, chance)
    kept = cost_of_first(part.done, part.whole, facts.amount_minor)
    return Decision(
        news=News.PARTIAL,
        refund_minor=facts.amount_minor - kept,
        delivered=facts.quantity * part.done // part.whole,
    )


def decide_held(facts: Facts, policy: Policy, chance: float) -> Decision:
    """Only a person can decide; until then the order is uncertain, and is asked after."""
    again = look_again_s(facts, policy, chance)
    return Decision(
        news=News.CONTRADICTED, next=Next.HOLD, check_in_s=again, queries=facts.queries + 1
    )


def decide_waiting(facts: Facts) -> Decision | None:
    """What becomes of an order in front of a lane that takes no calls; None: it waits on."""
    if facts.order_age_s >= GIVE_UP_S or (facts.elsewhere and facts.age_s >= MOVE_AFTER_S):
        return Decision(news=News.REJECTED, next=Next.FAIL_OVER)
    return None


def _not_sent(facts: Facts, chance: float) -> Decision:
    """Nothing left us, so the same number may go again, or the order elsewhere."""
    moves = facts.elsewhere and facts.sends + 1 >= SENDS_BEFORE_MOVING
    if moves or facts.order_age_s >= GIVE_UP_S:
        return Decision(news=News.REJECTED, next=Next.FAIL_OVER)
    wait = delay_s(SEND_DELAYS_S, facts.sends, chance)
    return Decision(news=News.NOTED, next=Next.SEND_AGAIN, check_in_s=wait)


def _not_found(facts: Facts, policy: Policy, later: float) -> Decision:
    """Not there means nothing before the platform's finality window, and not on one answer."""
    seen = facts.not_found + 1
    proven = facts.age_s >= policy.finality_window_s and seen >= policy.not_found_needed
    if proven and policy.resend_allowed and facts.order_age_s >= GIVE_UP_S:
        return Decision(news=News.REJECTED, next=Next.FAIL_OVER)
    if proven and policy.resend_allowed:
        return Decision(
            news=News.NOTED, next=Next.SEND_AGAIN, check_in_s=later,
            queries=facts.queries + 1, not_found=0,
        )  # fmt: skip
    return Decision(
        news=News.UNCERTAIN,
        next=Next.HOLD if proven else Next.NOTHING,
        check_in_s=later,
        queries=facts.queries + 1,
        not_found=seen,
    )


def look_again_s(facts: Facts, policy: Policy, chance: float) -> float:
    """When to query next: along the plan, then ever more rarely as the attempt ages."""
    planned = delay_s(policy.poll_plan_s, facts.queries + 1, chance)
    if facts.queries < len(policy.poll_plan_s) + 10:
        return planned
    return min(LATE_LOOK_S, max(planned, facts.age_s / 10))
