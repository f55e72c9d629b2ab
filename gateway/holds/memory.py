"""Holds that this worker made a moment ago, with the records of their codes.

A confirm that comes to the worker that made the hold needs no look at the database before its
commit. Nothing is believed that is read here: the commit judges the hold under its lock.
"""

from typing import Final

from gateway.holds.record import HoldRecord

CODES_MAX: Final = 65_536  # some ten megabytes of sealed records; the oldest go first


class RecentHolds:
    """By (partner id, hold id)."""

    def __init__(self, codes_max: int = CODES_MAX) -> None:
        self._holds: dict[tuple[int, int], HoldRecord] = {}
        self._codes_max = codes_max
        self._codes = 0

    def put(self, hold: HoldRecord) -> None:
        """One that was just made."""
        self._holds[hold.partner_id, hold.id] = hold
        self._codes += 1 + len(hold.records)
        while self._codes > self._codes_max:
            self.forget(*next(iter(self._holds)))

    def get(self, partner_id: int, hold_id: int) -> HoldRecord | None:
        """It, as it was when it was made."""
        return self._holds.get((partner_id, hold_id))

    def forget(self, partner_id: int, hold_id: int) -> None:
        """It has become something else."""
        hold = self._holds.pop((partner_id, hold_id), None)
        if hold is not None:
            self._codes -= 1 + len(hold.records)
