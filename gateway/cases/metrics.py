"""What one worker counts about cases: those that partners opened."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from gateway.ground.metric_family import Family


@dataclass(slots=True)
class OpenedCases:
    """By kind, and by where a case stood when its opening was answered."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)


def families(opened: OpenedCases) -> Iterator[Family]:
    """All of this worker's, now."""
    yield Family(
        "counter",
        "quangate_cases_opened",
        "After-sales cases that partners opened, by kind and by the state a rule left them in.",
        ["kind", "state"],
        [([kind, state], count) for (kind, state), count in sorted(opened.counts.items())],
    )
