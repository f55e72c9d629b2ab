"""Outlets: what a worker holds codes for. Pure.

An outlet is a shelf of a pool, for orders whose codes must last so many days more. Its number is
both in one, so that all of memory (claims, leases, parked lines, verdicts) goes by one integer;
that of a pool's `main` shelf is the pool's own id, so a plain order's outlet costs nothing to name.
"""

from typing import Final

LIFE_DAYS_MAX: Final = 36_500
_SHELF_BITS: Final = 44
_SHELF_MASK: Final = (1 << _SHELF_BITS) - 1


def outlet_of(shelf_id: int, life_days: int = 0) -> int:
    """The outlet of a shelf for codes that last at least so many days more."""
    return shelf_id | life_days << _SHELF_BITS


def shelf_of(outlet: int) -> int:
    """The shelf an outlet sells from; of a pool's `main` shelf it is the pool's id."""
    return outlet & _SHELF_MASK


def life_of(outlet: int) -> int:
    """How many days the outlet's codes must last when they are sold."""
    return outlet >> _SHELF_BITS
