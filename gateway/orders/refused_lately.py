"""What the database refused many times within a moment, told from memory for that moment.

The database alone knows what an account has, or what was had of a quota. What it refused OFTEN
within KNOWN_S is refused without it until that moment is over, for orders of more than was left: a
flood costs the database some of its lines, and the others none of their turns. So a refusal is
never older than KNOWN_S, and who sends few orders gets none from here.
"""

import time
from collections.abc import Callable, Hashable
from typing import Any, Final, Generic, TypeVar

import msgspec

KNOWN_S: Final = 0.25  # what comes back or comes in is seen within this time
OFTEN: Final = 64  # refusals by the database within that time
KNOWN_MAX: Final = 100_000  # at a time; beyond that all are forgotten

About = TypeVar("About", bound=Hashable)
Told = TypeVar("Told")


class _Refused(msgspec.Struct):
    since: float
    times: int
    told: Any


class RefusedLately(Generic[About, Told]):
    """What was told of each thing (an account, a count of a quota) when it was last refused."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.refused: dict[About, _Refused] = {}  # nothing is told while this is empty

    def found(self, about: About, told: Told) -> None:
        """The database refused a line, and told this."""
        now = self._clock()
        known = self.refused.get(about)
        if known is None or now - known.since > KNOWN_S:
            if len(self.refused) >= KNOWN_MAX:
                self.refused.clear()
            self.refused[about] = _Refused(now, 1, told)
        else:
            known.times += 1
            known.told = told

    def told(self, about: About) -> Told | None:
        """What need not be asked again; None: ask."""
        known = self.refused.get(about)
        if known is None:
            return None
        if self._clock() - known.since > KNOWN_S:
            del self.refused[about]
            return None
        told: Told = known.told
        return told if known.times >= OFTEN else None

    def forget(self, about: About) -> None:
        """There may be more of it now."""
        self.refused.pop(about, None)
