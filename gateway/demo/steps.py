"""What the acts of the demo say while they play."""

import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple, Protocol, TypeAlias

Counts: TypeAlias = Callable[[], str]
PACE_S: Final = 1.0


class Bar(NamedTuple):
    """How much of something is gone; more than all of it where more was borrowed."""

    name: str
    done: int
    size: int


Bars: TypeAlias = Callable[[], Sequence[Bar]]


class Steps(Protocol):
    """Where the acts say what they do."""

    def step(self, text: str, counts: Counts = str) -> None:
        """A new step begins, and the one before is done; `counts` is asked again and again."""

    def picture(self, bars: Bars) -> None:
        """Bars below the steps from now on, asked again and again."""


class Pace:
    """How many a second, lately."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: deque[tuple[float, int]] = deque()

    def of(self, count: int) -> float:
        """`count` is how many there are now."""
        now = self._clock()
        self._seen.append((now, count))
        while now - self._seen[0][0] > PACE_S and len(self._seen) > 2:
            self._seen.popleft()
        since, before = self._seen[0]
        return (count - before) / (now - since) if now > since else 0.0
