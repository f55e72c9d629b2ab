"""How fast calls may start. Pure: the clock is passed in."""

from dataclasses import dataclass
from typing import Final

BURST_S: Final = 0.1  # unused time that may be caught up: a platform counts in windows of its own


@dataclass(slots=True)
class Pace:
    """Slots for calls, one every 1/`calls_per_s` seconds: a token bucket that is reserved from.

    Whoever reserves gets the next slot, so lanes that share a pace take turns and none starves.
    """

    calls_per_s: float
    _next: float = float("-inf")

    def reserve(self, now: float) -> float:
        """When the next call may start, on the clock of `now`; the slot is taken."""
        slot = max(self._next, now - BURST_S)
        self._next = slot + 1 / self.calls_per_s
        return slot
