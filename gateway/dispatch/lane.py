"""A lane: what waits for one product of one upstream, and how much of it may be on the way.

Lanes share nothing, so that none can starve another (design D9). A lane starts work
synchronously: `pump` decides what may go now and creates the tasks.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog

from connectors.contract import AnswerKind, Reason
from connectors.judgement import Judgement
from gateway.catalog.routing import LaneHealth
from gateway.dispatch.job import Job
from gateway.ground.traffic.breaker import Breaker, BreakerState
from gateway.ground.traffic.pace import Pace
from gateway.ground.traffic.retry import RetryBudget

log = structlog.get_logger()

THROTTLED_S = 1.0  # a pause when the platform does not say how long
PAUSE_S = 15.0  # a lane whose upstream lacks money or refuses our credentials
CONCURRENCY = 128  # calls of one lane under way
SMOOTHING = 0.05  # weight of the newest call in the moving averages
GAPS_REMEMBERED_MAX = 100_000
GAP_LOOK_S = 2.0  # a gap may end early: when the call before was not executed
LOOKED_AT_MAX = 1000  # waiting jobs looked at for a way around the lane, each second
NO_BUDGET_S = 1.0  # a repeated send waits this long when there were too many


@dataclass(slots=True, kw_only=True)
class Call:
    """One call under way: exactly one of `answered` and the lane's own end closes it."""

    lane: "Lane"
    job: Job
    ticket: int
    open: bool = True

    def answered(self, outcome: Judgement, seconds: float) -> None:
        """What the outcome (the connector's, or "not sent") says about the lane."""
        never_left = outcome.kind is AnswerKind.NOT_SENT
        # The platform's fault, not the order's.
        failed = never_left or outcome.kind is AnswerKind.UNKNOWN
        if never_left or outcome.kind is AnswerKind.REJECTED:
            self.lane.forget_gap(self.job.account)
        if outcome.reason is Reason.RATE_LIMITED:
            # Refused unread, so it says nothing of how well the platform works.
            self.lane.breaker.hold(
                self.lane.clock(), outcome.retry_after_s or THROTTLED_S, outcome.reason
            )
            return
        self.open = False
        self.lane.note(self, failed=failed, seconds=seconds)
        if outcome.reason is not None and outcome.reason.pauses_upstream:
            pause_s = outcome.retry_after_s or (1.0 if failed else PAUSE_S)
            self.lane.breaker.trip(self.lane.clock(), pause_s, outcome.reason)


