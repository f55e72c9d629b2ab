"""Delays and the retry budget."""

import pytest

from gateway.ground.traffic.retry import RetryBudget, delay_s


@pytest.mark.parametrize(
    ("done", "chance", "expected"),
    [
        (0, 0.5, 1.0),  # the first step, no jitter in the middle
        (1, 0.5, 2.0),
        (9, 0.5, 5.0),  # the last step repeats
        (0, 0.0, 0.8),  # at most a fifth earlier
        (0, 1.0, 1.2),  # at most a fifth later
    ],
)
def test_a_delay_follows_the_plan(done: int, chance: float, expected: float) -> None:
    """The plan's step with jitter."""
    assert delay_s((1, 2, 5), done, chance) == pytest.approx(expected)


def test_repeats_are_a_tenth() -> None:
    """Against a failing upstream under load, repeats are at most 10 % of the first sends."""
    budget = RetryBudget(per_s=0.0)
    while budget.spend(0.0, again=True):
        pass  # what is in hand at the start
    repeats = sum(
        budget.spend(0.0, again=False) and budget.spend(0.0, again=True) for _ in range(1000)
    )
    assert repeats == pytest.approx(100, abs=1)


def test_a_lonely_order_may_repeat() -> None:
    """Where hardly anything is sent, a repeat waits for time, not for company."""
    budget = RetryBudget()
    while budget.spend(0.0, again=True):
        pass
    assert not budget.spend(0.5, again=True)
    assert budget.spend(1.5, again=True)
