"""Codes bought on demand: what the codes of an answer mean for the order that wants some. Pure.

Rules of this file: nothing is delivered whose code is not here; a platform that says "done"
without its codes is asked again; fewer codes than ordered are a partial delivery only where the
platform says so itself, else a person decides.
"""

from dataclasses import dataclass, field
from typing import Final

import msgspec

from gateway.dispatch.attempt import News
from gateway.dispatch.settlement import Decision, Facts, Next, Policy, look_again_s

# News that deliver something.
DELIVERING: Final = frozenset({News.SUCCEEDED, News.PARTIAL})
CODES_MISSING: Final = "codes-missing"  # connectors.contract.Reason
SOLD_AGAIN: Final = "the upstream sold a code again that we know from {}; it was not delivered"
NO_CODES: Final = "the upstream says that it delivered, but gives no codes"
TOO_FEW_CODES: Final = "the upstream says that it delivered, but gives fewer codes than ordered"


@dataclass(frozen=True, slots=True, kw_only=True)
class BoughtCode:
    """A code as the vault takes it: the record's plaintext, and what equal codes have in common."""

    plaintext: bytes = field(repr=False)
    identity: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """What one attempt brought. The first `wanted` codes are the order's, the rest is surplus."""

    attempt_id: int
    pool_id: int
    wanted: int
    codes: tuple[BoughtCode, ...]


class PurchaseVerdict(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A verdict of settling; `twin` says where a code is known from that was sold to us again."""

    verdict: str
    twin: str | None = None


def decide_codes(
    decision: Decision,
    facts: Facts,
    policy: Policy,
    chance: float,
    *,
    given: int,
    reason: str | None = None,
) -> Decision:
    """A decision about an order of codes, once the codes that came with the news are counted.

    `reason` is the connector's word about the answer.
    """
    planned_out = facts.queries >= len(policy.poll_plan_s)
    if decision.news not in DELIVERING:
        waits = decision.news is News.ACCEPTED and reason == CODES_MISSING and planned_out
        return msgspec.structs.replace(decision, next=Next.HOLD) if waits else decision
    if given >= (decision.delivered or 0) > 0:
        return decision
    again = Decision(
        news=News.ACCEPTED,
        check_in_s=look_again_s(facts, policy, chance),
        queries=facts.queries + 1,
    )
    if given:
        return msgspec.structs.replace(again, news=News.UNCERTAIN, next=Next.HOLD)
    return msgspec.structs.replace(again, next=Next.HOLD) if planned_out else again


def sold_again(facts: Facts, policy: Policy, chance: float) -> Decision:
    """A code of the answer is known already: a person decides, or the platform replaces it."""
    return Decision(
        news=News.UNCERTAIN,
        next=Next.HOLD,
        check_in_s=look_again_s(facts, policy, chance),
        queries=facts.queries + 1,
    )
