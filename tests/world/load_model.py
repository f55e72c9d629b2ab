"""A worker and its database in a few lines: lanes that commit what has gathered, before them a
queue, before that a limit. Driven by a clock of its own, so a minute of load takes a moment.
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from gateway.ground.traffic.admission import Admission, Class, Work
from gateway.ground.traffic.turn_queue import TurnQueue
from gateway.orders.intake import CODES_MAX, SHARED_MAX

LANES = 2
LINES_MAX = 768  # in one commit


@dataclass(slots=True)
class Asked:
    """One request: who asks, for how much, and since when."""

    owner: int
    kind: Class
    units: int
    at: float
    work: Work | None = None


@dataclass(slots=True)
class Outcome:
    """What came of a load: of each accepted request (owner, when it came, how long it took)."""

    taken: list[tuple[int, float, float, int]] = field(default_factory=list)
    refused: dict[tuple[int, Class], int] = field(default_factory=dict)
    limits: list[tuple[float, float]] = field(default_factory=list)
    waiting_most: int = 0

    def units_per_s(self, since: float, until: float) -> float:
        """Work that was done a second."""
        done = sum(units for _, at, took, units in self.taken if since <= at + took < until)
        return done / (until - since)

    def quantile(self, share: float, since: float, until: float, owner: int | None = None) -> float:
        """How long an accepted request took."""
        times = sorted(
            took for who, at, took, _ in self.taken
            if since <= at < until and owner in {None, who}
        )  # fmt: skip
        return times[int(share * (len(times) - 1))]


class Model:
    """`fixed_s` is what a commit takes, `unit_s` all processors' time for one unit of work."""

    def __init__(
        self, admission: Admission | None, *, seed: int = 1, fixed_s: float = 0.004,
        unit_s: float = 40e-6,
    ) -> None:  # fmt: skip
        self.admission = admission
        self.fixed_s, self.unit_s = fixed_s, unit_s
        self.random = Random(seed)
        self.outcome = Outcome()
        self._now = 0.0
        self._queue: TurnQueue[Asked] = TurnQueue(
            weigh=lambda asked: asked.units, clock=lambda: self._now
        )
        self._free = LANES
        self._busy_until = 0.0  # the processors
        self._events: list[tuple[float, int, Callable[[float], None]]] = []
        self._count = 0

    def at(self, when: float, what: Callable[[float], None]) -> None:
        """Let something happen."""
        self._count += 1
        heapq.heappush(self._events, (when, self._count, what))

    def load(
        self, rate: float, since: float, until: float, *, units: int = 101, owner: int = 0,
        kind: Class = Class.ORDER, share: Callable[[float], float] = lambda _: 1.0,
    ) -> None:  # fmt: skip
        """Up to `rate` requests a second come by chance, whatever became of those before.

        Of them come, at a moment, a `share`.
        """

        def come(now: float) -> None:
            if now >= until:
                return
            if self.random.random() < share(now):
                self._come(Asked(owner, kind, units, now))
            self.at(now + self.random.expovariate(rate), come)

        self.at(since, come)

    def run(self) -> Outcome:
        """Until all is over."""
        while self._events:
            self._now, _, what = heapq.heappop(self._events)
            what(self._now)
        return self.outcome

    def _come(self, asked: Asked) -> None:
        if self.admission is not None:
            if not self.admission.admits(asked.kind, asked.owner, asked.at):
                who = asked.owner, asked.kind
                self.outcome.refused[who] = self.outcome.refused.get(who, 0) + 1
                return
            asked.work = self.admission.begin(asked.owner, asked.units, asked.at)
        self._queue.put(asked.owner, asked)
        self.outcome.waiting_most = max(self.outcome.waiting_most, len(self._queue))
        self._commit(asked.at)

    def _commit(self, now: float) -> None:
        while self._free and self._queue:
            batch = self._queue.take(LINES_MAX, SHARED_MAX if self._queue.is_shared else CODES_MAX)
            units = sum(asked.units for asked in batch)
            self._free -= 1
            self._busy_until = max(now, self._busy_until) + units * self.unit_s
            took = self.fixed_s * self.random.uniform(0.8, 1.6)
            self.at(self._busy_until + took, lambda then, batch=batch: self._done(batch, then))

    def _done(self, batch: list[Asked], now: float) -> None:
        self._free += 1
        for asked in batch:
            self.outcome.taken.append((asked.owner, asked.at, now - asked.at, asked.units))
            if self.admission is not None and asked.work is not None:
                self.admission.end(asked.work, now)
                self.outcome.limits.append((now, self.admission.limit))
        self._commit(now)
