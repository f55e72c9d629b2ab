"""What one piece costs: which row holds, and whether it may be charged. Pure.

Of the rows whose conditions are all met the one with most conditions wins, then the smaller
priority, then the lower amount. All that depends on an order is which conditions it meets; so rows
are ranked once, when they are read, and the first that fits is the price.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Final

import msgspec

WHOLE: Final = 10_000  # basis points


class Priced(msgspec.Struct, frozen=True, gc=False):
    """What one costs, in minor units. `sound` False: that may be neither shown nor charged.

    It holds from `since` (inclusive) to `until` (exclusive) by the database's clock; None: no
    window has to do with it.
    """

    minor: int
    sound: bool = True
    since: datetime | None = None
    until: datetime | None = None


class PriceRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A price of one SKU, worked out in minor units of one; a condition that is None is none.

    `below` is the floor that somebody allowed it to lie below.
    """

    id: int
    minor: int
    partner_id: int | None = None
    channel: str | None = None
    campaign: str | None = None
    min_quantity: int | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    priority: int = 0
    allow_zero: bool = False
    below: int = 0

    @property
    def conditions(self) -> int:
        """How many it has; a window is one, however many ends it has."""
        said = (self.partner_id, self.channel, self.campaign, self.min_quantity)
        window = self.starts_at is not None or self.ends_at is not None
        return sum(each is not None for each in said) + window

    @property
    def rank(self) -> tuple[int, int, int, int]:
        """Rows in the order in which they win; the id only makes it the same every time."""
        return (-self.conditions, self.priority, self.minor, self.id)

    def fits(
        self, partner_id: int, quantity: int, campaign: str | None, channel: str | None
    ) -> bool:
        """Whether an order meets its conditions, its window aside."""
        return (
            (self.partner_id is None or self.partner_id == partner_id)
            and (self.campaign is None or self.campaign == campaign)
            and (self.channel is None or self.channel == channel)
            and (self.min_quantity is None or quantity >= self.min_quantity)
        )

    def sound(self, floor_minor: int) -> bool:
        """Whether it may be charged above this floor; nothing is free that was not meant to be."""
        above = self.minor >= floor_minor or floor_minor <= self.below
        return above and (self.minor > 0 or self.allow_zero)


class PriceList(msgspec.Struct, frozen=True, gc=False):
    """The prices of one SKU. `rows` are ranked and none where there is only `plain`, the list
    price; else that is one of them."""

    plain: Priced
    rows: tuple[PriceRow, ...] = ()
    floor_minor: int = 0


NO_PRICES: Final = PriceList(Priced(0, sound=False))  # of a SKU that is not there


class PriceBook(msgspec.Struct, frozen=True):
    """The prices of every SKU by its id."""

    lists: Mapping[int, PriceList]


def price_list(listed: PriceRow, rows: Iterable[PriceRow], floor_minor: int) -> PriceList:
    """The prices of a SKU: its list price, which has no conditions, and its rows."""
    plain = Priced(listed.minor, listed.sound(floor_minor))
    ranked = tuple(sorted((listed, *rows), key=lambda row: row.rank))
    return PriceList(plain, ranked if len(ranked) > 1 else (), floor_minor)


def price_of(
    prices: PriceList,
    partner_id: int,
    quantity: int,
    *,
    campaign: str | None,
    channel: str | None,
    now: Callable[[], datetime],
) -> Priced:
    """What one of an order costs; `now` is asked only where a window has to do with it."""
    if not prices.rows:
        return prices.plain
    since: datetime | None = None
    until: datetime | None = None
    moment: datetime | None = None
    for row in prices.rows:
        if not row.fits(partner_id, quantity, campaign, channel):
            continue
        if row.starts_at is not None or row.ends_at is not None:
            moment = moment or now()
            if row.ends_at is not None and moment >= row.ends_at:
                since = _later(since, row.ends_at)
                continue
            if row.starts_at is not None and moment < row.starts_at:
                until = _earlier(until, row.starts_at)
                continue
            since, until = _later(since, row.starts_at), _earlier(until, row.ends_at)
        return Priced(row.minor, row.sound(prices.floor_minor), since, until)
    return prices.plain  # not reached: the list price is one of the rows, and always fits


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max(filter(None, (one, other)), default=None)


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return min(filter(None, (one, other)), default=None)


def share_of_list(list_minor: int, basis_points: int) -> int:
    """A percent of the list price, rounded down; also of a floor."""
    return list_minor * basis_points // WHOLE


def cost_of_first(units: int, of: int, paid_minor: int) -> int:
    """What the first units of an order cost of what was paid for all of them.

    Unit k of n costs floor(k·x/n) − floor((k−1)·x/n), so that any split adds up. What is given
    back are the last ones: a cent that cannot be split is refunded.
    """
    return paid_minor * units // of
