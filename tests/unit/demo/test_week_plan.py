"""The week that the console's demo makes up: when how much is sold, and by which clock."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.demo.week.clock import SLOTS_MAX, Begun, Timeline
from gateway.demo.week.plan import CHINA, FULL, LAST_BEFORE, SMALL, STRETCH, Size, week

NOW = datetime(2026, 11, 11, 4, 30, tzinfo=UTC)


@pytest.mark.parametrize("size", [FULL, SMALL])
def test_a_week_has_its_orders_and_ends_before_now(size: Size) -> None:
    """The slots fill the seven days before now in order, and about so many orders come in them."""
    plan = week(NOW, size, random.Random(1))
    moments = [slot.at for slot in plan]
    assert len(plan) == size.slots <= SLOTS_MAX
    assert moments == sorted(set(moments))
    assert moments[0] == NOW - timedelta(days=7)
    assert abs(NOW - LAST_BEFORE - moments[-1]) < timedelta(seconds=1)
    # Rounding gives or takes half an order a slot, and at least one.
    assert abs(sum(slot.orders for slot in plan) - size.orders) <= size.slots


def test_the_evening_sells_more_than_the_night() -> None:
    """By China's clock, whatever the machine's is."""
    sold: Counter[bool] = Counter()
    for slot in week(NOW, FULL, random.Random(1)):
        hour = (slot.at + CHINA).hour
        if hour in {3, 4, 20, 21}:
            sold[hour > 12] += slot.orders
    assert sold[True] > 5 * sold[False]


def test_a_slot_that_lasts_pushes_the_next_one(tmp_path: Path) -> None:
    """Moments only grow: what is made later is later in the week, too."""
    timeline = Timeline(tmp_path / "slots", make=True)
    timeline.begin(1_000.0)
    timeline.begin(1_000.0)
    first, second = timeline.slots()
    assert second.past_s >= first.moment(second.real_s) == second.past_s
    assert first.moment(first.real_s + 1) == 1_000.0 + STRETCH


def test_another_process_numbers_by_the_newest_slot(tmp_path: Path) -> None:
    """What one writes the other reads at once; before the first slot the time is the time."""
    writing = Timeline(tmp_path / "slots", make=True)
    reading = Timeline(tmp_path / "slots")
    assert reading.moment(5.0) == 5.0
    writing.begin(1_000.0)
    writing.begin(90_000.0)
    (_, last) = reading.slots()
    assert isinstance(last, Begun)
    assert reading.moment(last.real_s + 2) == 90_000.0 + 2 * STRETCH
