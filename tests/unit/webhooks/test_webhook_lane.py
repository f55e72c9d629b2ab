"""A partner's lane: turns, bounds and the breaker, without any network."""

import asyncio
from collections import Counter

from gateway.webhooks.message import Message
from gateway.webhooks.partner_queue import CALLS_FIRST, CALLS_MAX, RULES, PartnerQueue


class World:
    """Calls that end when the test says so."""

    def __init__(self) -> None:
        self.now = 0.0
        self.started: list[Message] = []
        self.running: dict[int, asyncio.Future[bool]] = {}
        self.lane = PartnerQueue(self.deliver, lambda: self.now)
        self._ids = 0

    async def deliver(self, message: Message) -> bool:
        """A call."""
        self.started.append(message)
        future = self.running[message.id] = asyncio.get_running_loop().create_future()
        try:
            return await future
        finally:
            del self.running[message.id]

    def put(self, count: int, host: str = "a.example") -> None:
        """Queue messages."""
        for _ in range(count):
            self._ids += 1
            message = Message(
                id=self._ids, partner_id=1, order_id=self._ids, type="order.delivered", sequence=1,
                url=f"https://{host}/hook", to_endpoint=True, start_before=1e9,
            )  # fmt: skip
            self.lane.put(message)

    async def turn(self) -> None:
        """Let everything that can happen happen."""
        for _ in range(20):
            await asyncio.sleep(0)

    async def end_all(self, *, failed: bool) -> None:
        """End the calls under way."""
        for future in list(self.running.values()):
            future.set_result(failed)
        await self.turn()


async def test_calls_under_way_are_bounded() -> None:
    """Few at first; more with each answer, never over the bound."""
    world = World()
    world.put(1000)
    await world.turn()
    assert len(world.running) == CALLS_FIRST
    while world.lane.waiting:
        await world.end_all(failed=False)
        assert len(world.running) <= CALLS_MAX
    await world.end_all(failed=False)
    assert len(world.started) == 1000
    assert world.lane.idle


async def test_order_is_kept_within_a_target() -> None:
    """First in, first out."""
    world = World()
    world.put(CALLS_FIRST)
    await world.turn()
    assert [message.id for message in world.started] == list(range(1, CALLS_FIRST + 1))
    await world.end_all(failed=False)


async def test_targets_take_turns() -> None:
    """A long queue for one address does not hold up another."""
    world = World()
    world.put(100, "a.example")
    world.put(4, "b.example")
    await world.turn()
    assert Counter(message.target for message in world.started) == {
        "https://a.example": 4,
        "https://b.example": 4,
    }
    await world.lane.finish(0)


async def test_a_dead_target_is_left_alone() -> None:
    """Its breaker opens; then a probe now and then, until it answers again."""
    world = World()
    world.put(500)
    await world.turn()
    while world.running:
        await world.end_all(failed=True)
    tried = len(world.started)
    assert RULES.outcomes_min <= tried <= RULES.outcomes_min + CALLS_FIRST
    assert not world.lane.has_room(10_000)
    world.put(1, "alive.example")
    await world.turn()
    assert world.started[-1].target == "https://alive.example"
    await world.end_all(failed=False)
    world.now += RULES.open_s + 0.1
    world.put(1)
    await world.turn()
    assert 0 < len(world.running) <= RULES.probes
    while world.lane.waiting:
        await world.end_all(failed=False)
    assert len(world.started) == 502
    await world.lane.finish(0)


async def test_a_receiver_that_hangs_occupies_little() -> None:
    """Each call without an answer halves what may be under way."""
    world = World()
    world.put(12)
    await world.turn()
    for future in list(world.running.values())[:3]:
        future.set_result(True)
    await world.turn()
    assert len(world.running) == CALLS_FIRST - 3  # none was started: one may run, five do
    await world.lane.finish(0)


async def test_messages_can_be_taken_back() -> None:
    """Waiting ones only; the lane forgets them."""
    world = World()
    world.put(20)
    await world.turn()
    taken = world.lane.take_all(lambda _: True)
    assert len(taken) == 20 - CALLS_FIRST
    assert world.lane.waiting == 0
    await world.end_all(failed=False)
    assert world.lane.idle


async def test_the_end_waits_only_so_long() -> None:
    """Calls that take longer are cancelled."""
    world = World()
    world.put(3)
    await world.turn()
    await world.lane.finish(0)
    assert world.running == {}
