"""Shapes of load: how much is offered when, in shares of the peak. Pure."""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt
from typing import Final

STEADY = 0.7  # of the peak: what latencies are compared with, and what comes after a shape
# Partners that go on as ever beside one that floods, and the share of the peak of each of them.
OTHERS = 4
SHARE = 0.05
FLOOD = 20 * SHARE


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """A stretch of load that changes evenly from one share of the peak to another."""

    seconds: float
    begins: float
    ends: float
    slow: bool = False  # the database answers late meanwhile


def even(seconds: float, share: float, *, slow: bool = False) -> Leg:
    """The same share all the time."""
    return Leg(seconds=seconds, begins=share, ends=share, slow=slow)


def length_s(legs: Sequence[Leg]) -> float:
    """How long they take."""
    return sum(leg.seconds for leg in legs)


def moments(legs: Sequence[Leg], peak_per_s: float, chance: random.Random) -> Iterator[float]:
    """When requests are due, in seconds from the beginning: each comes for itself (Poisson)."""
    began = 0.0
    gap = chance.expovariate(1.0)  # in requests: what has to be offered until the next one
    for leg in legs:
        rate, change = leg.begins * peak_per_s, (leg.ends - leg.begins) * peak_per_s / leg.seconds
        at = 0.0
        while (step := _time_for(gap, rate + change * at, change)) <= leg.seconds - at:
            at += step
            yield began + at
            gap = chance.expovariate(1.0)
        rest = leg.seconds - at
        gap -= (rate + change * at) * rest + change * rest * rest / 2
        began += leg.seconds


def lesser(legs: Sequence[Leg], *, top: float = 1.0, slow_top: float = 1.0) -> float:
    """The lesser of offered and peak, over all moments: in seconds of the peak.

    `top`: what the peak turned out to be in shares of the one that the legs are of; `slow_top`:
    the same while the database is slow.
    """
    return sum(_lesser(leg, slow_top if leg.slow else top) for leg in legs)


def _time_for(amount: float, rate: float, change: float) -> float:
    """How long it takes to offer so much at a rate that changes evenly; it may be for ever."""
    if abs(change) < 1e-9:
        return amount / rate if rate > 0 else float("inf")
    under_root = rate * rate + 2 * change * amount
    return float("inf") if under_root < 0 else 2 * amount / (rate + sqrt(under_root))


def _lesser(leg: Leg, top: float) -> float:
    low, high = sorted((leg.begins, leg.ends))
    if top <= low:
        return top * leg.seconds
    if top >= high:
        return (low + high) / 2 * leg.seconds
    below = (top - low) / (high - low)  # the share of its time in which it offers less than top
    return ((low + top) / 2 * below + top * (1 - below)) * leg.seconds


def recovered_s(are_normal: Sequence[bool], *, slice_s: float, holds_slices: int) -> float | None:
    """From which slice on all is as before, and stays so for some; None: from none."""
    for first in range(len(are_normal) - holds_slices + 1):
        if all(are_normal[first : first + holds_slices]):
            return first * slice_s
    return None


def spans(phases: Sequence[tuple[str, float]]) -> list[tuple[str, float, float]]:
    """Phases one after the other: their names, begins and ends."""
    ends = [0.0]
    for _, seconds in phases:
        ends.append(ends[-1] + seconds)
    return [(name, lo, hi) for (name, _), (lo, hi) in zip(phases, pairwise(ends), strict=True)]


def _saw(seconds: float) -> list[Leg]:
    return [Leg(seconds=1.0, begins=0.0, ends=2.0)] * max(1, round(seconds))


# What the partner who floods, or who is alone, offers. In `flood` the others come on top.
SHAPES: Final[Mapping[str, Callable[[float], Sequence[Leg]]]] = {
    "steady": lambda seconds: [even(seconds, STEADY)],
    "over": lambda seconds: [even(seconds, 1.25)],
    "tenfold": lambda seconds: [even(seconds, 10.0)],
    "ramp": lambda seconds: [Leg(seconds=seconds, begins=0.0, ends=2.0)],
    "saw_tooth": _saw,
    "slow_database": lambda s: [even(s / 4, STEADY), even(s * 3 / 4, STEADY, slow=True)],
    "flood": lambda seconds: [even(seconds, FLOOD)],
}
