"""A metric family: plain data until somebody scrapes."""

from collections.abc import Mapping, Sequence

import msgspec

from gateway.ground.histogram import Histogram, Labels


class Family(msgspec.Struct, array_like=True):
    """One metric: its samples are (label values, value); the value of a histogram is its buckets
    and the sum of seconds."""

    kind: str  # counter, gauge, histogram
    name: str
    help: str
    labels: Sequence[str]
    samples: Sequence[tuple[Sequence[str], float | tuple[Sequence[int], float]]]


def one(kind: str, name: str, help_: str, value: float) -> Family:
    return Family(kind, name, help_, [], [([], value)])


def durations(
    name: str, help_: str, labels: Sequence[str], times: Mapping[Labels, Histogram]
) -> Family:
    """A family of histograms, by the values of their labels."""
    samples = [
        ([str(value) for value in values], (each.counts, each.seconds))
        for values, each in sorted(times.items())
    ]
    return Family("histogram", name, help_, labels, samples)
