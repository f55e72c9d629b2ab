"""What an upstream's answer means: one row for each answer and situation."""

from typing import Any

import pytest
from msgspec.structs import replace

from connectors.contract import AnswerKind as K
from connectors.judgement import Part
from gateway.dispatch.attempt import News
from gateway.dispatch.settlement import (
    Decision,
    Facts,
    Next,
    Policy,
    decide_held,
    decide_partial,
    decide_query,
    decide_submit,
    decide_waiting,
    look_again_s,
)

MIDDLE = 0.5  # no jitter
FACTS = Facts(age_s=1.0, amount_minor=1001)
POLICY = Policy(
    poll_plan_s=(1, 2, 30), finality_window_s=120, not_found_needed=3, resend_allowed=True
)
NEVER_RESENT = replace(POLICY, resend_allowed=False)


@pytest.mark.parametrize(
    ("kind", "facts", "expected"),
    [
        # It took the order: look when the plan says so.
        (K.ACCEPTED, {}, Decision(news=News.ACCEPTED, check_in_s=1.0)),
        (K.SUCCESS, {}, Decision(news=News.SUCCEEDED, delivered=1)),
        (K.REJECTED, {}, Decision(news=News.REJECTED, next=Next.FAIL_OVER)),
        # Whatever else it said, it may have been executed.
        (K.UNKNOWN, {}, Decision(news=News.UNCERTAIN, check_in_s=1.0)),
        (K.NOT_FOUND, {}, Decision(news=News.UNCERTAIN, check_in_s=1.0)),
        # Taken, its codes not here yet; and the ends that an instant platform tells at once.
        (K.PROCESSING, {}, Decision(news=News.ACCEPTED, check_in_s=1.0)),
        (K.FAILED, {}, Decision(news=News.REJECTED, next=Next.FAIL_OVER)),
        (K.CANCELLED, {}, Decision(news=News.REJECTED, next=Next.FAIL_OVER)),
        # It never left us: the same number again, ever more patiently.
        (K.NOT_SENT, {}, Decision(news=News.NOTED, next=Next.SEND_AGAIN, check_in_s=0.2)),
        (K.NOT_SENT, {"sends": 2}, Decision(news=News.NOTED, next=Next.SEND_AGAIN, check_in_s=1.0)),
        # After the third time elsewhere, if there is an elsewhere.
        (K.NOT_SENT, {"sends": 1, "elsewhere": True},
         Decision(news=News.NOTED, next=Next.SEND_AGAIN, check_in_s=0.5)),
        (K.NOT_SENT, {"sends": 2, "elsewhere": True},
         Decision(news=News.REJECTED, next=Next.FAIL_OVER)),
        # After five minutes it is given up and refunded.
        (K.NOT_SENT, {"order_age_s": 300.0}, Decision(news=News.REJECTED, next=Next.FAIL_OVER)),
    ],
)  # fmt: skip
def test_answers_to_a_submit(kind: K, facts: dict[str, Any], expected: Decision) -> None:
    """Only explicit words are final; everything else is uncertain."""
    assert decide_submit(kind, replace(FACTS, **facts), POLICY, MIDDLE) == expected


@pytest.mark.parametrize(
    ("kind", "facts", "policy", "news", "then"),
    [
        (K.SUCCESS, {}, POLICY, News.SUCCEEDED, Next.NOTHING),
        (K.FAILED, {}, POLICY, News.FAILED, Next.FAIL_OVER),
        (K.CANCELLED, {}, POLICY, News.FAILED, Next.FAIL_OVER),
        (K.REVERSED, {}, POLICY, News.REVERSED, Next.NOTHING),
        (K.PROCESSING, {}, POLICY, News.ACCEPTED, Next.NOTHING),
        # No usable answer is no news.
        (K.UNKNOWN, {}, POLICY, News.NOTED, Next.NOTHING),
        # "Not found" before the finality window, or not often enough, proves nothing.
        (K.NOT_FOUND, {"age_s": 119.0, "not_found": 9}, POLICY, News.UNCERTAIN, Next.NOTHING),
        (K.NOT_FOUND, {"age_s": 121.0, "not_found": 1}, POLICY, News.UNCERTAIN, Next.NOTHING),
        # Proved: the same number may go again …
        (K.NOT_FOUND, {"age_s": 121.0, "not_found": 2}, POLICY, News.NOTED, Next.SEND_AGAIN),
        # … unless the order has waited too long: then it failed …
        (K.NOT_FOUND, {"age_s": 121.0, "not_found": 2, "order_age_s": 301.0}, POLICY,
         News.REJECTED, Next.FAIL_OVER),
        # … or the platform de-duplicates nothing: then a person decides, whatever its age.
        (K.NOT_FOUND, {"age_s": 121.0, "not_found": 2, "order_age_s": 301.0}, NEVER_RESENT,
         News.UNCERTAIN, Next.HOLD),
    ],
)  # fmt: skip
def test_answers_to_a_query(
    kind: K, facts: dict[str, Any], policy: Policy, news: News, then: Next
) -> None:
    """A query's answer, with what is known of the attempt."""
    decision = decide_query(kind, replace(FACTS, **facts), policy, MIDDLE)
    assert (decision.news, decision.next) == (news, then)
    if then is Next.NOTHING and news in {News.ACCEPTED, News.UNCERTAIN, News.NOTED}:
        assert decision.check_in_s  # nobody is forgotten


