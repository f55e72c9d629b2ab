"""The order path between fakes: whatever breaks, each line is answered by its one owner."""

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from gateway.codes.stock import Run, Stock
from gateway.ground.errors import CommitInDoubtError, InvariantBrokenError
from gateway.orders.commit import LINE_COLUMNS, CommitAnswer, CommitRequest
from gateway.orders.failed_commit import DOUBT_ANSWER_S
from gateway.orders.hand import Hand, Loose
from gateway.orders.intake import Intake
from gateway.orders.line import Answered, Line
from gateway.orders.refusal import Reason, Refusal
from gateway.orders.rules import LineOutcome
from tests.clock import LONG_S, PATIENCE_S, put_forward, turns

POOL = 4
RUN: Run = (1, 1, 0, 1)


class _Sku:
    id = 1
    pool_id = POOL


def line(number: str) -> Line:
    """An order for one code."""
    return Line(
        partner_id=1, key_id="k", reads_codes=False, sku=cast("Any", _Sku()), outlet=POOL,
        out_order_no=number,
        content_hash=b"h", quantity=1, amount_minor=1, account=None, metadata=None, details=None,
        quotas=None, notify=False, notify_url=None,
    )  # fmt: skip


class OneCodeAtFirst:
    """A stock that has one code; after a refill it has more."""

    def __init__(self) -> None:
        self.codes = 1
        self.abandoned: list[Any] = []
        self.refilled = asyncio.Event()

    def claim_many(self, wanted: Sequence[tuple[int, int]]) -> list[list[Run] | None]:
        """The first that asks gets it."""
        answers: list[list[Run] | None] = []
        for _ in wanted:
            answers.append([RUN] if self.codes else None)
            self.codes -= bool(self.codes)
        return answers

    async def refill(self, outlet: int, demand: int, *, recalled: bool) -> str:  # noqa: ARG002
        """More codes, when the test lets them come."""
        await self.refilled.wait()
        self.codes += 5
        return "granted"

    def sold_out(self, pool_id: int) -> bool:  # noqa: ARG002
        """Never."""
        return False

    def abandon(self, pool_id: int, runs: Sequence[Run]) -> None:  # noqa: ARG002
        """Nobody knows."""
        self.abandoned += runs

    def unused(self, pool_id: int, runs: Sequence[Run]) -> None:  # noqa: ARG002
        """Not sold."""
        self.codes += len(runs)

    def used(self, pool_id: int, runs: Sequence[Run]) -> None:
        """Sold."""


class FirstCallBreaks:
    """A committer whose first commit meets a bug."""

    def __init__(self, then: Callable[[], None] = lambda: None) -> None:
        self.calls = 0
        self._then = then

    async def commit(self, batch_id: uuid.UUID, request: CommitRequest) -> CommitAnswer:  # noqa: ARG002
        """Breaks once, then commits what it gets."""
        self.calls += 1
        if self.calls == 1:
            await asyncio.sleep(0)
            self._then()
            await turns(50)  # parked lines may be in other hands by now
            raise RuntimeError("a bug")
        return CommitAnswer(committed_at=datetime.now(UTC), outcomes=[1], existing=[None])

    async def close(self) -> None:
        """Nothing to close."""


def intake_on(stock: OneCodeAtFirst, committer: FirstCallBreaks, **more: Any) -> Intake:
    """The real intake."""

    async def nothing(keys: Any) -> Mapping[Any, Any]:
        return {}

    settings: dict[str, Any] = {
        "committers": [committer],
        "stock": cast("Stock", stock),
        "seal": lambda lines: [b"[]"] * len(lines),
        "answer_plain": lambda batch, moment: b"",  # noqa: ARG005
        "by_numbers": nothing,
        "by_ids": nothing,
        "certainly_new": lambda *_: False,
        "perhaps_accepted": lambda *_: False,
        "was_met": lambda *_: False,
        "next_ids": lambda n: list(range(1, n + 1)),
        "created": lambda event: None,  # noqa: ARG005
        "outlet_now": lambda line: line.outlet,
        "price_again": lambda *_: Refusal(Reason.CAMPAIGN_CLOSED),
        "batch_max": 10,
        "waiting_max": 100,
    }
    return Intake(**{**settings, **more})


async def answer(given: "Answered | Awaitable[Answered]") -> Answered:
    """What a line was told."""
    return given if isinstance(given, Answered) else await given


async def test_an_error_settles_only_what_is_still_in_hand() -> None:
    """A bug in the commit answers 500 to its lines; a line that was parked meanwhile is sold once.

    Seen red ("INTERNAL" for the parked line, committed and charged later) with every line of the
    batch settled. `found.md` §4.
    """
    stock = OneCodeAtFirst()
    committer = FirstCallBreaks(stock.refilled.set)
    intake = intake_on(stock, committer)
    intake.start()
    first, parked = line("first"), line("parked")
    answers = [intake.submit(first), intake.submit(parked)]
    async with asyncio.timeout(PATIENCE_S):
        settled = [await answer(each) for each in answers]
        assert [each.outcome for each in settled] == [LineOutcome.INTERNAL, LineOutcome.CREATED]
        assert stock.abandoned == [RUN]
        await intake.close()


async def test_an_error_while_sealing_is_not_the_end_of_the_committer() -> None:
    """What is committed and cannot be told is 500 once; the next batch is committed."""
    stock = OneCodeAtFirst()
    stock.codes = 2
    committer = FirstCallBreaks()
    committer.calls = 1
    broken = iter([True])

    def seal(lines: Sequence[Line]) -> list[bytes | None]:
        if next(broken, False):
            raise RuntimeError("a bug")
        return [b"[]"] * len(lines)

    intake = intake_on(stock, committer, seal=seal)
    intake.start()
    async with asyncio.timeout(PATIENCE_S):
        assert (await answer(intake.submit(line("a")))).outcome is LineOutcome.INTERNAL
        assert (await answer(intake.submit(line("b")))).outcome is LineOutcome.CREATED
        await intake.close()


