"""What an answer's codes mean for the order that wants some, and what of them is kept."""

from dataclasses import dataclass
from typing import Any

import orjson
import pytest

from connectors.contract import Answer, AnswerKind, DeliveredCode, Ordered, Reason
from connectors.echo import Expected
from connectors.judgement import Judgement, judge
from connectors.secret import Secret
from gateway.catalog.rules import SkuKind
from gateway.dispatch.answers import bought_codes, decide, settlement_of
from gateway.dispatch.attempt import News
from gateway.dispatch.job import Job
from gateway.dispatch.purchase import CODES_MISSING, decide_codes
from gateway.dispatch.settlement import Decision, Facts, Next, Policy

PLAN_S = (1.0, 2.0, 5.0)
POLICY = Policy(
    poll_plan_s=PLAN_S, finality_window_s=120.0, not_found_needed=3, resend_allowed=True
)
SECRET = "CANARY-CODE"


def job(quantity: int = 1, account: str = "", queries: int = 0) -> Job:
    """An attempt that buys codes, unless it has an account."""
    return Job(
        attempt_id=1, partner_id=2, order_id=3, sku_id=4, upstream_id=5, product_id="p",
        account=account, quantity=quantity, amount_minor=100, cost_max_minor=None,
        face_minor=None, ordered_at=0.0, since=0.0, queries=queries,
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class SkuStub:
    """As much of a SKU as settling needs."""

    kind: SkuKind = SkuKind.CODE
    purchase_pool_id: int | None = 7


def facts(quantity: int = 1, queries: int = 0) -> Facts:
    """An order of codes."""
    return Facts(age_s=10.0, quantity=quantity, queries=queries, amount_minor=100 * quantity)


def done(delivered: int, news: News = News.SUCCEEDED) -> Decision:
    """What the platform's word alone would mean."""
    return Decision(news=news, delivered=delivered, refund_minor=None)


@pytest.mark.parametrize(
    ("said", "given", "queries", "expected"),
    [
        (done(2), 2, 0, (News.SUCCEEDED, Next.NOTHING)),  # all there
        (done(2), 3, 0, (News.SUCCEEDED, Next.NOTHING)),  # more: the store makes the rest void
        (done(2), 1, 0, (News.UNCERTAIN, Next.HOLD)),  # fewer, and nobody said so
        (done(2), 0, 0, (News.ACCEPTED, Next.NOTHING)),  # none: asked again
        (done(2), 0, 3, (News.ACCEPTED, Next.HOLD)),  # none after the whole poll plan
        (done(1, News.PARTIAL), 1, 0, (News.PARTIAL, Next.NOTHING)),  # fewer, as it said
        (done(1, News.PARTIAL), 0, 0, (News.ACCEPTED, Next.NOTHING)),
        (done(2, News.PARTIAL), 1, 0, (News.UNCERTAIN, Next.HOLD)),  # not even that many
        (done(0, News.PARTIAL), 1, 0, (News.UNCERTAIN, Next.HOLD)),  # no whole piece: no code
        (Decision(news=News.REJECTED, next=Next.FAIL_OVER), 0, 0, (News.REJECTED, Next.FAIL_OVER)),
        (Decision(news=News.REVERSED), 2, 0, (News.REVERSED, Next.NOTHING)),
        (Decision(news=News.ACCEPTED), 0, 9, (News.ACCEPTED, Next.NOTHING)),  # it works on it
    ],
)  # fmt: skip
def test_only_codes_that_are_here_are_delivered(
    said: Decision, given: int, queries: int, expected: tuple[News, Next]
) -> None:
    """A table of the platform's word and the codes that came with it."""
    decided = decide_codes(said, facts(2, queries), POLICY, 0.5, given=given)
    assert expected == (decided.news, decided.next)
    if decided.news in {News.ACCEPTED, News.UNCERTAIN} and said.delivered is not None:
        assert decided.check_in_s is not None  # it will be asked again
        assert (decided.delivered, decided.refund_minor) == (None, None)


def test_a_success_that_never_gives_its_codes_is_shown() -> None:
    """A connector that waits for codes: once the poll plan is through, a person is told."""
    waiting = Decision(news=News.ACCEPTED, check_in_s=5.0)
    for queries, expected in ((0, Next.NOTHING), (2, Next.NOTHING), (3, Next.HOLD)):
        decided = decide_codes(
            waiting, facts(1, queries), POLICY, 0.5, given=0, reason=CODES_MISSING
        )
        assert (decided.next, decided.check_in_s) == (expected, 5.0)
    assert CODES_MISSING == Reason.CODES_MISSING


@pytest.mark.parametrize(
    ("kind", "given", "plaintext", "identity"),
    [
        (SkuKind.CODE, ("A1", None, None), {"code": "A1"}, "A1"),
        (SkuKind.CODE, ("A1", "9", None), {"code": "A1", "pin": "9"}, "A1"),
        (SkuKind.CODE, ("A1", None, "https://x.cn"), {"code": "A1", "url": "https://x.cn"}, "A1"),
        # A code that is a link stays a code, if codes are sold.
        (SkuKind.CODE, ("https://x.cn", None, None), {"code": "https://x.cn"}, "https://x.cn"),
        (SkuKind.LINK, ("https://x.cn", None, None), {"url": "https://x.cn"}, "https://x.cn"),
        (SkuKind.QR, ("https://x.cn", "9", "https://x.cn"),
         {"pin": "9", "url": "https://x.cn"}, "https://x.cn"),
        (SkuKind.LINK, ("A1", None, "https://x.cn"), {"code": "A1", "url": "https://x.cn"}, "A1"),
        (SkuKind.QR, ("A1", None, None), {"code": "A1"}, "A1"),  # what the picture shows
    ],
)  # fmt: skip
def test_a_bought_code_looks_like_an_imported_one(
    kind: SkuKind, given: tuple[str, str | None, str | None], plaintext: Any, identity: str
) -> None:
    """The same members in the same order, absent ones left out; its identity is the code's."""
    code, pin, url = (None if text is None else Secret(text) for text in given)
    assert code is not None
    (bought,) = bought_codes([DeliveredCode(code=code, pin=pin, url=url)], kind)
    assert bought.plaintext == orjson.dumps(plaintext)
    assert bought.identity == identity.encode()


def test_what_is_no_text_is_no_code() -> None:
    """Half a surrogate pair cannot be delivered: it counts as missing."""
    assert bought_codes([DeliveredCode(code=Secret("\ud800"))], SkuKind.CODE) == ()


def test_no_representation_shows_a_code() -> None:
    """Neither a settlement nor what is in it writes a code when it is logged."""
    told = answer(AnswerKind.SUCCESS, codes=1)
    line = settle(job(), told)
    assert line.purchase is not None
    assert len(line.purchase.codes) == 1
    assert SECRET not in repr((told.codes, line, line.purchase, line.purchase.codes))


def answer(kind: AnswerKind, codes: int = 0, reason: Reason | None = None) -> Judgement:
    """What a platform says, with so many codes, in words that quote one."""
    given = tuple(DeliveredCode(code=Secret(f"{SECRET}-{n}")) for n in range(codes))
    return Judgement(
        kind=kind,
        codes=given,
        reason=reason,
        code="3",
        message=f"your card: {SECRET}",
        cost_minor=98,
    )


def settle(attempt: Job, told: Judgement, *, submitted: bool = False) -> Any:
    """The line that an answer comes to."""
    known = facts(attempt.quantity, attempt.queries)
    decision = decide(attempt, told, known, POLICY, 0.5, submitted=submitted)
    sku: Any = SkuStub()
    return settlement_of(attempt, decision, told, webhook_id=9, sku=sku)


@pytest.mark.parametrize(
    ("told", "quantity", "kept"),
    [
        (answer(AnswerKind.SUCCESS, 2), 2, None),
        (answer(AnswerKind.SUCCESS, 1), 2, None),  # parked for a person
        (answer(AnswerKind.SUCCESS, 0), 1, None),
        (answer(AnswerKind.PROCESSING, 0, Reason.CODES_MISSING), 1, None),
        (answer(AnswerKind.FAILED), 1, f"your card: {SECRET}"),  # a refusal has no codes: say why
    ],
)
def test_a_platforms_words_about_codes_are_not_kept(
    told: Judgement, quantity: int, kept: str | None
) -> None:
    """They may quote a code; only refusals are repeated, to partner and operator."""
    line = settle(job(quantity, queries=3), told)
    assert line.message == kept
    assert SECRET not in (line.park or "")


def test_the_words_about_a_top_up_are_kept() -> None:
    """There is no code to quote."""
    assert settle(job(account="138"), answer(AnswerKind.SUCCESS)).message == f"your card: {SECRET}"
    assert settle(job(account="138"), answer(AnswerKind.SUCCESS)).purchase is None


def test_a_submit_may_bring_the_codes() -> None:
    """Where the platform answers at once, the submit's own codes are the order's."""
    told = answer(AnswerKind.SUCCESS, codes=1)
    line = settle(job(), told, submitted=True)
    assert (line.news, line.delivered, line.purchase.wanted) == (News.SUCCEEDED, 1, 1)


def test_a_connectors_answer_fits() -> None:
    """What a connector says, judged, has every member that settling looks at."""
    said = Answer(kind=AnswerKind.SUCCESS, codes=(DeliveredCode(code=Secret("A")),))
    judged = judge(said, Ordered(attempt_no="1"), Expected())
    assert settle(job(), judged).purchase.codes[0].identity == b"A"
