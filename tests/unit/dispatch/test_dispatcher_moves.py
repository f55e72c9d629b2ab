"""What waits for a lane that takes no calls is moved or stays, and is never lost on the way."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from gateway.dispatch import dispatcher as room
from gateway.dispatch.attempt_record import AttemptRecord
from gateway.dispatch.dispatcher import Dispatcher
from gateway.dispatch.job import Job, job_of
from gateway.dispatch.lane import Lane
from gateway.ground.errors import OverloadedError


def record(number: int) -> AttemptRecord:
    """An attempt that was never sent."""
    return AttemptRecord(
        id=number, partner_id=1, order_id=number, upstream_id=1, product_id="25", quantity=1,
        account="13800138000", cost_max=None, face_value=None, cost=None, state="created",
        upstream_no=None, queries=0, not_found=0, sends=0, age_s=5.0, order_age_s=5.0, unsent=True,
        sku_id=1, amount=100, succeeded_before=False,
    )  # fmt: skip


class Rows:
    """The attempts of the database: all are due."""

    def __init__(self, count: int) -> None:
        self.records = [record(number) for number in range(count)]
        self.tried_routes = None

    async def take_due(self, *_: Any, **__: Any) -> list[AttemptRecord]:
        """All of them."""
        return self.records

    async def write_lanes(self, columns: Any) -> None:
        """Nobody reads them."""


def stuck(rows: Rows) -> tuple[Dispatcher, Lane]:
    """A dispatcher with all of these attempts in one lane, which is paused."""
    unused: Any = None
    attempts: Any = rows
    dispatcher = Dispatcher(
        attempts=attempts, purchases=unused, requests=unused, next_id=lambda: 1,
        catalog=lambda: SimpleNamespace(skus_by_id={}, upstreams={}), sells_at_once=lambda _: None,
    )  # type: ignore[arg-type,return-value]  # fmt: skip
    lane = dispatcher._routes.lane(1, "25")
    lane.paused = True
    for each in rows.records:
        dispatcher._put(job_of(each, 0.0))
    dispatcher._may_move = lambda _: True  # type: ignore[method-assign]
    return dispatcher, lane


async def tended(dispatcher: Dispatcher) -> None:
    """One look at the lanes, to its end."""
    dispatcher._tended_at = 0.0
    await dispatcher._tend_lanes()
    while dispatcher._background:
        await asyncio.wait(dispatcher._background)


async def test_a_move_that_breaks_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """No connection is free to look other routes up: what was to move is found by its row.

    Seen red (nothing waits any more, for as long as the worker lives: 11,524 orders of a soak)
    with a move that kept holding what it had taken out of the lane.
    """
    dispatcher, lane = stuck(Rows(40))

    async def no_connection(_job: Job) -> None:
        raise OverloadedError

    monkeypatch.setattr(dispatcher._routes, "elsewhere", no_connection)
    await tended(dispatcher)
    await dispatcher._take_due(orphans=False)
    assert lane.waiting == 40


async def test_few_are_moved_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands may wait, and each look-up needs a connection that orders need as well; what
    cannot go anywhere is back in its lane.

    Seen red (40 at once) with a task for each.
    """
    dispatcher, lane = stuck(Rows(40))
    now, most = 0, 0

    async def look_up(_job: Job) -> None:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0)
        now -= 1

    monkeypatch.setattr(dispatcher._routes, "elsewhere", look_up)
    monkeypatch.setattr(room, "decide_waiting", lambda _: None)
    await tended(dispatcher)
    assert (lane.waiting, most) == (40, room.MOVES_AT_ONCE)
