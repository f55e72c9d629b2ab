"""Rate limits over all nodes: what this worker took is told, what all took is heard (R63).

Each node has its part of a key's burst, by their number, and may spend it without a word. Pace is
the key's own while nodes hear each other; one that does not pays for the others too. So nothing
is asked for an order, and the worst that can be is what nodes take within one beat.
"""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from gateway.ground.native import RateLimiter
from gateway.ground.nodes import Nodes
from gateway.ground.redis.library import Library
from gateway.ground.redis.link import Call, Link, Meeting

COUNT_S: Final = 0.1
SECOND_US: Final = 1_000_000
FULL_PRICE: Final = 1000  # of a permit: native's unit
OWED_US_MAX: Final = 2 * SECOND_US  # what nodes owe together is less, unless somebody is wrong


class SharedRates:
    """A rider of the link. Without one, nodes share rates by their number alone."""

    library = Library.read(Path(__file__).with_name("rates.lua"))

    def __init__(self, limiter: RateLimiter, nodes: Nodes, link: Link | None) -> None:
        self._limiter = limiter
        self._nodes = nodes
        self._link = link
        self._told: dict[str, tuple[str, int, int]] = {}  # by Redis' key: key, rate, permits
        self.leased = 0  # permits that were counted in Redis
        self.alone()

    async def keep(self) -> None:
        """Where nobody is heard, follow the number of nodes until cancelled."""
        nodes = self._nodes.count
        while True:
            await asyncio.sleep(COUNT_S)
            if self._nodes.count != nodes:
                nodes = self._nodes.count
                if self._link is None or not self._link.up:
                    self.alone()

    def alone(self) -> None:
        """Nothing is heard of the others: each permit is paid for by as many as there are nodes."""
        self._share(self._nodes.count, 1)

    def _share(self, nodes: int, here: int) -> None:
        self._limiter.share(nodes, -(-FULL_PRICE * nodes // here))

    def calls(self) -> Sequence[Call]:
        """What was taken since the last beat."""
        assert self._link is not None
        calls = []
        for key, rate, permits, debt_ns in self._limiter.spent(time.monotonic_ns()):
            interval_us = SECOND_US / rate
            # What was taken long ago is paid: of it, no more is told than is owed.
            told = min(permits, -(-debt_ns * rate // 1_000_000_000))
            name = self._link.key("rate", key)
            self._told[name] = (key, rate, told)
            args = (f"{told * interval_us:.3f}", f"{debt_ns / 1000:.3f}", str(OWED_US_MAX))
            calls.append(Call(self.library.function("spend"), name, args))
        return calls

    def answered(self, calls: Sequence[Call], answers: Sequence[Any], meeting: Meeting) -> None:
        """What all nodes owe, key by key."""
        now_ns = time.monotonic_ns()
        for call, owed_us in zip(calls, answers, strict=True):
            key, rate, permits = self._told.pop(call.key)
            self.leased += permits
            self._limiter.charge(key, rate, int(owed_us) * 1000, now_ns)
        self._told.clear()
        nodes = max(self._nodes.count, meeting.here)
        self._share(nodes, min(meeting.here, nodes))
        if nodes > 1 and (meeting.forgot or meeting.remembers_s < 1):
            self._limiter.empty(now_ns - int(meeting.remembers_s * 1e9))

    def failed(self, calls: Sequence[Call]) -> None:
        """Nobody heard it, or we do not know: it is told again, and until then we are alone."""
        for call in calls:
            key, rate, permits = self._told.pop(call.key, ("", 0, 0))
            if permits:
                self._limiter.retell(key, rate, permits)
        self.alone()
