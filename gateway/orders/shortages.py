"""Who sends order after order without money is told so from memory, for a moment at a time.

The database alone knows what an account has. A partner it refused for lack of money many times
within a moment is refused without it until that moment is over, for orders of more than the
account had: a flood costs the database some of its lines, and the others none of their turns.
So a refusal is never older than KNOWN_S, and a partner that sends few orders gets none from here.
"""

import time
from collections.abc import Callable
from typing import Final

import msgspec

KNOWN_S: Final = 0.25  # a deposit is seen within this time, and at once when it is announced
OFTEN: Final = 64  # refusals by the database within that time


class _Refused(msgspec.Struct):
    since: float
    times: int
    available_minor: int


class Shortages:
    """What accounts had when they were last found short."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._refused: dict[int, _Refused] = {}

    def __bool__(self) -> bool:
        return bool(self._refused)

    def found(self, partner_id: int, available_minor: int) -> None:
        """The database refused a line; the account has that much."""
        now = self._clock()
        known = self._refused.get(partner_id)
        if known is None or now - known.since > KNOWN_S:
            self._refused[partner_id] = _Refused(now, 1, available_minor)
        else:
            known.times += 1
            known.available_minor = available_minor

    def available_minor(self, partner_id: int) -> int | None:
        """What the account has, if that need not be asked again; None: ask."""
        known = self._refused.get(partner_id)
        if known is None:
            return None
        if self._clock() - known.since > KNOWN_S:
            del self._refused[partner_id]
            return None
        return known.available_minor if known.times >= OFTEN else None

    def forget(self, partner_id: int) -> None:
        """Money came in."""
        self._refused.pop(partner_id, None)
