"""What waits for a partner, and how much may be under way. Partners share nothing.

Within it every target (scheme, host and port) has its own queue and breaker, and they take
turns: a dead address in an order's notify_url does not hold up the partner's endpoint.
The number of calls under way grows with answers and shrinks with their lack, so that a
receiver that hangs occupies little.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Final

from gateway.ground.traffic.breaker import Breaker, BreakerRules
from gateway.webhooks.message import Message

CALLS_FIRST: Final = 8
CALLS_MAX: Final = 128  # at 200 ms a call: 640 messages a second to one partner
ENOUGH_FOR_PROBES: Final = 32
WAKE_S_MIN: Final = 0.1
RULES: Final = BreakerRules(
    window=40, window_s=60.0, outcomes_min=16, failure_rate=0.8, slow_call_s=60.0,
    open_s=2.0, open_s_max=30.0, probes=2,
)  # fmt: skip


@dataclass(slots=True)
class _Target:
    queue: deque[Message] = field(default_factory=deque)
    breaker: Breaker = field(default_factory=lambda: Breaker(RULES))
    calls: int = 0

    def is_forgettable(self, now: float) -> bool:
        """Nothing to do and nothing to remember."""
        return not self.queue and not self.calls and self.breaker.waits_s(now) == 0


class PartnerQueue:
    """`deliver` sends one message and records it; it must not raise.

    It answers whether the receiver failed: did not answer, or wants less.
    """

    def __init__(
        self, deliver: Callable[[Message], Coroutine[Any, Any, bool]], clock: Callable[[], float]
    ) -> None:
        self._deliver = deliver
        self._clock = clock
        self._targets: OrderedDict[str, _Target] = OrderedDict()
        self._tasks: set[asyncio.Task[bool]] = set()
        self._calls_max = float(CALLS_FIRST)
        self._pump_due = False
        self._wake: asyncio.TimerHandle | None = None
        self.waiting = 0

    @property
    def idle(self) -> bool:
        """Nothing waits, nothing is under way, nothing is to be remembered."""
        return not self._tasks and not self._targets

    def has_room(self, most: int) -> bool:
        """Whether it is worth bringing it more: not while all it holds waits for breakers."""
        if self.waiting < ENOUGH_FOR_PROBES:
            return True
        now = self._clock()
        open_ = any(one.queue and not one.breaker.waits_s(now) for one in self._targets.values())
        return open_ and self.waiting < most

    def put(self, message: Message) -> None:
        """Queue a message; it starts in the loop's next turn, not in this one."""
        self._targets.setdefault(message.target, _Target()).queue.append(message)
        self.waiting += 1
        if not self._pump_due:
            self._pump_due = True
            asyncio.get_running_loop().call_soon(self._pump)

    def take_all(self, wanted: Callable[[Message], bool]) -> list[Message]:
        """Take waiting messages out of the queue."""
        taken: list[Message] = []
        for target in self._targets.values():
            taken += (message for message in target.queue if wanted(message))
            target.queue = deque(message for message in target.queue if not wanted(message))
        self.waiting -= len(taken)
        self._forget()
        return taken

    async def finish(self, seconds: float) -> None:
        """Wait for the calls under way; cancel what takes longer."""
        if self._wake is not None:
            self._wake.cancel()
        if not self._tasks:
            return
        _, late = await asyncio.wait(self._tasks, timeout=seconds)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    def _pump(self) -> None:
        self._pump_due = False
        now = self._clock()
        blocked = 0
        while self.waiting and len(self._tasks) < self._calls_max and blocked < len(self._targets):
            key, target = next(iter(self._targets.items()))
            self._targets.move_to_end(key)  # targets take turns
            if not target.queue or not target.breaker.allows(now):
                blocked += 1
                continue
            blocked = 0
            self._start(target, target.queue.popleft())
        if self.waiting and blocked:
            self._come_back(now)

    def _start(self, target: _Target, message: Message) -> None:
        self.waiting -= 1
        target.calls += 1
        ticket = target.breaker.started()
        task = asyncio.create_task(self._deliver(message))
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._ended(target, ticket, done))

    def _ended(self, target: _Target, ticket: int, task: asyncio.Task[bool]) -> None:
        target.calls -= 1
        self._tasks.discard(task)
        failed = not task.cancelled() and task.result()
        target.breaker.ended(self._clock(), failed=failed, seconds=0.0, ticket=ticket)
        grown = self._calls_max / 2 if failed else self._calls_max + 1
        self._calls_max = min(float(CALLS_MAX), max(1.0, grown))
        if self.waiting:
            self._pump()
        else:
            self._forget()

    def _forget(self) -> None:
        now = self._clock()
        for key in [key for key, one in self._targets.items() if one.is_forgettable(now)]:
            del self._targets[key]

    def _come_back(self, now: float) -> None:
        if self._wake is None:
            waits = [t.breaker.waits_s(now) for t in self._targets.values() if t.queue]
            delay_s = max(WAKE_S_MIN, min(waits, default=0.0))
            self._wake = asyncio.get_running_loop().call_later(delay_s, self._woken)

    def _woken(self) -> None:
        self._wake = None
        self._pump()
