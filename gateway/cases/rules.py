"""Cases: their kinds, how they move, and what decides them without a person. Pure.

Every state and every legal move stands in MOVES; the trigger `case_moves` repeats it, and a test
compares the two, pair by pair.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

PARTNER: Final = "partner"  # who opens, where it is no operator
AUTOMATIC: Final = "quangate"  # who decides, where it is no person


class CaseKind(StrEnum):
    """What is wanted."""

    REISSUE = "reissue"  # another code
    RECIPIENT = "recipient"  # another number, before anything was sent
    REFUND = "refund"  # money back: all, or pieces, or an amount
    UPSTREAM = "upstream"  # the platform is asked
    QUESTION = "question"


class CaseState(StrEnum):
    """Where a case stands; the API's own words."""

    OPENED = "opened"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    ACTING = "acting"
    WAITING_UPSTREAM = "waiting_upstream"
    RESOLVED = "resolved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


_S = CaseState
MOVES: Final[Mapping[CaseState, frozenset[CaseState]]] = MappingProxyType(
    {
        _S.OPENED: frozenset({_S.IN_REVIEW, _S.APPROVED, _S.REFUSED, _S.WITHDRAWN}),
        _S.IN_REVIEW: frozenset({_S.APPROVED, _S.REFUSED, _S.WITHDRAWN}),
        _S.APPROVED: frozenset({_S.ACTING}),
        _S.ACTING: frozenset({_S.WAITING_UPSTREAM, _S.RESOLVED}),
        _S.WAITING_UPSTREAM: frozenset({_S.ACTING}),
        _S.RESOLVED: frozenset(),
        _S.REFUSED: frozenset(),
        _S.WITHDRAWN: frozenset(),
    }
)
UNDECIDED: Final = frozenset({_S.OPENED, _S.IN_REVIEW})
UNDER_WAY: Final = frozenset({_S.ACTING, _S.WAITING_UPSTREAM})
ENDED: Final = frozenset({_S.RESOLVED, _S.REFUSED, _S.WITHDRAWN})


def is_undecided(case: Mapping[str, Any]) -> bool:
    """Whether it may be approved or refused."""
    return CaseState(case["state"]) in UNDECIDED


def is_open(case: Mapping[str, Any]) -> bool:
    """Whether anything may still be done with it."""
    return CaseState(case["state"]) not in ENDED


def is_resolvable(case: Mapping[str, Any]) -> bool:
    """Whether it may be ended: it is under way, or a question, which needs no approval first."""
    state = CaseState(case["state"])
    return state in UNDER_WAY or (case["kind"] == CaseKind.QUESTION and state in UNDECIDED)


def has_no_open_case(order: Mapping[str, Any]) -> bool:
    """Whether an order's line may get another case: one at a time."""
    return not any(is_open(case) for case in order["cases"])


class Do(StrEnum):
    """What a rule does."""

    APPROVE = "approve"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFacts:
    """What rules look at. `age_s` is the order's, `amount` what is at stake in minor units,
    `share` how many percent of the partner's orders of the last 30 days have a case.
    """

    kind: str
    sku_id: int
    age_s: int
    amount: int
    share: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRule:
    """One rule; None: whatever it is. Bounds are inclusive."""

    name: str
    kind: str | None
    sku_id: int | None
    min_age: int | None
    max_age: int | None
    min_amount: int | None
    max_amount: int | None
    min_share: int | None
    max_share: int | None
    does: str
    shadow: bool

    def fits(self, facts: CaseFacts) -> bool:
        """Whether it is one for this case."""
        return (
            self.kind in {None, facts.kind}
            and self.sku_id in {None, facts.sku_id}
            and _within(self.min_age, facts.age_s, self.max_age)
            and _within(self.min_amount, facts.amount, self.max_amount)
            and _within(self.min_share, facts.share, self.max_share)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The rule that decides, if one does, and the shadows before it that would have."""

    rule: CaseRule | None
    shadows: Sequence[CaseRule]


def judge(rules: Sequence[CaseRule], facts: CaseFacts) -> Judged:
    """The first that fits decides; those in shadow only say so."""
    shadows: list[CaseRule] = []
    for rule in rules:
        if not rule.fits(facts):
            continue
        if not rule.shadow:
            return Judged(rule=rule, shadows=shadows)
        shadows.append(rule)
    return Judged(rule=None, shadows=shadows)


def share_of(cases: int, orders: int) -> int:
    """Percent, rounded up: one case of many orders is more than none."""
    return 0 if cases == 0 else min(100, -(-100 * cases // max(orders, 1)))


def _within(least: int | None, value: int, most: int | None) -> bool:
    return (least is None or least <= value) and (most is None or value <= most)
