"""What an answer of a platform proves about an order: the one judge at every door. Pure.

A connector reads; this judges. The answer to a submit, the answer to a query, a callback and a row
of a bill are the same type, and nothing else may act on one: what comes out of here is the
only thing that settles an order. Rules of this file:

1. An answer that names another order, account, product, quantity or amount than was ordered is
   about something else: nobody acts on it, a person looks (HELD).
2. Money that came back decides with the word: all of it back is a failure, part of it is a part.
   A word and a sum that contradict each other are for a person.
3. What a platform does not say contradicts nothing.
"""

from dataclasses import dataclass
from typing import Final, TypeAlias

import msgspec

from connectors.contract import Answer, AnswerKind, DeliveredCode, Ordered, Reason
from connectors.echo import Echo, Expected

_K = AnswerKind
# Kinds that say nothing of an order's goods or money: there is nothing to compare or to count.
SAY_NOTHING: Final = frozenset({_K.NOT_SENT, _K.NOT_FOUND, _K.UNKNOWN, _K.REJECTED})
# Nothing was delivered, and the money is back.
ENDED_WITHOUT: Final = frozenset({_K.FAILED, _K.CANCELLED, _K.REVERSED})
# Connectors' own reasons to ask a person: an order that is not ours, or not the only one.
FOR_A_PERSON: Final = frozenset({Reason.ECHO_MISMATCH, Reason.SEVERAL})
DELIVERED: Final = frozenset({_K.SUCCESS, _K.PARTIAL})


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """How much of something was delivered or kept: `done` of `whole`."""

    done: int
    whole: int

    @property
    def is_part(self) -> bool:
        """More than nothing and less than all."""
        return 0 < self.done < self.whole


Weighed: TypeAlias = tuple[AnswerKind, Part | None, str | None]
"""The kind, how much of it, and why a person has to look."""


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """What may be acted on. `held` says, in our words, why only a person can decide; then `kind`
    is UNKNOWN. `part` is set with PARTIAL where it is told how much. `cost_minor` is what the
    platform kept. `code` and `message` are the platform's own words: for operators, never for a
    partner.
    """

    kind: AnswerKind
    held: str | None = None
    part: Part | None = None
    upstream_no: str | None = None
    cost_minor: int | None = None
    codes: tuple[DeliveredCode, ...] = ()
    reason: Reason | None = None
    code: str = ""
    message: str = ""
    retry_after_s: float | None = None


def judge(answer: Answer, ordered: Ordered, expected: Expected) -> Judgement:
    """What an answer proves; `expected` is how the platform echoes the order."""
    kind, part, reason, codes = answer.kind, None, answer.reason, answer.codes
    held = answer.message if reason in FOR_A_PERSON else None
    if strange := mismatch(answer, ordered, expected):
        held, reason = f"the answer speaks of {strange}", Reason.ECHO_MISMATCH
    elif kind not in SAY_NOTHING:
        kind, part, held = _weigh(answer, ordered, expected)
        reason = reason if held is None else Reason.CONTRADICTION
    if held is not None:
        # Nothing of such an answer is kept as if it were the order's.
        return Judgement(
            kind=_K.UNKNOWN, held=held, reason=reason, code=answer.code, message=answer.message
        )
    if kind is _K.SUCCESS and ordered.account is None and len(codes) < ordered.quantity:
        # Done, but its codes are not here (yet): nothing is delivered whose code is not here.
        kind, reason, codes = _K.PROCESSING, Reason.CODES_MISSING, ()
    return Judgement(
        kind=kind,
        part=part,
        upstream_no=answer.upstream_no,
        cost_minor=_kept_minor(answer, ordered),
        codes=codes,
        reason=reason,
        code=answer.code,
        message=answer.message,
        retry_after_s=answer.retry_after_s,
    )


def _kept_minor(answer: Answer, ordered: Ordered) -> int | None:
    """What the platform charged and did not give back; None: not told, or in another currency."""
    if answer.cost_minor is None or not _is_ours(answer.currency, ordered):
        return None
    return answer.cost_minor - (answer.refunded_minor or 0)


def _is_ours(currency: str | None, ordered: Ordered) -> bool:
    """Whether sums are in the order's currency: others are never held against its own."""
    return currency in (None, ordered.currency)


# --- rule 1: what it speaks of --------------------------------------------------------------------


