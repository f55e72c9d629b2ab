"""Breakers of lanes to which no order comes, by a clock that only the test moves."""

import asyncio
from typing import Any

import pytest
from structlog.testing import capture_logs

from connectors.contract import Reason
from gateway.dispatch import probes
from gateway.dispatch.lane import Lane
from gateway.dispatch.probes import Probes
from gateway.ground.traffic.breaker import BreakerState
from tests.clock import turns

NORTH = 7


class Platform:
    """A platform that answers, or not."""

    def __init__(self) -> None:
        self.answers = False
        self.asked = 0

    async def balance(self) -> Any:
        """What is left."""
        self.asked += 1
        if not self.answers:
            raise ConnectionError
        return None


class World:
    """One lane of one upstream, and time."""

    def __init__(self, lanes: int = 1) -> None:
        self.now = 1000.0
        self.platform = Platform()
        self.lanes = [
            Lane(upstream_id=NORTH, product_id=f"p{n}", send=_never, clock=lambda: self.now)
            for n in range(lanes)
        ]
        self.opened: list[Lane] = []
        self.probes = Probes(
            lanes=lambda: self.lanes,
            platforms={NORTH: self.platform},
            name_of={NORTH: "north"}.__getitem__,
            opened=self.opened.append,
        )

    def fail(self) -> None:
        """Calls fail until the breakers open."""
        for lane in self.lanes:
            while lane.breaker.state is BreakerState.CLOSED:
                lane.breaker.ended(self.now, failed=True, seconds=0.1)

    async def pass_(self, seconds: int) -> None:
        """Time goes by, second by second, and the breakers are looked at."""
        for _ in range(seconds):
            self.now += 1
            self.probes.look()
            for _ in range(5):
                await asyncio.sleep(0)


async def _never(*_: Any) -> None:
    raise AssertionError("an order was sent to find out")


async def test_an_idle_breaker_holds_on_while_the_platform_is_away_and_lets_go_after() -> None:
    """Nobody orders: it stays open for an hour, and three minutes after the platform is back calls
    pass again, as probes. `found.md` §16.

    Seen red (open for ever) without the question.
    """
    world = World()
    world.fail()
    breaker = world.lanes[0].breaker
    await world.pass_(3600)
    assert breaker.state is BreakerState.OPEN
    assert 50 <= world.platform.asked <= 70  # the pause grows to a minute
    world.platform.answers = True
    await world.pass_(180)
    assert breaker.state is BreakerState.HALF_OPEN


async def test_one_question_serves_all_lanes_of_an_upstream() -> None:
    """Some platforms count every request."""
    world = World(lanes=5)
    world.fail()
    world.platform.answers = True
    await world.pass_(10)
    assert {lane.breaker.state for lane in world.lanes} == {BreakerState.HALF_OPEN}
    assert world.platform.asked == 1


async def test_a_paused_upstream_is_not_asked() -> None:
    """Whoever paused it wants nothing to go there."""
    world = World()
    world.fail()
    world.lanes[0].paused = True
    await world.pass_(600)
    assert world.platform.asked == 0


async def test_a_platform_that_asked_for_a_pause_is_not_asked_after_it() -> None:
    """A breaker that held calls back at the platform's own wish closes by itself, idle or not."""
    world = World()
    world.lanes[0].breaker.hold(world.now, 20.0, Reason.RATE_LIMITED)
    with capture_logs() as said:
        await world.pass_(19)
    assert said == []
    assert world.lanes[0].breaker.state is BreakerState.OPEN
    await world.pass_(2)
    assert world.lanes[0].breaker.state is BreakerState.CLOSED
    assert world.platform.asked == 0


async def test_a_platform_that_hangs_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A question without an answer ends, and the breaker stays open."""
    monkeypatch.setattr(probes, "ANSWER_S", 0.0)
    world = World()

    async def hangs() -> None:
        await asyncio.Event().wait()

    world.platform.balance = hangs  # type: ignore[method-assign]
    world.fail()
    world.now += 6
    for _ in range(2):
        world.probes.look()
        await turns()
    assert world.lanes[0].breaker.state is BreakerState.OPEN
    assert world.lanes[0].breaker.waits_s(world.now) == 10.0  # the pause has doubled


async def test_an_outage_is_two_lines() -> None:
    """One when it opens, one when it closes, by name; none for the probes between. Seen red: no
    line at all."""
    world = World()
    lane = world.lanes[0]
    with capture_logs() as lines:
        world.fail()
        await world.pass_(600)
        world.platform.answers = True
        await world.pass_(120)
        for _ in range(lane.breaker.rules.probes):
            assert lane.breaker.allows(world.now)
            lane.breaker.ended(world.now, failed=False, seconds=0.1, ticket=lane.breaker.started())
        await world.pass_(2)
    assert [(line["event"], line["upstream"], line["product"]) for line in lines] == [
        ("breaker.opened", "north", "p0"),
        ("breaker.closed", "north", "p0"),
    ]
    assert lines[0]["reason"] == "100% of the last 8 calls failed"
    assert lines[1]["after_s"] == 720.0
