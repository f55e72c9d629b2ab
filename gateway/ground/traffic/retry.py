"""When to try or look again. Pure: chance comes in as a number from 0 to 1, time in seconds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

JITTER: Final = 0.2  # each delay is spread by ± this share, so that crowds come apart
SEND_DELAYS_S: Final = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0)  # after NOT_SENT; the last repeats
SENDS_BEFORE_MOVING: Final = 3  # NOT_SENT that often: another upstream, if there is one
MOVE_AFTER_S: Final = 2.0  # so long an order waits for a lane that takes no calls
GIVE_UP_S: Final = 300.0  # an order that no upstream takes for this long fails and is refunded


def delay_s(plan: Sequence[float], done: int, chance: float) -> float:
    """The delay after `done` tries: the plan's step (its last repeats), with jitter."""
    step = plan[min(done, len(plan) - 1)]
    return step * (1 - JITTER + 2 * JITTER * chance)


@dataclass(slots=True)
class RetryBudget:
    """Repeated sends are at most a tenth of the first ones, with a little in hand (faults G7)."""

    share: float = 0.1
    most: float = 10.0
    per_s: float = 1.0  # where hardly anything is sent, repeats need not wait for company
    _left: float = 10.0
    _at: float = 0.0

    def spend(self, now: float, *, again: bool) -> bool:
        """Whether this send may go now; `again`: the same one did not leave us before."""
        self._left = min(self.most, self._left + (now - self._at) * self.per_s)
        self._at = now
        if not again:
            self._left = min(self.most, self._left + self.share)
            return True
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True
