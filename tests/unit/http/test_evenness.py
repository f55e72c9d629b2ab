"""Connections are evened out among workers, without sending the same ones round and round."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ground.http.evenness import UNEVEN, to_send_away

ROUNDS = 30  # one each second: pressure.md allows 30 s


@pytest.mark.parametrize(
    ("own", "mean", "away"),
    [(0, 0.0, 0), (1, 0.5, 0), (2, 1.0, 0), (150, 100.0, 0), (151, 100.0, 26), (200, 100.0, 50),
     (4, 2.0, 1), (64, 32.0, 16)],
)  # fmt: skip
def test_who_has_too_many_ends_half_of_what_is_too_much(own: int, mean: float, away: int) -> None:
    """Up to half as many again as the mean nobody is sent away. Seen red with UNEVEN = 2."""
    assert to_send_away(own, mean) == away


@given(workers=st.integers(2, 16), each=st.integers(8, 200), seed=st.integers(0, 2**32))
def test_they_are_even_in_time(workers: int, each: int, seed: int) -> None:
    """All of them at one worker: those who are sent away fall anywhere, as the kernel throws them.

    After 30 rounds nobody has more than 1.5 times the mean, but where that is less than one more.
    Seen red with a tenth of the excess sent away.
    """
    rng = random.Random(seed)
    mean = float(each)
    held = [each * workers] + [0] * (workers - 1)
    for _ in range(ROUNDS):
        away = [to_send_away(own, mean) for own in held]
        held = [own - gone for own, gone in zip(held, away, strict=True)]
        for _ in range(sum(away)):
            held[rng.randrange(workers)] += 1
    assert max(held) <= UNEVEN * mean + 1
