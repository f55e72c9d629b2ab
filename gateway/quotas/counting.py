"""What a batch asks of quotas, count by count. Pure.

Lines ask for themselves; the database holds each count once, in one order for all batches, and
looks at lines one by one only where a count has not enough for all of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import orjson


class Count(msgspec.Struct, gc=False):
    """A count: what all lines together want of it."""

    quota: int
    subject: str
    wanted: int


@dataclass(frozen=True, slots=True)
class Asked:
    """The counts in the order of their keys, and line by line (from 1) which of them are asked, by
    their places (from 1)."""

    counts: Sequence[Count]
    lines: Sequence[int]
    places: Sequence[int]


def count(quotas: Sequence[str | None], units: Sequence[int]) -> Asked:
    """The counts of lines that ask this (rules.asks; None: nothing) for so many units."""
    counts: dict[tuple[int, str], Count] = {}
    asks: list[tuple[int, tuple[int, str]]] = []
    for line, (text, wanted) in enumerate(zip(quotas, units, strict=True), 1):
        if text is None:
            continue
        for quota, subject in orjson.loads(text):
            key = (quota, subject)
            asks.append((line, key))
            known = counts.get(key)
            if known is None:
                counts[key] = Count(quota, subject, wanted)
            else:
                known.wanted += wanted
    # By code points, as bytes of UTF-8 are ordered: SQL's COLLATE "C".
    places = {key: place for place, key in enumerate(sorted(counts), 1)}
    return Asked(
        [counts[key] for key in places],
        [line for line, _ in asks],
        [places[key] for _, key in asks],
    )
