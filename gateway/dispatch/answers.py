"""From an upstream's answer to the line that settles it. Pure; settlement.py decides."""

from collections.abc import Sequence
from typing import Final

import orjson

from connectors.contract import AnswerKind, Capabilities, DeliveredCode
from connectors.judgement import DELIVERED, Judgement
from gateway.catalog.rules import Sku, SkuKind
from gateway.dispatch.attempt import News
from gateway.dispatch.job import Job, Settlement
from gateway.dispatch.purchase import (
    DELIVERING,
    NO_CODES,
    TOO_FEW_CODES,
    BoughtCode,
    Purchase,
    decide_codes,
)
from gateway.dispatch.settlement import (
    Decision,
    Facts,
    Next,
    Policy,
    decide_held,
    decide_partial,
    decide_query,
    decide_submit,
)

# Stands for an upstream's answer where nothing was sent, and where its answer is put aside.
NOTHING_SENT: Final = Judgement(
    kind=AnswerKind.NOT_SENT,
    code="not-sent",
    message="nothing was sent: the upstream took no calls",
)


def sold_twice(upstream_no: str | None) -> Judgement:
    """Stands for an answer whose code was sold before."""
    return Judgement(kind=AnswerKind.UNKNOWN, upstream_no=upstream_no, code="code-sold-again")


def facts_of(job: Job, now: float, *, elsewhere: bool = False) -> Facts:
    """What is known of an attempt at `now`, in Unix seconds."""
    return Facts(
        age_s=now - job.since,
        order_age_s=now - job.ordered_at,
        elsewhere=elsewhere,
        queries=job.queries,
        not_found=job.not_found,
        sends=job.not_sent,
        amount_minor=job.amount_minor,
        quantity=job.quantity,
    )


def policy_of(able: Capabilities) -> Policy:
    """A platform's capabilities, as far as decisions need them."""
    return Policy(
        poll_plan_s=able.poll_plan_s,
        finality_window_s=able.finality_window_s,
        not_found_needed=able.not_found_needed,
        resend_allowed=able.resend_allowed,
    )


def decide(
    job: Job, answer: Judgement, facts: Facts, policy: Policy, chance: float, *, submitted: bool
) -> Decision:
    """What an answer means, to a submit or to a query (or a callback, which speaks like one)."""
    if answer.held is not None:
        return decide_held(facts, policy, chance)
    if answer.kind is AnswerKind.PARTIAL:
        decision = decide_partial(facts, policy, chance, part=answer.part)
    elif submitted:
        decision = decide_submit(answer.kind, facts, policy, chance)
    else:
        decision = decide_query(answer.kind, facts, policy, chance)
    if not job.buys_codes:
        return decision
    given = len(bought_codes(answer.codes, SkuKind.CODE))
    return decide_codes(decision, facts, policy, chance, given=given, reason=answer.reason)


def settlement_of(
    job: Job,
    decision: Decision,
    answer: Judgement,
    *,
    webhook_id: int,
    sku: Sku | None,
    next_attempt: Job | None = None,
    park: str | None = None,
) -> Settlement:
    """The line that settles a decision. `sku` is needed where codes are bought."""
    purchase = None
    if job.buys_codes and decision.news in DELIVERING:
        if sku is None or sku.purchase_pool_id is None:
            raise LookupError(f"attempt {job.attempt_id} bought codes for no SKU of ours")
        purchase = Purchase(
            attempt_id=job.attempt_id,
            pool_id=sku.purchase_pool_id,
            wanted=decision.delivered or 0,
            codes=bought_codes(answer.codes, sku.kind),
        )
    return Settlement(
        attempt_id=job.attempt_id,
        news=decision.news,
        webhook_id=webhook_id,
        # What an earlier answer told may not be written yet (awaited.py).
        upstream_no=answer.upstream_no or job.upstream_no,
        cost_minor=_cost_minor(job, decision, answer),
        delivered=decision.delivered,
        refund_minor=decision.refund_minor,
        code=_code(answer) or None,
        message=_words(job, decision, answer) or None,
        check_in_s=decision.check_in_s,
        queries=decision.queries,
        not_found=decision.not_found,
        next_attempt=next_attempt,
        park=park or _for_a_person(job, decision, answer),
        purchase=purchase,
    )


def bought_codes(codes: Sequence[DeliveredCode], kind: SkuKind) -> tuple[BoughtCode, ...]:
    """Connectors' DeliveredCodes as the vault takes them. What is no text is none."""
    return tuple(code for each in codes if (code := _bought_code(each, kind)) is not None)


def _bought_code(given: DeliveredCode, kind: SkuKind) -> BoughtCode | None:
    """The members are those of an imported code (core_rs/code_file/src/plaintext.rs)."""
    members = {
        "code": given.code.reveal(),
        "pin": given.pin.reveal() if given.pin is not None else None,
        "url": given.url.reveal() if given.url is not None else None,
        "expires_at": given.expires_at,
    }
    if kind is not SkuKind.CODE:
        # A link SKU's codes have a link, and a code only beside it.
        if members["url"] is None and "://" in given.code.reveal():
            members["url"] = members["code"]
        if members["code"] == members["url"]:
            members["code"] = None
    try:
        return BoughtCode(
            plaintext=orjson.dumps({name: value for name, value in members.items() if value}),
            identity=(members["code"] or members["url"] or "").encode(),
        )
    except (TypeError, UnicodeEncodeError):
        return None  # half a surrogate pair: nobody could redeem that


def _cost_minor(job: Job, decision: Decision, answer: Judgement) -> int | None:
    """The upstream's price; not by an answer that a person has to look at."""
    if decision.next is Next.HOLD or answer.cost_minor is None:
        return job.cost_minor
    return answer.cost_minor


def _code(answer: Judgement) -> str:
    """Why, for operators, and for orders/failure.py: our reason, or the upstream's own code."""
    if answer.kind is AnswerKind.CANCELLED:
        return AnswerKind.CANCELLED
    return answer.reason or answer.code


def _words(job: Job, decision: Decision, answer: Judgement) -> str:
    """The upstream's own words. About codes they may hold one: only its refusals are repeated."""
    if job.buys_codes and decision.next is not Next.FAIL_OVER:
        return ""
    return answer.message


def _for_a_person(job: Job, decision: Decision, answer: Judgement) -> str | None:
    """What `order list --parked` says of an order that only a person can decide."""
    if answer.held is not None:
        return f"the upstream's answer is held: {answer.held}"
    if decision.next is not Next.HOLD:
        return None
    if job.buys_codes and answer.kind in DELIVERED and answer.codes:
        return TOO_FEW_CODES
    if job.buys_codes and decision.news is News.ACCEPTED:
        return NO_CODES
    words = _words(job, decision, answer) or decision.news
    return f"the upstream cannot say what became of it: {words}"
