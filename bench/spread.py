"""The arithmetic of turns: ratios of neighbouring rounds, medians and how far they scatter."""

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """A set of measurements by its median, its quartiles and its extremes."""

    median: float
    minimum: float
    lower_quartile: float
    upper_quartile: float
    maximum: float
    count: int

    def as_json(self) -> dict[str, float]:
        """For the result file, rounded to four significant digits."""
        return {k: float(f"{v:.4g}") if k != "count" else v for k, v in asdict(self).items()}


def spread(values: Sequence[float]) -> Spread:
    """Summarise at least one value; quartiles are interpolated (inclusive method)."""
    if not values:
        raise ValueError("nothing was measured")
    if len(values) == 1:
        lower = middle = upper = values[0]
    else:
        lower, middle, upper = statistics.quantiles(values, n=4, method="inclusive")
    return Spread(
        median=middle,
        minimum=min(values),
        lower_quartile=lower,
        upper_quartile=upper,
        maximum=max(values),
        count=len(values),
    )


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    """Ours over theirs, round by round: both of a round ran within the same seconds.

    Raises ValueError where theirs is nothing: the round was too short for this machine.
    """
    if not all(theirs):
        raise ValueError("nothing was answered in a round: make rounds longer (--seconds)")
    return [a / b for a, b in zip(ours, theirs, strict=True)]
