"""Comparing a day with an upstream: our attempts, their list, the money. Pure.

Rules of this file: COMPARED says for every pair of states (ours, theirs) whether they agree,
what news theirs is for us, or that a person has to look. News goes through the same settling
as every other answer; what contradicts an end is parked there and changes nothing (D7).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from connectors.contract import AnswerKind
from connectors.judgement import Part
from gateway.dispatch.attempt import AttemptState, News


class Class(StrEnum):
    """Kinds of difference."""

    LONG = "long"  # 长款: they have it and we don't
    SHORT = "short"  # 短款: we have it and they don't
    AMOUNT = "amount"
    STATE = "state"


@dataclass(frozen=True, slots=True, kw_only=True)
class OurAttempt:
    """An attempt of the day and the money of its order; amounts in minor units.

    `order_entries` is the sum of the order's entries: minus what the partner paid for good.
    `age_s` is how long ago it was sent.
    """

    attempt_id: int
    upstream_no: str | None
    state: AttemptState
    cost_minor: int | None
    order_no: int
    order_state: str
    order_amount_minor: int
    order_refunded_minor: int
    order_entries_minor: int
    age_s: float
    quantity: int = 1
    face_minor: int | None = None
    buys_codes: bool = False

    @property
    def waits_for_codes(self) -> bool:
        """Whether it cannot be delivered by a word: its codes must come, too."""
        return self.buys_codes and self.state in {
            AttemptState.CREATED,
            AttemptState.ACCEPTED,
            AttemptState.UNCERTAIN,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class TheirRow:
    """A transaction of theirs; `of_the_day`: surely. `amount_minor` is what they charged for it and
    kept. Once it was judged, `part` tells how much of it a partial one is, and `held` why it
    contradicts itself.
    """

    our_no: str | None
    upstream_no: str | None
    kind: AnswerKind
    amount_minor: int | None  # None: not told, or in another currency
    of_the_day: bool = True
    delivered_quantity: int | None = None
    delivered_face_minor: int | None = None
    refunded_minor: int | None = None
    part: Part | None = None
    held: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What does not agree. `news` is what theirs means for our attempt; None: a person looks."""

    kind: Class
    our_no: str | None
    upstream_no: str | None
    order_no: int | None
    ours: str | None
    theirs: str | None
    our_amount_minor: int | None
    their_amount_minor: int | None
    detail: str
    news: News | None = None
    row: TheirRow | None = None
    attempt: OurAttempt | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The day compared; `matched` attempts agree in all three."""

    matched: int
    differences: tuple[Difference, ...]


_S = AttemptState
_OPEN: Final[Mapping[str, News | None]] = {
    "success": News.SUCCEEDED, "partial": News.PARTIAL, "failed": News.FAILED,
    "cancelled": News.FAILED, "reversed": News.REVERSED,
}  # fmt: skip
_NOTHING_EXECUTED: Final[Mapping[str, News | None]] = {
    "success": News.SUCCEEDED, "partial": News.PARTIAL, "processing": None,
}  # fmt: skip

# ours → theirs → the news; pairs that are not listed agree. News that contradicts an end is
# given all the same: settling parks it, so that a person finds it with the order.
COMPARED: Final[Mapping[AttemptState, Mapping[str, News | None]]] = MappingProxyType(
    {
        _S.CREATED: {**_OPEN, "processing": News.ACCEPTED},
        _S.ACCEPTED: _OPEN,
        _S.UNCERTAIN: {**_OPEN, "processing": News.ACCEPTED},
        _S.SUCCEEDED: {
            "partial": News.PARTIAL, "processing": None, "failed": News.FAILED,
            "cancelled": News.FAILED, "reversed": News.REVERSED,
        },
        _S.PARTIAL: {
            "success": News.SUCCEEDED, "processing": None, "failed": News.FAILED,
            "cancelled": News.FAILED, "reversed": News.REVERSED,
        },
        _S.REJECTED: _NOTHING_EXECUTED,
        _S.FAILED: _NOTHING_EXECUTED,
        _S.REVERSED: {"success": None, "partial": None, "processing": None},
    }
)  # fmt: skip

# Which of several rows under one number tells: the one that was paid for.
_WEIGHT: Final = {"success": 0, "partial": 1, "reversed": 2, "processing": 3}
_MAY_HAVE_EXECUTED: Final = frozenset({_S.SUCCEEDED, _S.PARTIAL, _S.REVERSED})
_UNDECIDED: Final = frozenset({_S.CREATED, _S.ACCEPTED, _S.UNCERTAIN})


def compare(
    ours: Sequence[OurAttempt], theirs: Iterable[TheirRow], *, settled_after_s: float
) -> Comparison:
    """Match by our number. An undecided attempt that is older than `settled_after_s` and not in
    their list was never executed; a younger one may only not be there yet.
    """
    by_number: dict[str, list[TheirRow]] = defaultdict(list)
    unnumbered = []
    for row in theirs:
        if row.our_no is None:
            unnumbered.append(row)
        else:
            by_number[row.our_no].append(row)
    differences: list[Difference] = []
    matched = 0
    for attempt in ours:
        found = _compare_one(attempt, by_number.pop(str(attempt.attempt_id), []), settled_after_s)
        differences.extend(found)
        matched += not found
    strangers = [*unnumbered, *(row for rows in by_number.values() for row in rows)]
    differences.extend(_long(row) for row in strangers if row.of_the_day and _was_paid(row))
    return Comparison(matched=matched, differences=tuple(differences))


def _compare_one(
    attempt: OurAttempt, rows: Sequence[TheirRow], settled_after_s: float
) -> list[Difference]:
    if not rows:
        missing = _missing(attempt, settled_after_s)
        return _money(attempt) if missing is None else [missing]
    row = min(rows, key=lambda each: _WEIGHT.get(each.kind, len(_WEIGHT)))
    paid_again = [_long(each, order_no=attempt.order_no) for each in rows
                  if each is not row and _was_paid(each)]  # fmt: skip
    if row.held is not None:
        detail = f"the attempt is {attempt.state}, their row contradicts itself: {row.held}"
        return [_difference(Class.STATE, attempt, row, detail, None), *paid_again]
    if row.kind in COMPARED[attempt.state]:
        news = COMPARED[attempt.state][row.kind]
        detail = f"the attempt is {attempt.state}, they say {row.kind}"
        return [_difference(Class.STATE, attempt, row, detail, news), *paid_again]
    if _was_paid(row) and _differs(attempt.cost_minor, row.amount_minor):
        detail = f"it cost {attempt.cost_minor}, they charged {row.amount_minor}"
        return [_difference(Class.AMOUNT, attempt, row, detail, None), *paid_again]
    return [*_money(attempt, row), *paid_again]


def _missing(attempt: OurAttempt, settled_after_s: float) -> Difference | None:
    """They do not have it: never executed, not there yet, or a success they know nothing of."""
    if attempt.state in _MAY_HAVE_EXECUTED:
        detail = f"the attempt is {attempt.state}, they do not have it"
        return _difference(Class.SHORT, attempt, None, detail, None)
    if attempt.state not in _UNDECIDED:
        return None
    old = attempt.age_s >= settled_after_s
    detail = "they do not have it: never executed" if old else "they do not have it yet"
    return _difference(Class.SHORT, attempt, None, detail, News.REJECTED if old else None)


def _money(attempt: OurAttempt, row: TheirRow | None = None) -> list[Difference]:
    """The third way: what the partner paid for good must fit the order's end."""
    kept = 0 if attempt.order_state in {"failed", "reversed"} else attempt.order_amount_minor
    if attempt.order_state == "partial":
        kept -= attempt.order_refunded_minor
    if -attempt.order_entries_minor == kept:
        return []
    detail = (
        f"the order is {attempt.order_state}: the partner should have paid {kept},"
        f" the account says {-attempt.order_entries_minor}"
    )
    return [_difference(Class.AMOUNT, attempt, row, detail, None)]