def test_a_proved_absence_counts_anew() -> None:
    """After a re-send, earlier "not found" answers prove nothing about it."""
    facts = replace(FACTS, age_s=121.0, not_found=2)
    assert decide_query(K.NOT_FOUND, facts, POLICY, MIDDLE).not_found == 0


@pytest.mark.parametrize(
    ("quantity", "part", "refund", "pieces"),
    [
        (2, Part(done=1, whole=2), 500, 1),  # by pieces: 1,000 for two
        (3, Part(done=2, whole=3), 333, 2),  # 999 for three
        (1, Part(done=500, whole=1000), 501, 0),  # by face: the odd cent is given back
        (2, Part(done=1500, whole=2000), 250, 1),  # three quarters of the face: one whole piece
        (1, Part(done=1, whole=10**15), 1001, 0),  # next to nothing
    ],
)
def test_partial_success_refunds_the_rest(
    quantity: int, part: Part, refund: int, pieces: int
) -> None:
    """The missing part is refunded to the cent, in the partner's favour."""
    amount = {1: 1001, 2: 1000, 3: 999}[quantity]
    facts = replace(FACTS, quantity=quantity, amount_minor=amount)
    decision = decide_partial(facts, POLICY, MIDDLE, part=part)
    assert decision == Decision(news=News.PARTIAL, refund_minor=refund, delivered=pieces)


@pytest.mark.parametrize(
    ("part", "amount"),
    [
        (None, 1001),  # it does not say
        (Part(done=0, whole=1), 1001),
        (Part(done=1, whole=1), 1001),  # all of it: no part
        (Part(done=2, whole=1), 1001),
        (Part(done=-1, whole=2), 1001),
        (Part(done=1, whole=2), 0),  # nothing was paid: nothing can be given back
    ],
)
def test_a_part_of_unknown_size_is_held(part: Part | None, amount: int) -> None:
    """No refund is guessed: the order stays uncertain, a person is asked, and it is asked after."""
    decision = decide_partial(replace(FACTS, amount_minor=amount), POLICY, MIDDLE, part=part)
    assert decision == decide_held(FACTS, POLICY, MIDDLE)
    assert (decision.news, decision.next) == (News.CONTRADICTED, Next.HOLD)
    assert decision.check_in_s


@pytest.mark.parametrize(
    ("facts", "moves"),
    [
        ({"age_s": 9.0}, False),  # there is nowhere else: it waits
        ({"age_s": 1.9, "elsewhere": True}, False),  # a short trouble
        ({"age_s": 2.0, "elsewhere": True}, True),
        ({"order_age_s": 299.0}, False),
        ({"order_age_s": 300.0}, True),  # given up
    ],
)
def test_waiting_for_a_lane(facts: dict[str, Any], moves: bool) -> None:
    """What was never sent may go elsewhere, and is refunded in the end."""
    decision = decide_waiting(replace(FACTS, **facts))
    expected = Decision(news=News.REJECTED, next=Next.FAIL_OVER) if moves else None
    assert decision == expected


def test_old_attempts_are_asked_after_rarely() -> None:
    """Along the plan at first; a slow top-up of a day is asked after every hour, for ever."""
    assert [look_again_s(replace(FACTS, queries=n), POLICY, MIDDLE) for n in range(3)] == [
        2,
        30,
        30,
    ]
    old = replace(FACTS, queries=50, age_s=86_400.0)
    assert look_again_s(old, POLICY, MIDDLE) == 3600
