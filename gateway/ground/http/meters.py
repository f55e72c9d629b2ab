"""Counters of a worker's HTTP side, plain enough for the order path: under a microsecond a request.

prometheus-client's own counters lock on every step and would cost several; metrics.py turns
these into its format when somebody asks.
"""

import asyncio
import time
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from gateway.ground.histogram import BOUNDS_S

LAG_EVERY_S: Final = 0.25


class RouteMeter:
    """What one route answered, and how fast."""

    __slots__ = ("buckets", "by_class", "seconds")

    def __init__(self) -> None:
        self.by_class = [0] * 6  # index 2: 2xx, …
        self.buckets = [0] * (len(BOUNDS_S) + 1)  # not cumulative; the last: slower
        self.seconds = 0.0

    def observe(self, status: int, duration_s: float) -> None:
        """Count one answer."""
        self.by_class[status // 100] += 1
        self.buckets[bisect_left(BOUNDS_S, duration_s)] += 1
        self.seconds += duration_s

    def observe_all(self, status: int, began: Sequence[float], ended: float) -> None:
        """Count answers that are given together."""
        self.by_class[status // 100] += len(began)
        buckets = self.buckets
        for at in began:
            buckets[bisect_left(BOUNDS_S, ended - at)] += 1
        self.seconds += ended * len(began) - sum(began)


@dataclass(slots=True)
class HttpMeters:
    """What a worker's HTTP side counts."""

    routes: dict[tuple[str, str], RouteMeter] = field(default_factory=dict)
    problems: dict[str, int] = field(default_factory=dict)
    loop_lag_s: float = 0.0
    loop_lag_s_max: float = 0.0

    def route(self, method: str, path: str) -> RouteMeter:
        """The meter of a route, by its pattern: never by what a client put into it."""
        return self.routes.setdefault((method, path), RouteMeter())

    def problem(self, code: str) -> None:
        """Count a problem that was answered."""
        self.problems[code] = self.problems.get(code, 0) + 1

    async def watch_loop(self) -> None:
        """Measure how late the event loop wakes sleepers, until cancelled."""
        while True:
            due = time.monotonic() + LAG_EVERY_S
            await asyncio.sleep(LAG_EVERY_S)
            self.loop_lag_s = max(0.0, time.monotonic() - due)
            self.loop_lag_s_max = max(self.loop_lag_s_max, self.loop_lag_s)
