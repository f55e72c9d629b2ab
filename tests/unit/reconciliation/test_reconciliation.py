"""Comparing a day with an upstream: every pair of states, and what is done about it."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from connectors.contract import AnswerKind as K
from gateway.dispatch.attempt import AttemptState, News
from gateway.dispatch.attempt_news import AttemptNews
from gateway.ground.desk.refusal import DeskRefusedError
from gateway.ground.desk.words import in_words
from gateway.reconciliation.bill_file import read_rows
from gateway.reconciliation.reconcile import Reconciler
from gateway.reconciliation.rules import COMPARED, Class, OurAttempt, TheirRow, compare

AGREE = None
KINDS = ("success", "partial", "processing", "failed", "cancelled", "reversed")
PERSON = "person"

OK, PART, WORK, FAIL, BACK = (
    News.SUCCEEDED, News.PARTIAL, News.ACCEPTED, News.FAILED, News.REVERSED,
)  # fmt: skip
# ours: what each of KINDS means for it. AGREE, PERSON, or the news to settle.
PAIRS: dict[str, tuple[object, ...]] = {
    "created": (OK, PART, WORK, FAIL, FAIL, BACK),
    "accepted": (OK, PART, AGREE, FAIL, FAIL, BACK),
    "uncertain": (OK, PART, WORK, FAIL, FAIL, BACK),
    "succeeded": (AGREE, PART, PERSON, FAIL, FAIL, BACK),  # all but a reversal is parked
    "partial": (OK, AGREE, PERSON, FAIL, FAIL, BACK),
    "rejected": (OK, PART, PERSON, AGREE, AGREE, AGREE),  # refunded: a success is parked
    "failed": (OK, PART, PERSON, AGREE, AGREE, AGREE),
    "reversed": (PERSON, PERSON, PERSON, AGREE, AGREE, AGREE),
}
ORDER_STATES = {
    "succeeded": "delivered", "partial": "partial", "rejected": "failed", "failed": "failed",
    "reversed": "reversed",
}  # fmt: skip


def attempt(state: str, **changed: Any) -> OurAttempt:
    """Attempt 1 in a state, with an order whose money agrees."""
    order_state = ORDER_STATES.get(state, "processing")
    paid = {"failed": 0, "reversed": 0, "partial": 500}.get(order_state, 1000)
    members: dict[str, Any] = {
        "attempt_id": 1, "upstream_no": "u1", "state": AttemptState(state), "cost_minor": 980,
        "order_no": 7, "order_state": order_state, "order_amount_minor": 1000,
        "order_refunded_minor": 1000 - paid, "order_entries_minor": -paid, "age_s": 10.0,
    }  # fmt: skip
    return OurAttempt(**{**members, **changed})


def row(kind: str, our_no: str | None = "1", amount: int | None = 980, **more: Any) -> TheirRow:
    """A transaction of theirs."""
    return TheirRow(our_no=our_no, upstream_no="u1", kind=kind, amount_minor=amount, **more)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("state", AttemptState)
def test_every_pair_of_states_is_judged(state: AttemptState, kind: str) -> None:
    """Agreement is counted; news is news; the rest is for a person."""
    expected = PAIRS[state][KINDS.index(kind)]
    compared = compare([attempt(state)], [row(kind)], settled_after_s=60)
    if expected is AGREE:
        assert compared.matched == 1
        assert compared.differences == ()
        return
    (found,) = compared.differences
    assert compared.matched == 0
    assert found.kind is Class.STATE
    assert found.news == (None if expected == PERSON else expected)


def test_the_table_covers_every_state() -> None:
    """No state of ours was forgotten."""
    assert set(COMPARED) == set(AttemptState) == {AttemptState(name) for name in PAIRS}


@pytest.mark.parametrize(
    ("ours", "theirs", "kind", "news"),
    [
        # A success they know nothing of: a person finds out who is right.
        (attempt("succeeded"), [], Class.SHORT, None),
        # Undecided, and an hour later not in their list: never executed.
        (attempt("uncertain", age_s=3600.0), [], Class.SHORT, News.REJECTED),
        # Undecided and young: it may only not be there yet.
        (attempt("accepted"), [], Class.SHORT, None),
        # They charged something else.
        (attempt("succeeded"), [row("success", amount=990)], Class.AMOUNT, None),
        # The order is refunded, but the account does not say so.
        (attempt("failed", order_entries_minor=-1000), [row("failed")], Class.AMOUNT, None),
        # The same, when they have nothing of it.
        (attempt("rejected", order_entries_minor=-1000), [], Class.AMOUNT, None),
    ],
)
def test_differences_have_a_class(
    ours: OurAttempt, theirs: list[TheirRow], kind: Class, news: News | None
) -> None:
    """Missing on their side, other sums, money that does not fit the order's end."""
    compared = compare([ours], theirs, settled_after_s=3600)
    (found,) = compared.differences
    assert (found.kind, found.news, compared.matched) == (kind, news, 0)


def test_what_only_they_have_is_long() -> None:
    """Once for each stranger that was paid for; failures and other days cost nothing."""
    theirs = [
        row("success", "1"),
        row("success", "1"),  # twice under our number: no de-duplication there
        row("failed", "1"),  # a failed try beside it
        row("success", "99"),
        row("success", None),
        row("failed", "98"),
        row("success", "97", of_the_day=False),
    ]
    compared = compare([attempt("succeeded")], theirs, settled_after_s=60)
    assert [(d.kind, d.our_no, d.order_no) for d in compared.differences] == [
        (Class.LONG, "1", 7),
        (Class.LONG, None, None),
        (Class.LONG, "99", None),
    ]


