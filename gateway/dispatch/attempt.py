"""Attempts: one call to an upstream, and what news may do to it.

Rules of this file: every state and the verdict on every (state, news) pair stands in
VERDICTS; SQL's judge_news repeats it and a test compares the two, pair by pair. Only
explicit news moves an attempt; nothing turns a success into a failure (design D7).
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class AttemptState(StrEnum):
    """Where an attempt stands."""

    CREATED = "created"  # committed; perhaps sent
    ACCEPTED = "accepted"  # the upstream works on it
    UNCERTAIN = "uncertain"  # nobody knows; queries find out
    SUCCEEDED = "succeeded"
    PARTIAL = "partial"
    REJECTED = "rejected"  # definitely not executed
    FAILED = "failed"  # executed without effect, or cancelled
    REVERSED = "reversed"  # succeeded, and was taken back


class News(StrEnum):
    """What was learnt of an attempt. Most name the state they lead to."""

    ACCEPTED = "accepted"
    UNCERTAIN = "uncertain"
    SUCCEEDED = "succeeded"
    PARTIAL = "partial"
    REJECTED = "rejected"
    FAILED = "failed"
    REVERSED = "reversed"
    NOTED = "noted"  # nothing but when to look again
    CONTRADICTED = "contradicted"  # an answer of something else, or against itself: uncertain


class Verdict(StrEnum):
    """What becomes of news."""

    APPLIED = "applied"
    REPEATED = "repeated"  # known already
    LATE = "late"  # overtaken by something final
    PARKED = "parked"  # contradicts something final: a person decides


_A, _R, _L, _P = Verdict.APPLIED, Verdict.REPEATED, Verdict.LATE, Verdict.PARKED
_OPEN: Final = dict.fromkeys(News, _A)
_OVERTAKEN: Final = {
    News.ACCEPTED: _L, News.UNCERTAIN: _L, News.NOTED: _L, News.CONTRADICTED: _P,
}  # fmt: skip
_NOT_EXECUTED: Final = {
    **_OVERTAKEN, News.SUCCEEDED: _P, News.PARTIAL: _P,
    News.REJECTED: _R, News.FAILED: _R, News.REVERSED: _R,
}  # fmt: skip

VERDICTS: Final[Mapping[AttemptState, Mapping[News, Verdict]]] = MappingProxyType(
    {
        AttemptState.CREATED: _OPEN,
        AttemptState.ACCEPTED: _OPEN,
        AttemptState.UNCERTAIN: _OPEN,
        AttemptState.SUCCEEDED: {
            **_OVERTAKEN, News.SUCCEEDED: _R, News.PARTIAL: _P,
            News.REJECTED: _P, News.FAILED: _P, News.REVERSED: _A,
        },
        AttemptState.PARTIAL: {
            **_OVERTAKEN, News.SUCCEEDED: _P, News.PARTIAL: _R,
            News.REJECTED: _P, News.FAILED: _P, News.REVERSED: _A,
        },
        AttemptState.REJECTED: _NOT_EXECUTED,
        AttemptState.FAILED: _NOT_EXECUTED,
        AttemptState.REVERSED: {
            **_OVERTAKEN, News.SUCCEEDED: _L, News.PARTIAL: _L,
            News.REJECTED: _R, News.FAILED: _R, News.REVERSED: _R,
        },
    }
)  # fmt: skip
