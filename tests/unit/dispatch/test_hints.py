"""Hints of another worker's breaker: doubted, not believed."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from gateway.dispatch.hints import BREAKER, hear_hint, hint
from gateway.dispatch.lane import Lane
from gateway.dispatch.topups import TopUps
from gateway.ground.redis.address import read_address
from gateway.ground.redis.link import Link
from gateway.ground.traffic.breaker import BreakerState
from tests.unit.dispatch.test_probes import World


async def test_what_one_saw_itself_is_told_and_what_it_heard_is_not() -> None:
    """A breaker that opened by its own calls is told once; one that only doubts is not: else two
    workers would keep each other in doubt for ever. Red without the look at its state."""
    world = World(lanes=2)
    world.lanes[1].breaker.doubt("another worker's")
    await world.pass_(3)
    assert world.opened == []
    while world.lanes[0].breaker.state is BreakerState.CLOSED:
        world.lanes[0].breaker.ended(world.now, failed=True, seconds=0.1)
    await world.pass_(3)
    assert [lane.product_id for lane in world.opened] == ["p0"]


def test_a_hint_reaches_its_lane_alone() -> None:
    """Over the words that go through Redis; a product may have colons in its name."""
    said: list[tuple[str, str]] = []
    link = Link(read_address("redis://nowhere"), node="a", shop="s")
    link.say = lambda topic, rest: said.append((topic, rest))  # type: ignore[method-assign]
    lane = cast("Lane", SimpleNamespace(upstream_id=7, product_id="a:b"))
    hint(link, lane)
    hint(None, lane)
    doubted: list[tuple[int, str]] = []
    topups = SimpleNamespace(doubt=lambda upstream, product, _: doubted.append((upstream, product)))
    assert [topic for topic, _ in said] == [BREAKER]
    hear_hint(cast("TopUps", topups), said[0][1])
    assert doubted == [(7, "a:b")]


@pytest.mark.parametrize("told", ["", "7", "north:x", "²:x"])
def test_another_releases_words_are_left_alone(told: str) -> None:
    """What cannot be read doubts nothing."""
    topups: Any = SimpleNamespace(doubt=lambda *_: pytest.fail("it was read"))
    hear_hint(topups, told)


def test_doubt_lets_a_few_calls_decide() -> None:
    """A doubted breaker lets its probes pass; good ones close it, and an open one stays open."""
    world = World(lanes=2)
    doubted, opened = (lane.breaker for lane in world.lanes)
    doubted.doubt("another worker's")
    for _ in range(doubted.rules.probes):
        assert doubted.allows(world.now)
        doubted.ended(world.now, failed=False, seconds=0.1, ticket=doubted.started())
    assert doubted.state is BreakerState.CLOSED
    while opened.state is BreakerState.CLOSED:
        opened.ended(world.now, failed=True, seconds=0.1)
    opened.doubt("another worker's")
    assert opened.state is BreakerState.OPEN