def test_an_amount_one_side_does_not_tell_contradicts_nothing() -> None:
    """Another currency, or a price nobody told."""
    for ours, theirs in ((None, 990), (980, None)):
        compared = compare(
            [attempt("succeeded", cost_minor=ours)], [row("success", amount=theirs)],
            settled_after_s=60,
        )  # fmt: skip
        assert compared.matched == 1


def test_a_bill_is_read_by_its_column_names() -> None:
    """In any order, with others between; yuan become fen exactly; Chinese words are known."""
    text = "备注,State,our_no,amount_yuan\r\nx,成功,123,49.80\r\n\r\n,refunded,,0.1\r\n"
    assert [(r.our_no, r.kind, r.amount_minor) for r in read_rows(text)] == [
        ("123", "success", 4980),
        (None, "reversed", 10),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("upstream_no,amount\n1,2\n", "no column our_no, state"),
        ("our_no,state\n1,perhaps\n", "line 2: unknown state"),
        ("our_no,state,amount\n1,success,49.80\n", "line 2: amount"),  # yuan, or a slip?
        ("our_no,state,amount_yuan\n1,success,1.005\n", "line 2: amount_yuan"),
        ("our_no,state,amount_yuan\n1,success,NaN\n", "line 2: amount_yuan"),
    ],
)
def test_a_bill_that_cannot_be_read_is_refused(text: str, said: str) -> None:
    """With the line at fault; nothing is guessed."""
    with pytest.raises(DeskRefusedError) as caught:
        list(read_rows(text))
    assert said in in_words(caught.value)


@pytest.mark.parametrize(
    ("ours", "theirs", "resolution", "told"),
    [
        # Part of the money back, whatever the word: partial, by the share that was kept.
        ("accepted", {"kind": K.SUCCESS, "refunded_minor": 490}, "open", "partial"),
        ("accepted", {"kind": K.FAILED, "refunded_minor": 490}, "open", "partial"),
        ("succeeded", {"kind": K.SUCCESS, "refunded_minor": 490}, "open", "partial"),
        ("accepted", {"kind": K.FAILED, "refunded_minor": 980}, "open", "failed"),
        # A row that contradicts itself settles nothing.
        ("accepted", {"kind": K.FAILED, "refunded_minor": 0}, "open", None),
        ("succeeded", {"kind": K.SUCCESS, "refunded_minor": 980}, "open", None),
    ],
)
async def test_money_that_came_back_is_judged_in_a_bill_too(
    ours: str, theirs: dict[str, Any], resolution: str, told: str | None
) -> None:
    """The same judge for a bill's rows: what came back decides with the word."""

    async def rows() -> AsyncIterator[TheirRow]:
        yield TheirRow(our_no="1", upstream_no="U", amount_minor=980, **theirs)

    reconciler = Reconciler(books=FakeBooks([attempt(ours)]), settle=nothing, next_id=lambda: 1)
    found = await reconciler.run(1, date(2026, 3, 1), rows(), dry_run=True)
    (finding,) = found.findings
    assert finding.resolution.value == resolution
    assert (finding.difference.news is None) == (told is None)
    if told is not None:
        assert finding.difference.theirs == told


async def test_the_settled_part_is_the_share_that_was_kept() -> None:
    """Half of the price back: half is refunded, and the cost is what they kept."""
    settled: list[AttemptNews] = []

    async def rows() -> AsyncIterator[TheirRow]:
        yield TheirRow(
            our_no="1", upstream_no="U", kind=K.SUCCESS, amount_minor=980, refunded_minor=490
        )

    async def settle(news: Sequence[AttemptNews]) -> list[str]:
        settled.extend(news)
        return ["applied"]

    ours = attempt("accepted")
    reconciler = Reconciler(books=FakeBooks([ours]), settle=settle, next_id=lambda: 1)
    await reconciler.run(1, date(2026, 3, 1), rows())
    [told] = settled
    half_up = ours.order_amount_minor - ours.order_amount_minor // 2
    assert (told.news, told.cost, told.delivered, told.refund) == ("partial", 490, 0, half_up)


@pytest.mark.parametrize(
    "text",
    [
        "our_no,state,amount,refunded\n1,success,980,490\n",
        "our_no,state,amount_yuan,refunded_yuan\n1,success,9.80,4.90\n",
    ],
)
def test_a_bill_may_say_what_came_back(text: str) -> None:
    """In minor units or in yuan; a wrong sum names its line."""
    (row_,) = read_rows(text)
    assert (row_.amount_minor, row_.refunded_minor) == (980, 490)
    with pytest.raises(DeskRefusedError) as caught:
        list(read_rows(text.replace("490", "x").replace("4.90", "x")))
    assert "line 2: refunded" in in_words(caught.value)


@dataclass
class FakeBooks:
    """Our side: these attempts, and no others."""

    attempts: list[OurAttempt]

    async def attempts_of_day(self, _upstream_id: int, _day: date) -> list[OurAttempt]:
        """All."""
        return self.attempts

    async def known(self, _upstream_id: int, _attempt_ids: Sequence[int]) -> set[int]:
        """None."""
        return set()


async def nothing(_columns: list[list[Any]]) -> list[str]:
    """A dry run settles nothing."""
    raise AssertionError
