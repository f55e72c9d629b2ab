"""Who orders again and again what a quota has not left is told so from memory, for a moment at a
time.

The database alone knows what was had. What it refused many times within a moment is refused without
it until that moment is over, for orders of more than was left: a flood at a limited thing costs the
database some of its lines, and the others none of their turns. So a refusal is never older than
KNOWN_S, and who sends few orders gets none from here. The same rule as for money: shortages.py.
"""

import time
from collections.abc import Callable
from typing import TypeAlias

import msgspec
import orjson

from gateway.orders.line import Line, Settled
from gateway.orders.shortages import KNOWN_S, OFTEN

Count: TypeAlias = tuple[int, str]  # quota id, subject
COUNTS_MAX = 100_000  # known at a time; beyond that all are forgotten


class _Refused(msgspec.Struct):
    since: float
    times: int
    settled: Settled


class UsedUp:
    """What counts had left when they last refused something."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._refused: dict[Count, _Refused] = {}

    def __bool__(self) -> bool:
        return bool(self._refused)

    def found(self, line: Line, settled: Settled) -> Settled:
        """The database refused the line for what a quota has left; the same answer."""
        now = self._clock()
        for count in _counts(line):
            if count[0] != settled.quota:
                continue
            known = self._refused.get(count)
            if known is None or now - known.since > KNOWN_S:
                if len(self._refused) >= COUNTS_MAX:
                    self._refused.clear()
                self._refused[count] = _Refused(now, 1, settled)
            else:
                known.times += 1
                known.settled = settled
        return settled

    def tells(self, line: Line) -> bool:
        """Whether it need not be asked again what the line is told: `used_up` of the line."""
        now = self._clock()
        for count in _counts(line):
            known = self._refused.get(count)
            if known is None:
                continue
            if now - known.since > KNOWN_S:
                del self._refused[count]
            elif known.times >= OFTEN and line.quantity > known.settled.amount:
                line.used_up = known.settled
                return True
        return False


def _counts(line: Line) -> list[Count]:
    return [(quota, subject) for quota, subject in orjson.loads(line.quotas or "[]")]
