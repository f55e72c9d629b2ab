"""When in the week how much is sold. Pure."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

DAY_S: Final = 86_400
CHINA: Final = timedelta(hours=8)
STRETCH: Final = 60.0  # a second of the making is a minute of the week
LAST_BEFORE: Final = timedelta(minutes=45)  # the last slot's begin: what it makes is past, too
CASES: Final = 36  # about so many in a week
NOW_ORDERS: Final = 12  # more, when the shop is open again: what is live has something to say
OPENED_BEFORE: Final = timedelta(hours=6)  # the shop is set up so long before its first order

# What an hour of the day sells, in China: little at night, much at noon and in the evening.
CURVE: Final = (
    18, 9, 5, 3, 3, 5, 12, 25, 42, 55, 64, 78, 92, 80, 66, 62, 66, 74, 88, 108, 130, 138, 104, 52,
)  # fmt: skip
WEEKEND: Final = 1.35
GROWTH: Final = 0.07  # a day


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How many slots a week has, and how many orders all of them together, about."""

    slots: int
    orders: int

    @property
    def scale(self) -> float:
        """Against a full week."""
        return self.orders / FULL.orders


FULL: Final = Size(slots=150, orders=1_500)
SMALL: Final = Size(slots=28, orders=170)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A moment of the week: when, and how many orders come in it."""

    at: datetime
    orders: int


def week(now: datetime, size: Size, chance: random.Random) -> Sequence[Slot]:
    """Seven days before `now`, in equal steps; the orders follow the curve of the day."""
    first, last = now - timedelta(days=7), now - LAST_BEFORE
    step = (last - first) / (size.slots - 1)
    moments = [first + n * step for n in range(size.slots)]
    weights = [_weight(at, first) * chance.uniform(0.8, 1.2) for at in moments]
    share = size.orders / sum(weights)
    return [
        Slot(at=at, orders=max(1, round(weight * share)))
        for at, weight in zip(moments, weights, strict=True)
    ]


def _weight(at: datetime, first: datetime) -> float:
    there = at + CHINA
    weekend = WEEKEND if there.isoweekday() > 5 else 1.0
    return CURVE[there.hour] * weekend * (1 + GROWTH * (at - first).days)
