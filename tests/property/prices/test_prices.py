"""Which price holds: against a reading of the contract word by word; and shares that add up."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as some

from gateway.prices.rules import PriceRow, cost_of_first, price_list, price_of

NOON = datetime(2026, 11, 11, 12, tzinfo=UTC)
few = some.integers(0, 3)
moments = some.integers(-3, 3).map(lambda hours: NOON + timedelta(hours=hours))
orders = some.tuples(
    few, some.integers(1, 4), some.none() | few.map(str), some.none() | few.map(str)
)


@some.composite
def rows(draw: some.DrawFn, *, only_windows: bool = False) -> list[PriceRow]:
    """Some rows; windows are whole."""
    nobody = some.none() if only_windows else some.none() | few
    nothing = some.none() if only_windows else some.none() | few.map(str)
    found = []
    for number in range(1, draw(some.integers(0, 6)) + 1):
        first, last = sorted([draw(moments), draw(moments)])
        windows = [(None, None), (first, None), (None, last), (first, last)]
        starts_at, ends_at = draw(some.sampled_from(windows[: 3 + (first < last)]))
        found.append(
            PriceRow(
                id=number,
                minor=draw(some.integers(0, 5)),
                partner_id=draw(nobody),
                channel=draw(nothing),
                campaign=draw(nothing),
                min_quantity=None if only_windows else draw(some.none() | some.integers(1, 4)),
                starts_at=starts_at,
                ends_at=ends_at,
                priority=draw(some.integers(-1, 1)),
                allow_zero=draw(some.booleans()),
            )
        )
    return found


LISTED = PriceRow(id=0, minor=3)


def by_the_contract(
    made: list[PriceRow], order: tuple[int, int, str | None, str | None], moment: datetime
) -> int:
    """The row with most conditions met wins, then priority, then the lower amount."""
    partner, quantity, campaign, channel = order
    met: list[tuple[int, int, int]] = []
    for row in [LISTED, *made]:
        conditions = [
            (row.partner_id is not None, row.partner_id == partner),
            (row.channel is not None, row.channel == channel),
            (row.campaign is not None, row.campaign == campaign),
            (row.min_quantity is not None, quantity >= (row.min_quantity or 0)),
            (
                (row.starts_at or row.ends_at) is not None,
                (row.starts_at or moment) <= moment
                and (row.ends_at is None or moment < row.ends_at),
            ),
        ]
        if all(holds for said, holds in conditions if said):
            met.append((-sum(said for said, _ in conditions), row.priority, row.minor))
    return min(met)[2]


@given(rows(), orders, moments)
def test_the_price_is_the_contracts(
    made: list[PriceRow], order: tuple[int, int, str | None, str | None], moment: datetime
) -> None:
    """Seen red with ranks by amount before priority."""
    partner, quantity, campaign, channel = order
    priced = price_of(
        price_list(LISTED, made, 0), partner, quantity,
        campaign=campaign, channel=channel, now=lambda: moment,
    )  # fmt: skip
    assert priced.minor == by_the_contract(made, order, moment)


@given(rows() | rows(only_windows=True), orders, moments, moments)
def test_it_holds_as_long_as_it_says(
    made: list[PriceRow],
    order: tuple[int, int, str | None, str | None],
    moment: datetime,
    later: datetime,
) -> None:
    """At every moment between `since` and `until` it is the same price.

    Seen red without the start of a window that is still to come.
    """
    partner, quantity, campaign, channel = order
    prices = price_list(LISTED, made, 0)
    priced = price_of(
        prices, partner, quantity, campaign=campaign, channel=channel, now=lambda: moment
    )
    assert priced.since is None or priced.since <= moment
    assert priced.until is None or moment < priced.until
    if (priced.since or later) <= later and (priced.until is None or later < priced.until):
        assert by_the_contract(made, order, later) == priced.minor


@given(rows(), some.permutations(range(6)))
def test_the_order_of_rows_does_not_count(made: list[PriceRow], shuffled: list[int]) -> None:
    """However the database lists them, the same row wins."""
    other = [made[n] for n in shuffled if n < len(made)]
    assert price_list(LISTED, made, 0) == price_list(LISTED, other, 0)


@given(some.integers(0, 10**15), some.integers(1, 500), some.data())
def test_shares_of_an_order_add_up(paid: int, units: int, data: some.DataObject) -> None:
    """However an order is cut into parts, they come to what was paid; no unit costs less than the
    floor of its share, and none more than a minor unit above it."""
    cuts = sorted({0, units, *data.draw(some.lists(some.integers(0, units), max_size=5))})
    parts = [
        cost_of_first(last, units, paid) - cost_of_first(first, units, paid)
        for first, last in pairwise(cuts)
    ]
    assert sum(parts) == paid
    one = [
        cost_of_first(k, units, paid) - cost_of_first(k - 1, units, paid)
        for k in range(1, units + 1)
    ]
    assert {each - paid // units for each in one} <= {0, 1}
