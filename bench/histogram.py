"""Times, counted by length: any quantile is right to 1.6 %, however many there are."""

from collections import Counter
from collections.abc import Mapping
from math import ceil
from typing import Final

FINE_BITS: Final = 7  # of a length in µs so many leading bits are kept


class Histogram:
    """Times in seconds, as HdrHistogram counts them: each power of two in 64 equal parts."""

    __slots__ = ("counts",)

    def __init__(self, counts: Mapping[str, int] | None = None) -> None:
        """`counts` as `as_json` gave them."""
        self.counts: Counter[int] = Counter({int(k): n for k, n in (counts or {}).items()})

    def observe(self, seconds: float) -> None:
        """Count one."""
        us = int(seconds * 1e6)
        shift = max(0, us.bit_length() - FINE_BITS)
        self.counts[shift << FINE_BITS | us >> shift] += 1

    def add(self, other: "Histogram") -> None:
        """Count what another has counted."""
        self.counts.update(other.counts)

    @property
    def count(self) -> int:
        """How many were counted."""
        return self.counts.total()

    def quantile_ms(self, share: float) -> float:
        """What this share of the times did not exceed, in ms; of none: 0."""
        left = ceil(self.count * share - 1e-9)  # a product may be a hair above a whole number
        for key in sorted(self.counts):
            left -= self.counts[key]
            if left <= 0:
                shift, part = key >> FINE_BITS, key & (1 << FINE_BITS) - 1
                return ((part + 1 << shift) - 1) / 1000
        return 0.0

    def as_json(self) -> dict[str, int]:
        """The counts, for another process."""
        return {str(key): n for key, n in self.counts.items()}