def _long(row: TheirRow, order_no: int | None = None) -> Difference:
    twice = "they have it twice" if order_no is not None else "they have it, we do not"
    return Difference(
        kind=Class.LONG,
        our_no=row.our_no,
        upstream_no=row.upstream_no,
        order_no=order_no,
        ours=None,
        theirs=row.kind,
        our_amount_minor=None,
        their_amount_minor=row.amount_minor,
        detail=twice,
        row=row,
    )


def _difference(
    kind: Class, attempt: OurAttempt, row: TheirRow | None, detail: str, news: News | None
) -> Difference:
    return Difference(
        kind=kind,
        our_no=str(attempt.attempt_id),
        upstream_no=row.upstream_no if row is not None else attempt.upstream_no,
        order_no=attempt.order_no,
        ours=attempt.state.value,
        theirs=row.kind if row is not None else None,
        our_amount_minor=attempt.cost_minor,
        their_amount_minor=row.amount_minor if row is not None else None,
        detail=detail,
        news=news,
        row=row,
        attempt=attempt,
    )


def _was_paid(row: TheirRow) -> bool:
    return row.kind in {"success", "partial"}


def _differs(ours: int | None, theirs: int | None) -> bool:
    """Whether two amounts contradict; what one side does not know contradicts nothing."""
    return ours is not None and theirs is not None and ours != theirs
