"""How long things took, counted by length: plain enough for every commit, as Prometheus reads it.

prometheus-client's own histograms lock on every step; `health/metrics.py` turns these into its
format when somebody asks.
"""

from bisect import bisect_left
from collections import defaultdict
from typing import Final

# Upper bounds in seconds, inclusive: finer where answers from memory and one fsync lie, and up to
# what an upstream may take.
BOUNDS_S: Final = (
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
)  # fmt: skip


class Histogram:
    """Times in seconds. `counts` is not cumulative; its last is what was longer than all bounds."""

    __slots__ = ("counts", "seconds")

    def __init__(self) -> None:
        self.counts = [0] * (len(BOUNDS_S) + 1)
        self.seconds = 0.0

    def observe(self, seconds: float) -> None:
        """Count one."""
        self.counts[bisect_left(BOUNDS_S, seconds)] += 1
        self.seconds += seconds

    @property
    def count(self) -> int:
        """How many were counted."""
        return sum(self.counts)


Labels = tuple[str | int, ...]


class Times(defaultdict[Labels, Histogram]):
    """Histograms by the values of their labels, each there once something was observed."""

    def __init__(self) -> None:
        super().__init__(Histogram)
