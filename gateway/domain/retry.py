"""When to try or look again. Pure: chance comes in as a number from 0 to 1."""

from collections.abc import Sequence
from typing import Final

JITTER: Final = 0.2  # each delay is spread by ± this share, so that crowds come apart
SEND_DELAYS_S: Final = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0)  # after NOT_SENT; the last repeats
GIVE_UP_S: Final = 300.0  # an order that no upstream takes for this long fails and is refunded


def delay_s(plan: Sequence[float], done: int, chance: float) -> float:
    """The delay after `done` tries: the plan's step (its last repeats), with jitter."""
    step = plan[min(done, len(plan) - 1)]
    return step * (1 - JITTER + 2 * JITTER * chance)
