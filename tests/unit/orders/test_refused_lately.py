"""Refusals for lack of money from memory: only in a flood, never old, never after a deposit."""

from gateway.orders.refused_lately import KNOWN_S, OFTEN, RefusedLately


class Clock:
    """A clock that the test holds."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def flooded(clock: Clock) -> RefusedLately[int, int]:
    """A partner that was refused often just now, and has 30."""
    shortages: RefusedLately[int, int] = RefusedLately(clock)
    for _ in range(OFTEN):
        shortages.found(1, 30)
    return shortages


def test_a_few_refusals_are_asked_for_again() -> None:
    """Who sends few orders is answered by the database each time."""
    shortages: RefusedLately[int, int] = RefusedLately(Clock())
    for _ in range(OFTEN - 1):
        shortages.found(1, 30)
        assert shortages.told(1) is None


def test_a_flood_is_refused_from_memory_for_a_moment() -> None:
    """After many refusals the amount is known, of that partner alone, and not for long."""
    clock = Clock()
    shortages = flooded(clock)
    assert shortages.told(1) == 30
    assert shortages.told(2) is None
    clock.now += KNOWN_S + 0.01
    assert shortages.told(1) is None  # the database is asked again
    shortages.found(1, 30)
    assert shortages.told(1) is None  # and often, before memory speaks again


def test_the_moment_begins_with_the_first_refusal() -> None:
    """Refusals that keep coming do not make an old one young."""
    clock = Clock()
    shortages = flooded(clock)
    for _ in range(10):
        clock.now += KNOWN_S / 8
        shortages.found(1, 30)
    clock.now += KNOWN_S / 8
    assert shortages.told(1) is None


def test_money_that_comes_in_ends_it_at_once() -> None:
    """An announcement forgets what was known."""
    shortages = flooded(Clock())
    shortages.forget(1)
    shortages.forget(2)  # of whom nothing was known
    assert shortages.told(1) is None
