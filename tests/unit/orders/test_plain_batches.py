"""Plain lines on the order path: one number is in one place, whatever comes in between."""

import asyncio
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, cast

import orjson
import pytest

from gateway.codes.stock import Stock
from gateway.ground.errors import StoreUnavailableError
from gateway.ground.native import PlainLines
from gateway.orders.commit import CommitAnswer, CommitRequest
from gateway.orders.intake import Intake
from gateway.orders.line import Answered, Line
from gateway.orders.plain_batch import PlainBatch, lines_of, plain_batch
from gateway.orders.rules import LineOutcome
from tests.clock import PATIENCE_S
from tests.unit.orders.plain_shop import KEY, shop, sku
from tests.unit.orders.test_intake import intake_on

CATALOG = shop(sku(1, "PLAIN"), sku(2, "OTHER"))
RESULTS = b"the answer"
C = LineOutcome.CREATED


def batch_of(*numbers: str, name: str = "PLAIN", waits_until: float | None = None) -> PlainBatch:
    """A batch of orders for one code each."""
    orders = [{"out_order_no": number, "sku": name} for number in numbers]
    lines = PlainLines.read(orjson.dumps({"orders": orders}))
    assert lines is not None
    batch = plain_batch(CATALOG, KEY, lines, waits_until)
    assert batch is not None
    return batch


def line_of(number: str, *, buyer: str | None = None) -> Line:
    """The same order alone, or another with its number."""
    line = lines_of(batch_of(number))[0]
    if buyer is not None:
        line.content_hash = buyer.encode()
        line.content = None
    return line


class Codes:
    """A stock of so many codes."""

    def __init__(self, codes: int) -> None:
        self.codes = codes
        self.used_up: list[tuple[int, int]] = []

    def claim_many(self, wanted: Sequence[tuple[int, int]]) -> list[list[Any] | None]:
        """In order, as long as there are enough."""
        answers: list[list[Any] | None] = []
        for _, quantity in wanted:
            answers.append([(1, 1, 100 - self.codes, quantity)] if quantity <= self.codes else None)
            self.codes -= quantity if quantity <= self.codes else 0
        return answers

    def used(self, outlet: int, runs: Sequence[Any]) -> None:
        """Sold."""
        self.used_up.append((outlet, sum(run[3] for run in runs)))

    def unused(self, outlet: int, runs: Sequence[Any]) -> None:  # noqa: ARG002
        """Not sold."""
        self.codes += sum(run[3] for run in runs)

    def sold_out(self, outlet: int) -> bool:  # noqa: ARG002
        """Never proved."""
        return False

    async def refill(self, outlet: int, demand: int, *, recalled: bool) -> str:  # noqa: ARG002
        """There is no more."""
        return "sold_out"

    def __getattr__(self, name: str) -> Any:
        """Whatever the tail asks besides says no."""
        return lambda *_, **__: 0


class Books:
    """A committer that answers as it is told, line by line, and waits for `go` before."""

    def __init__(self, *answers: Sequence[int] | Exception) -> None:
        self.go = asyncio.Event()
        self.requests: list[CommitRequest] = []
        self._answers = [*answers]

    async def commit(self, batch_id: uuid.UUID, request: CommitRequest) -> CommitAnswer:  # noqa: ARG002
        """Everything is an order, unless something else was said."""
        self.requests.append(request)
        await self.go.wait()
        said = self._answers.pop(0) if self._answers else [1] * request.size
        if isinstance(said, Exception):
            raise said
        known = [None if outcome == C else 5 for outcome in said]
        return CommitAnswer(committed_at=datetime.now(UTC), outcomes=list(said), existing=known)

    async def open(self) -> None:
        """It is."""

    async def close(self) -> None:
        """Nothing to close."""


def intake(stock: Codes, committer: Books, **more: Any) -> Intake:
    """The real intake, started."""
    made = intake_on(
        cast("Any", cast("Stock", stock)), cast("Any", committer),
        answer_plain=lambda batch, moment: RESULTS, **more,  # noqa: ARG005
    )  # fmt: skip
    made.start()
    return made


async def told(batch: PlainBatch) -> Any:
    """What the batch's caller is told."""
    assert batch.future is not None
    async with asyncio.timeout(PATIENCE_S):
        said = await batch.future
        if isinstance(said, bytes):
            return said
        return [(await future).outcome for _, future in said]


async def answer(given: Any) -> Answered:
    """What a line is told."""
    async with asyncio.timeout(PATIENCE_S):
        return cast("Answered", given if isinstance(given, Answered) else await given)


async def test_all_of_a_batch_become_orders_in_one_commit() -> None:
    """One commit, one answer, codes settled once, whatever was with it; ids grow."""
    stock, committer = Codes(10), Books()
    path = intake(stock, committer)
    batch, alone = batch_of("a", "b", "c"), line_of("d")
    assert path.submit_plain(batch) is not None
    single = path.submit(alone)
    committer.go.set()
    assert await told(batch) == RESULTS
    assert (await answer(single)).outcome is C
    assert [request.size for request in committer.requests] == [4]
    assert (path.lines_committed, stock.codes, sorted(stock.used_up)) == (4, 6, [(1, 1), (1, 3)])
    assert [made.order_id for made in lines_of(batch)] + [alone.order_id] == [1, 2, 3, 4]
    assert not path.may_repeat(7, "a")
    await path.close()


