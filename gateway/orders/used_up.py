"""Quotas that have too little left, told from memory for a moment: refused_lately.py."""

import time
from collections.abc import Callable
from typing import TypeAlias

import orjson

from gateway.orders.line import Answered, Line
from gateway.orders.refused_lately import RefusedLately

Count: TypeAlias = tuple[int, str]  # quota id, subject


class UsedUp:
    """What counts had left when they last refused something."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._refused: RefusedLately[Count, Answered] = RefusedLately(clock)
        self.counts = self._refused.refused  # nothing is told while this is empty

    def found(self, line: Line, answered: Answered) -> Answered:
        """The database refused the line for what a quota has left; the same answer."""
        for count in _counts(line):
            if count[0] == answered.quota:
                self._refused.found(count, answered)
        return answered

    def tells(self, line: Line) -> bool:
        """Whether it need not be asked again what the line is told: `used_up` of the line."""
        for count in _counts(line):
            told = self._refused.told(count)
            if told is not None and line.quantity > told.amount:
                line.used_up = told
                return True
        return False


def _counts(line: Line) -> list[Count]:
    return [(quota, subject) for quota, subject in orjson.loads(line.quotas or "[]")]
