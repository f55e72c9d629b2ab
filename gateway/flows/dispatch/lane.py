"""A lane: what waits for one product of one upstream, and how much of it may be on the way.

Lanes share nothing, so that none can starve another (design D9). A lane starts work
synchronously: `pump` decides what may go now and creates the tasks.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from gateway.domain.breaker import Breaker
from gateway.domain.routing import LaneHealth
from gateway.flows.dispatch.job import Job

CONCURRENCY = 64  # calls of one lane under way
SMOOTHING = 0.05  # weight of the newest call in the moving averages
GAPS_REMEMBERED_MAX = 100_000


@dataclass(slots=True, kw_only=True)
class Lane:
    """One upstream and product. `send` submits one job; it must not raise."""

    upstream_id: int
    product_id: str
    send: Callable[[Job], Awaitable[None]]
    gap_s: float = 0.0  # minimum time between calls for one account
    paused: bool = False
    clock: Callable[[], float] = time.monotonic
    breaker: Breaker = field(default_factory=Breaker)
    success_rate: float = 1.0
    latency_s: float = 0.0
    _queue: deque[Job] = field(default_factory=deque)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _last_call: dict[str, float] = field(default_factory=dict)
    _wake: asyncio.TimerHandle | None = None

    @property
    def waiting(self) -> int:
        """Jobs not yet started."""
        return len(self._queue)

    @property
    def health(self) -> LaneHealth:
        """What routing wants to know."""
        return LaneHealth(
            open=not self.paused and self.breaker.allows(self.clock()),
            success_rate=self.success_rate,
            latency_s=self.latency_s,
            waiting=len(self._queue),
        )

    def put(self, job: Job, delay_s: float = 0.0) -> None:
        """Queue a job, now or later."""
        if delay_s > 0:
            asyncio.get_running_loop().call_later(delay_s, self.put, job)
            return
        self._queue.append(job)
        self.pump()

    def pump(self) -> None:
        """Start what may start now; come back when the breaker or an account's gap allows more."""
        while self._queue and len(self._tasks) < CONCURRENCY and not self.paused:
            now = self.clock()
            if not self.breaker.allows(now):
                self._come_back(self.breaker.waits_s(now) or 0.1)
                return
            job = self._queue.popleft()
            wait = self._gap_left(job.account, now)
            if wait > 0:
                self.put(job, wait)
                continue
            self.breaker.started()
            task = asyncio.create_task(self._run(job))
            self._tasks.add(task)
            task.add_done_callback(self._ended)

    def note(self, *, failed: bool, seconds: float) -> None:
        """A call ended; `failed`: the platform was at fault, not the order."""
        self.breaker.ended(self.clock(), failed=failed, seconds=seconds)
        self.success_rate += SMOOTHING * ((0.0 if failed else 1.0) - self.success_rate)
        self.latency_s += SMOOTHING * (seconds - self.latency_s)

    def take_unsent(self) -> list[Job]:
        """Empty the queue; nothing was sent for these."""
        jobs = list(self._queue)
        self._queue.clear()
        return jobs

    async def idle(self) -> None:
        """Wait for the calls under way."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def _run(self, job: Job) -> None:
        await self.send(job)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self.pump()

    def _come_back(self, delay_s: float) -> None:
        if self._wake is None:
            self._wake = asyncio.get_running_loop().call_later(delay_s, self._woken)

    def _woken(self) -> None:
        self._wake = None
        self.pump()

    def _gap_left(self, account: str, now: float) -> float:
        if self.gap_s <= 0:
            return 0.0
        last = self._last_call.get(account)
        if last is not None and now - last < self.gap_s:
            return self.gap_s - (now - last)
        if len(self._last_call) >= GAPS_REMEMBERED_MAX:
            self._last_call = {a: t for a, t in self._last_call.items() if now - t < self.gap_s}
        self._last_call[account] = now
        return 0.0
