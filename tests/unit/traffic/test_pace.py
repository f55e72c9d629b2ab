"""The pace of calls, by a clock that only this test moves."""

import pytest

from gateway.ground.traffic.pace import BURST_S, Pace


def test_one_slot_after_the_other() -> None:
    """Slots come at the rate, however early they are asked for."""
    pace = Pace(10.0)
    first = pace.reserve(100.0)
    slots = [pace.reserve(100.0) - first for _ in range(4)]
    assert slots == pytest.approx([0.1, 0.2, 0.3, 0.4])


def test_idle_time_is_not_saved_up() -> None:
    """After an hour of nothing no more than a tenth of a second is caught up."""
    pace = Pace(64.0)
    pace.reserve(0.0)
    at_once = sum(pace.reserve(3600.0) <= 3600.0 for _ in range(500))
    assert at_once == int(64.0 * BURST_S) + 1


def test_nobody_waits_twice_for_others_once() -> None:
    """Of two that always want the next slot, each gets every second one."""
    pace = Pace(5.0)
    waiting = {"a": pace.reserve(0.0), "b": pace.reserve(0.0)}
    served = []
    for _ in range(8):
        name = min(waiting, key=waiting.__getitem__)
        served.append(name)
        waiting[name] = pace.reserve(waiting[name])
    assert served == ["a", "b"] * 4


def test_a_rate_below_one() -> None:
    """One call every ten seconds is a rate like any other."""
    pace = Pace(0.1)
    first = pace.reserve(0.0)
    assert pace.reserve(0.0) - first == pytest.approx(10.0)