def mismatch(answer: Answer, ordered: Ordered, expected: Expected) -> str | None:
    """What the answer speaks of that was not ordered, in our words; None: it fits."""
    told = answer.echo
    for what, said, wanted in (
        ("another order", told.order_no, expected.order_no),
        ("another order of theirs", answer.upstream_no, ordered.upstream_no),
        ("another product", told.product, expected.product),
        ("another quantity", told.quantity, expected.quantity),
    ):
        if not _fits(said, wanted):
            return what
    if not _same_account(told, expected):
        return "another account"
    return None if _same_amount(told, expected) else "another amount"


def _fits(told: object, expected: object) -> bool:
    return told is None or expected is None or told == expected


def _same_account(told: Echo, expected: Expected) -> bool:
    if _fits(told.account, expected.account):
        return True
    one, other = told.account or "", expected.account or ""
    # A calling code has at most three digits, and no number is shorter than six.
    short, long = sorted((one, other), key=len)
    optional = expected.calling_code_optional and len(short) >= 6 and len(long) - len(short) <= 4
    return optional and long.endswith(short)


def _same_amount(told: Echo, expected: Echo) -> bool:
    """Amounts in different currencies are never compared."""
    if not _fits(told.currency, expected.currency):
        return True
    return _fits(told.amount, expected.amount)


# --- rule 2: the money and the goods --------------------------------------------------------------


def _weigh(answer: Answer, ordered: Ordered, expected: Expected) -> Weighed:
    """The kind that words, goods and money agree on, how much, or why a person has to look."""
    agreed, limit = None, None
    if _is_ours(answer.currency, ordered):
        agreed, limit = ordered.agreed_minor, expected.limit_minor
    charged = agreed if answer.cost_minor is None else answer.cost_minor
    if held := _implausible(answer, charged, limit):
        return answer.kind, None, held
    return _agree(answer.kind, _goods(answer, ordered), _kept(answer, charged, agreed))


def _implausible(answer: Answer, charged: int | None, limit: int | None) -> str | None:
    """Why its sums cannot be, or break the limit which the platform was given."""
    back, price = answer.refunded_minor, answer.cost_minor
    if (price or 0) < 0 or (back or 0) < 0:
        return "it charged or gave back less than nothing"
    if charged is None and (back or (back == 0 and answer.kind in ENDED_WITHOUT)):
        return "it says what it gave back, but not of how much"
    if back is not None and charged is not None and back > charged:
        return "it gave back more than it charged"
    if limit is not None and price is not None and price > limit:
        return "it charged more than the limit that it was given"
    return None


def _goods(answer: Answer, ordered: Ordered) -> Part | None:
    """How much the platform says it delivered, by face or by pieces; None: it does not say."""
    face_minor = (ordered.face_minor or 0) * ordered.quantity
    if answer.delivered_face_minor is not None and face_minor:
        return Part(done=answer.delivered_face_minor, whole=face_minor)
    if answer.delivered_quantity is not None:
        return Part(done=answer.delivered_quantity, whole=ordered.quantity)
    return None


def _kept(answer: Answer, charged: int | None, agreed: int | None) -> Part | None:
    """How much of its price the platform kept; None: it does not say that it gave any back.

    A partial delivery may say so by charging less than was `agreed`.
    """
    if answer.refunded_minor is not None and charged:
        return Part(done=charged - answer.refunded_minor, whole=charged)
    if answer.kind is _K.PARTIAL and charged and agreed:
        return Part(done=charged, whole=agreed)
    return None


def _agree(kind: AnswerKind, goods: Part | None, kept: Part | None) -> Weighed:
    """One row for each way in which word, goods and money can go together."""
    if kind in ENDED_WITHOUT:
        return _agree_on_nothing(kind, goods, kept)
    if kind not in DELIVERED:
        return kind, None, None
    if goods is not None and goods.done > goods.whole:
        return kind, None, "it says that it delivered more than was ordered"
    if goods is not None and goods.done <= 0:
        return kind, None, "it says that it delivered, and that this was nothing"
    if kept is not None and kept.done == 0:
        return kind, None, "it says that it delivered, and gave all of the money back"
    part = next((part for part in (goods, kept) if part is not None and part.is_part), None)
    return (kind if part is None else _K.PARTIAL), part, None


def _agree_on_nothing(kind: AnswerKind, goods: Part | None, kept: Part | None) -> Weighed:
    if goods is not None and goods.done > 0:
        return kind, None, "it says that it failed, and that it delivered something"
    if kept is None or kept.done == 0:
        return kind, None, None
    if kept.is_part:
        return _K.PARTIAL, kept, None
    return kind, None, "it says that it failed, and kept all of the money"
