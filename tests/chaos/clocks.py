"""The real gateway with a wall clock that is wrong.

`CHAOS_CLOCK=-50 python -m tests.chaos.clocks serve …`: this process believes it is 50 s earlier.
Its monotonic clock goes right, as on any machine whose wall clock is not set.
"""

import os
import time

from gateway.__main__ import main


def turn(seconds: float) -> None:
    """Set this process's wall clock."""
    right, right_ns = time.time, time.time_ns
    time.time = lambda: right() + seconds  # type: ignore[assignment]
    time.time_ns = lambda: right_ns() + int(seconds * 1e9)  # type: ignore[assignment]


if __name__ == "__main__":
    turn(float(os.environ["CHAOS_CLOCK"]))
    main()
