"""From an upstream's answer to the line that settles it. Pure; the decisions are the domain's."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from gateway.domain.catalog import Sku, SkuKind
from gateway.domain.purchase import (
    DELIVERING,
    NO_CODES,
    TOO_FEW_CODES,
    BoughtCode,
    Purchase,
    decide_codes,
)
from gateway.domain.settlement import (
    Decision,
    Facts,
    Next,
    Policy,
    decide_partial,
    decide_query,
    decide_submit,
)
from gateway.flows.dispatch.job import Job, Settlement


@dataclass(frozen=True, slots=True, kw_only=True)
class NoAnswer:
    """Stands for an upstream's answer where nothing was sent."""

    upstream_no: str | None = None
    cost_minor: int | None = None
    reason: str | None = None
    code: str = "not-sent"
    message: str = "nothing was sent: the upstream took no calls"
    codes: tuple[()] = ()


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
        face_minor=job.face_minor,
        cost_minor=job.cost_minor,
    )


def policy_of(able: Any) -> Policy:
    """A platform's capabilities, as far as decisions need them."""
    return Policy(
        poll_plan_s=able.poll_plan_s,
        finality_window_s=able.finality_window_s,
        not_found_needed=able.not_found_needed,
        resend_allowed=able.resend_allowed,
    )


def decide(
    job: Job, answer: Any, facts: Facts, policy: Policy, chance: float, *, submitted: bool
) -> Decision:
    """What an answer means, to a submit or to a query (or a callback, which speaks like one)."""
    if answer.kind == "partial":
        decision = decide_partial(
            facts,
            policy,
            chance,
            delivered=answer.delivered_quantity,
            face_minor=answer.delivered_face_minor,
            cost_minor=answer.cost_minor,
        )
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
    answer: Any,
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
        upstream_no=answer.upstream_no,
        cost_minor=None if decision.next is Next.HOLD else answer.cost_minor,
        delivered=decision.delivered,
        refund_minor=decision.refund_minor,
        code=str(answer.reason or answer.code or "") or None,
        message=_words(job, decision, answer) or None,
        check_in_s=decision.check_in_s,
        queries=decision.queries,
        not_found=decision.not_found,
        next_attempt=next_attempt,
        park=park or _for_a_person(job, decision, answer),
        purchase=purchase,
    )


def bought_codes(codes: Sequence[Any], kind: SkuKind) -> tuple[BoughtCode, ...]:
    """Connectors' DeliveredCodes as the vault takes them. What is no text is none."""
    return tuple(code for each in codes if (code := _bought_code(each, kind)) is not None)


def _bought_code(given: Any, kind: SkuKind) -> BoughtCode | None:
    """The members are those of an imported code (engine/src/code_file/plaintext.rs)."""
    members = {
        "code": given.code.reveal(),
        "pin": given.pin.reveal() if given.pin is not None else None,
        "url": given.url.reveal() if given.url is not None else None,
        "expires_at": given.expires_at,
    }
    if kind is not SkuKind.CODE:
        # A link SKU's codes have a link, and a code only beside it.
        if members["url"] is None and "://" in members["code"]:
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


def _words(job: Job, decision: Decision, answer: Any) -> str:
    """The upstream's own words. About codes they may hold one: only its refusals are repeated."""
    if job.buys_codes and decision.next is not Next.FAIL_OVER:
        return ""
    return str(answer.message or "")


def _for_a_person(job: Job, decision: Decision, answer: Any) -> str | None:
    """What `order list --parked` says of an order that only a person can decide."""
    words = _words(job, decision, answer)
    if answer.reason == "echo-mismatch":
        return f"the upstream's answer speaks of something else: {words or answer.reason}"
    if decision.next is not Next.HOLD:
        return None
    if job.buys_codes and answer.kind in {"success", "partial"} and answer.codes:
        return TOO_FEW_CODES
    if job.buys_codes and decision.news == "accepted":
        return NO_CODES
    return f"the upstream cannot say what became of it: {words or decision.news}"