async def test_a_number_is_in_one_place() -> None:
    """A line that bears a number of a batch under way waits for that one: the same order is a
    replay of it, another a conflict. A batch with a number under way is not taken. Seen red with
    the batch's numbers not looked at (both were committed), and with a line's not.
    """
    stock, committer = Codes(10), Books()
    path = intake(stock, committer)
    batch = batch_of("a", "b")
    assert path.submit_plain(batch) is not None
    same, other = path.submit(line_of("b")), path.submit(line_of("b", buyer="x"))
    assert path.submit_plain(batch_of("c", "b")) is None
    alone = path.submit(line_of("d"))
    assert path.submit_plain(batch_of("d", "e")) is None
    assert path.may_repeat(7, "a")
    committer.go.set()
    assert await told(batch) == RESULTS
    verdicts = [await answer(each) for each in (same, other, alone)]
    assert [one.outcome for one in verdicts] == [LineOutcome.REPLAYED, LineOutcome.CONFLICT, C]
    assert [one.order_id for one in verdicts[:2]] == [2, 2]
    assert stock.codes == 7
    await path.close()


async def test_lines_of_a_batch_that_are_no_orders() -> None:
    """Of a batch of which one line is refused the others are orders, each is told what became of
    it, and who waited for its number with it. Seen red with the waiters left behind."""
    stock, committer = Codes(10), Books([1, 2, 4])
    path = intake(stock, committer)
    batch = batch_of("a", "b", "c")
    path.submit_plain(batch)
    waiting = path.submit(line_of("b"))
    committer.go.set()
    assert await told(batch) == [C, LineOutcome.REPLAYED, LineOutcome.INSUFFICIENT_BALANCE]
    assert (await answer(waiting)).outcome is LineOutcome.REPLAYED
    assert stock.codes == 9
    assert not path.may_repeat(7, "b")
    await path.close()


async def test_a_batch_that_finds_too_few_codes() -> None:
    """Its first lines get what there is, the others are told so; nothing is claimed twice."""
    stock, committer = Codes(2), Books()
    path = intake(stock, committer)
    batch = batch_of("a", "b", "c")
    path.submit_plain(batch)
    committer.go.set()
    verdicts = await told(batch)
    assert verdicts[:2] == [C, C]
    assert verdicts[2] in {LineOutcome.SOLD_OUT, LineOutcome.BUSY}
    assert stock.codes == 0
    await path.close()


@pytest.mark.parametrize("error", [StoreUnavailableError("away"), RuntimeError("a bug")])
async def test_a_commit_that_fails(error: Exception) -> None:
    """Every line is told so once, and its number is free again."""
    stock, committer = Codes(10), Books(error)
    path = intake(stock, committer)
    batch = batch_of("a", "b")
    path.submit_plain(batch)
    committer.go.set()
    verdict = LineOutcome.INTERNAL if isinstance(error, RuntimeError) else LineOutcome.DATABASE_AWAY
    assert await told(batch) == [verdict] * 2
    assert not path.may_repeat(7, "a")
    await path.close()


async def test_codes_that_cannot_be_sealed() -> None:
    """The orders are durable: each line is sealed and answered by itself."""
    stock, committer = Codes(10), Books()
    path = intake_on(
        cast("Any", stock), cast("Any", committer), answer_plain=lambda *_: None,
        seal=lambda lines: [None, b"[]"][: len(lines)],
    )  # fmt: skip
    path.start()
    batch = batch_of("a", "b")
    path.submit_plain(batch)
    committer.go.set()
    assert batch.future is not None
    said = await batch.future
    assert not isinstance(said, bytes)
    assert [(await future).codes for _, future in said] == [None, b"[]"]
    assert path.lines_committed == 2
    await path.close()


async def test_whose_caller_has_gone() -> None:
    """Nothing of it is committed, unless somebody else waits for one of its numbers."""
    stock, committer = Codes(10), Books()
    path = intake(stock, committer)
    batch = batch_of("a", "b", waits_until=0.0)
    path.submit_plain(batch)
    assert await told(batch) == [LineOutcome.OVERLOADED] * 2
    assert not committer.requests
    await path.close()


async def test_the_queue_counts_lines() -> None:
    """A batch takes as many places as it has lines, and leaves as many. Seen red with one."""
    stock, committer = Codes(10), Books()
    path = intake_on(cast("Any", stock), cast("Any", committer), waiting_max=5)
    path.start()
    assert path.submit_plain(batch_of("a", "b")) is not None
    assert path.waiting == 2
    assert path.submit_plain(batch_of("c", "d")) is None
    committer.go.set()
    await asyncio.sleep(0)
    await path.close()
    assert path.waiting == 0