@dataclass(slots=True, kw_only=True)
class Lane:
    """One upstream and product. `send` submits one job."""

    upstream_id: int
    product_id: str
    send: Callable[[Job, Call], Awaitable[None]]
    gap_s: float = 0.0  # minimum time between executed calls for one account
    paused: bool = False
    pace: Pace | None = None  # shared by the lanes of an upstream that allows only so many calls
    clock: Callable[[], float] = time.monotonic
    breaker: Breaker = field(default_factory=Breaker)
    budget: RetryBudget = field(default_factory=RetryBudget)
    success_rate: float = 1.0
    latency_s: float = 0.0
    calls: int = 0
    failures: int = 0
    _queue: deque[Job] = field(default_factory=deque)
    _delayed: dict[int, tuple[Job, asyncio.TimerHandle]] = field(default_factory=dict)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _last_call: dict[str, float] = field(default_factory=dict)
    _wake: asyncio.TimerHandle | None = None
    _slot: float | None = None  # reserved from the pace, not used yet

    @property
    def waiting(self) -> int:
        """Jobs not under way."""
        return len(self._queue) + len(self._delayed)

    @property
    def under_way(self) -> int:
        """Calls under way."""
        return len(self._tasks)

    @property
    def takes_calls(self) -> bool:
        """Whether everything passes: neither paused nor in doubt."""
        return not self.paused and self.breaker.state is BreakerState.CLOSED

    @property
    def health(self) -> LaneHealth:
        """What routing wants to know."""
        # New orders are the probes of a half-open breaker, but no more of them than it admits.
        probes = not self._queue and self.breaker.allows(self.clock())
        return LaneHealth(
            open=not self.paused and (self.takes_calls or probes),
            success_rate=self.success_rate,
            latency_s=self.latency_s,
        )

    def put(self, job: Job, delay_s: float = 0.0) -> None:
        """Queue a job, now or later."""
        if delay_s > 0:
            timer = asyncio.get_running_loop().call_later(delay_s, self._due, job)
            self._delayed[job.attempt_id] = (job, timer)
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
            if (wait_s := self._slot_in_s(now)) > 0:
                self._come_back(wait_s)
                return
            job = self._queue.popleft()
            if (wait_s := self._gap_left(job.account, now)) > 0:
                self.put(job, min(wait_s, GAP_LOOK_S))
                continue
            if not self.budget.spend(now, again=job.not_sent > 0):
                self.put(job, NO_BUDGET_S)
                continue
            self._start(job, now)
            self._slot = None

    def _start(self, job: Job, now: float) -> None:
        if self.gap_s > 0 and job.account:
            self._last_call[job.account] = now
        call = Call(lane=self, job=job, ticket=self.breaker.started())
        task = asyncio.create_task(self._run(job, call))
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    async def _run(self, job: Job, call: Call) -> None:
        try:
            await self.send(job, call)
        except Exception:
            # The attempt stays due: recovery finds it and asks.
            log.exception("dispatch.send_failed", attempt_id=job.attempt_id)
        finally:
            if call.open:
                self.breaker.abandoned(call.ticket)

    def note(self, call: Call, *, failed: bool, seconds: float) -> None:
        """A call ended."""
        self.breaker.ended(self.clock(), failed=failed, seconds=seconds, ticket=call.ticket)
        self.calls += 1
        self.failures += failed
        self.success_rate += SMOOTHING * ((0.0 if failed else 1.0) - self.success_rate)
        self.latency_s += SMOOTHING * (seconds - self.latency_s)

    def forget_gap(self, account: str) -> None:
        """The account's last call was not executed: the next one need not wait for it."""
        self._last_call.pop(account, None)

    def keep_pace(self, pace: Pace | None) -> None:
        """Start calls at this pace from now on; a slot reserved from another one is void."""
        if pace is not self.pace:
            self.pace, self._slot = pace, None
            if self._wake is not None:
                self._wake.cancel()
                self._wake = None

    def take_waiting(self, moves: Callable[[Job], bool]) -> list[Job]:
        """Take out of the head of the queue what is to go elsewhere."""
        head = [self._queue.popleft() for _ in range(min(len(self._queue), LOOKED_AT_MAX))]
        taken = [job for job in head if moves(job)]
        gone = {job.attempt_id for job in taken}
        self._queue.extendleft(job for job in reversed(head) if job.attempt_id not in gone)
        return taken

    def take_all(self) -> Sequence[Job]:
        """Empty the lane of what is not under way."""
        jobs = [*self._queue, *(job for job, _ in self._delayed.values())]
        for _, timer in self._delayed.values():
            timer.cancel()
        self._queue.clear()
        self._delayed.clear()
        return jobs

    async def finish(self, seconds: float) -> None:
        """Wait for the calls under way; give up what takes longer: it counts as sent, and
        whoever recovers it asks first."""
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _due(self, job: Job) -> None:
        del self._delayed[job.attempt_id]
        self.put(job)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self.pump()

    def _slot_in_s(self, now: float) -> float:
        """Seconds until the pace lets the next call start."""
        if self.pace is None:
            return 0.0
        if self._slot is None:
            self._slot = self.pace.reserve(now)
        return max(0.0, self._slot - now)

    def _come_back(self, delay_s: float) -> None:
        if self._wake is None:
            self._wake = asyncio.get_running_loop().call_later(delay_s, self._woken)

    def _woken(self) -> None:
        self._wake = None
        self.pump()

    def _gap_left(self, account: str, now: float) -> float:
        if self.gap_s <= 0:
            return 0.0
        if len(self._last_call) >= GAPS_REMEMBERED_MAX:
            self._last_call = {a: t for a, t in self._last_call.items() if now - t < self.gap_s}
        last = self._last_call.get(account)
        return 0.0 if last is None else max(0.0, last + self.gap_s - now)


def lane_columns(lanes: Sequence[Lane]) -> list[list[Any]]:
    """How lanes are, as columns of the table lane_state behind its worker."""
    return [
        [lane.upstream_id for lane in lanes],
        [lane.product_id for lane in lanes],
        [lane.breaker.state.value for lane in lanes],
        [lane.breaker.reason for lane in lanes],
        [lane.waiting for lane in lanes],
        [lane.under_way for lane in lanes],
        [lane.calls for lane in lanes],
        [lane.failures for lane in lanes],
        [lane.success_rate for lane in lanes],
        [lane.latency_s for lane in lanes],
    ]