class NeverSays(FirstCallBreaks):
    """A committer whose first commit is in doubt; the database is asked, and says nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.says = asyncio.Event(), asyncio.Event()

    async def commit(self, batch_id: uuid.UUID, request: CommitRequest) -> CommitAnswer:  # noqa: ARG002
        """In doubt once, then commits what it gets."""
        self.calls += 1
        if self.calls == 1:
            raise CommitInDoubtError("the connection was cut")
        return CommitAnswer(committed_at=datetime.now(UTC), outcomes=[1], existing=[None])

    async def decide(self, batch_id: uuid.UUID) -> bool:  # noqa: ARG002
        """The old transaction still runs: whoever asks waits until it ended."""
        self.asked.set()
        await self.says.wait()
        return False


async def test_nobody_waits_for_a_doubt_that_is_not_decided() -> None:
    """The old transaction hangs, and so does who asks what became of it: the order is told to come
    later after three seconds, and at once when it comes again; once that is known it is made.

    Seen red (no answer before the statement's own limit, 30 s) with those told alone for whom the
    database was away.
    """
    stock, committer = OneCodeAtFirst(), NeverSays()
    intake = intake_on(stock, committer)
    intake.start()
    async with asyncio.timeout(PATIENCE_S + 2 * LONG_S):
        first = intake.submit(line("a"))
        await committer.asked.wait()
        for waiting in (first, intake.submit(line("a"))):
            put_forward(DOUBT_ANSWER_S)
            assert (await answer(waiting)).outcome is LineOutcome.DATABASE_AWAY
        committer.says.set()
        await turns()
        again = [await answer(intake.submit(line("a")))]
        while again[-1].outcome is not LineOutcome.CREATED:
            await turns()
            again.append(await answer(intake.submit(line("a"))))
        assert {each.outcome for each in again} <= {LineOutcome.DATABASE_AWAY, LineOutcome.CREATED}
        assert committer.calls == 2
        await intake.close()


async def test_work_whose_caller_has_gone_is_dropped_before_the_commit() -> None:
    """Its deadline came while it waited: no code is claimed, no commit asked for; it may be tried
    again. Whoever has time left is served, and so is who came later with the same number.

    Seen red without the look before the commit: both were sold.
    """
    stock = OneCodeAtFirst()
    stock.codes = 5
    committer = FirstCallBreaks()
    committer.calls = 1
    intake = intake_on(stock, committer, batch_max=1)
    gone, shared, in_time = line("gone"), line("shared"), line("in time")
    gone.waits_until = shared.waits_until = time.monotonic()
    in_time.waits_until = time.monotonic() + LONG_S
    intake.start()
    answers = [intake.submit(each) for each in (gone, shared, in_time, line("shared"))]
    async with asyncio.timeout(PATIENCE_S):
        settled = [await answer(each) for each in answers]
        assert [each.outcome for each in settled] == [
            LineOutcome.OVERLOADED, LineOutcome.CREATED, LineOutcome.CREATED, LineOutcome.REPLAYED,
        ]  # fmt: skip
        assert stock.codes == 3
        again = line("gone")
        assert (await answer(intake.submit(again))).outcome is LineOutcome.CREATED
        await intake.close()


class OutOfWindow:
    """A committer whose first commit finds its line out of its window."""

    def __init__(self) -> None:
        self.amounts: list[str] = []

    async def commit(self, batch_id: uuid.UUID, request: CommitRequest) -> CommitAnswer:  # noqa: ARG002
        """11, then what it gets."""
        (at,) = [n for n, column in enumerate(LINE_COLUMNS) if column.name == "p_amount"]
        self.amounts.append(request.lines[at])
        outcome = 11 if len(self.amounts) == 1 else 1
        return CommitAnswer(committed_at=datetime.now(UTC), outcomes=[outcome], existing=[None])

    async def close(self) -> None:
        """Nothing to close."""


@pytest.mark.parametrize("refusal", [None, Refusal(Reason.PRICE_CHANGED, total_minor=7, most=1)])
async def test_a_price_that_ended_before_the_commit(refusal: Refusal | None) -> None:
    """The line is priced anew by the database's clock and committed at that, or refused for it."""
    stock, committer = OneCodeAtFirst(), OutOfWindow()
    stock.codes = 2

    def price_again(line: Line, _: datetime) -> Refusal | None:
        line.amount_minor = 7
        return refusal

    intake = intake_on(stock, cast("Any", committer), price_again=price_again)
    intake.start()
    async with asyncio.timeout(PATIENCE_S):
        answered = await answer(intake.submit(line("a")))
        await intake.close()
    if refusal is None:
        assert (answered.outcome, committer.amounts) == (LineOutcome.CREATED, ["{1}", "{7}"])
    else:
        assert (answered.outcome, answered.refusal) == (LineOutcome.REFUSED, refusal)
        assert len(committer.amounts) == 1


def test_a_line_leaves_a_hand_once() -> None:
    """Handing a line over twice is a bug that is heard at once, not two answers."""
    one, other = cast("Loose", line("one")), cast("Loose", line("other"))
    hand = Hand([one, other])
    for each in hand:
        if each is one:
            assert hand.let_go(each) is one
    assert list(hand) == [other]
    with pytest.raises(InvariantBrokenError):
        hand.let_go(one)
