"""A database that does not answer is `maintenance`; a queue that is full is `overloaded`."""

import asyncio
import uuid
from typing import Any, cast

import pytest

from gateway.codes.stock import Stock
from gateway.ground.errors import OverloadedError, StoreUnavailableError
from gateway.ground.native import Allocator
from gateway.orders.commit import CommitRequest
from gateway.orders.line import Answered
from gateway.orders.problems import problem_of
from gateway.orders.refused import refusal_of
from gateway.orders.rules import LineOutcome
from gateway.orders.tail import Tail
from gateway.orders.unsold import Unsold
from tests.clock import PATIENCE_S
from tests.unit.orders.test_intake import OneCodeAtFirst, answer, intake_on, line


class Away:
    """A lane whose database is away until the test says otherwise."""

    def __init__(self) -> None:
        self.opened = asyncio.Event()

    async def commit(self, batch_id: uuid.UUID, request: CommitRequest) -> Any:  # noqa: ARG002
        """Nothing was sent."""
        raise StoreUnavailableError

    async def open(self) -> None:
        """Comes back when told."""
        await self.opened.wait()

    async def close(self) -> None:
        """Nothing to close."""


class Stocked(OneCodeAtFirst):
    """A stock that takes codes back."""

    def unused(self, pool_id: int, runs: Any) -> None:
        """Not sold."""

    def announce_all(self) -> None:
        """The database is back."""


def code_of(settled: Answered) -> str:
    """What the partner reads."""
    return problem_of(refusal_of(settled)).code


async def test_a_database_that_is_away_is_maintenance_at_the_commit_and_at_the_door() -> None:
    """For the lines of the commit and for those that come while it is away.

    Seen red ("overloaded", both) while one verdict said either.
    """
    lane = Away()
    intake = intake_on(Stocked(), cast("Any", lane))
    intake.start()
    async with asyncio.timeout(PATIENCE_S):
        assert code_of(await answer(intake.submit(line("first")))) == "maintenance"
        assert intake.absence.lasts
        assert code_of(await answer(intake.submit(line("second")))) == "maintenance"
        lane.opened.set()
        await intake.close()


async def test_a_full_queue_is_overloaded() -> None:
    """No lane had its turn yet: the second line finds no place."""
    lane = Away()
    lane.opened.set()
    intake = intake_on(Stocked(), cast("Any", lane), waiting_max=1)
    intake.start()
    intake.submit(line("first"))
    told = intake.submit(line("second"))
    assert isinstance(told, Answered)
    assert code_of(told) == "overloaded"
    async with asyncio.timeout(PATIENCE_S):
        await intake.close()


@pytest.mark.parametrize(
    ("error", "code"),
    [(StoreUnavailableError(), "maintenance"), (OverloadedError(), "overloaded")],
)
async def test_what_looks_numbers_up_tells_them_apart(error: Exception, code: str) -> None:
    """A look-up that finds no connection free is not a database that is away."""

    async def fails(numbers: Any) -> Any:
        raise error

    told: list[Answered] = []
    unsold = Unsold(
        by_numbers=fails, answer=lambda _, how: told.append(how), batch_max=5, waiting_max=5
    )
    unsold.put(cast("Any", line("first")))
    async with asyncio.timeout(PATIENCE_S):
        await unsold.idle()
    assert [code_of(each) for each in told] == [code]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (StoreUnavailableError(), "maintenance"),
        (OverloadedError(), "overloaded"),
        (KeyError("a bug"), "internal"),
    ],
)
async def test_what_fetches_codes_tells_them_apart(
    error: Exception, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The real stock behind the real tail: a parked line hears why there are no codes."""

    async def fails(*_: Any, **__: Any) -> Any:
        raise error

    monkeypatch.setattr(Stock, "_ask_for_more", fails)
    stock = Stock(allocator=Allocator(), leases=cast("Any", None), find_corrupt=lambda *_: [])
    told: list[Answered] = []
    tail = Tail(
        stock=stock,
        requeue=lambda _: None,
        answer=lambda _, how: told.append(how),
        answer_unsold=lambda _: None,
        outlet_now=lambda _: 4,
    )
    tail.park(4, cast("Any", line("first")))
    async with asyncio.timeout(PATIENCE_S):
        await tail.idle()
    assert [code_of(each) for each in told] == [code]


def test_the_numbers_of_verdicts_are_of_one_kind_each() -> None:
    """Every verdict that is not an order has its problem; metrics name both absences."""
    assert code_of(Answered(LineOutcome.OVERLOADED)) == "overloaded"
    assert code_of(Answered(LineOutcome.DATABASE_AWAY)) == "maintenance"
