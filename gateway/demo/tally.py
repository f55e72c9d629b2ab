"""What was said during the sale, counted and kept to be checked afterwards. Pure."""

from collections import Counter
from dataclasses import dataclass, field
from statistics import quantiles
from typing import Any


@dataclass(slots=True)
class Tally:
    """Every answer of the sale. `accepted` maps (partner, out_order_no) to the codes delivered."""

    accepted: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)  # problem code → answers
    codes_delivered: int = 0  # over all accepted orders
    replays: int = 0
    replays_that_differ: int = 0
    second_creations: int = 0  # two 201 for one number: must stay 0
    latencies_s: list[float] = field(default_factory=list)  # of single orders that were accepted

    def order(
        self, partner: str, status: int, order: dict[str, Any], codes: tuple[str, ...]
    ) -> None:
        """An order came back: created (201) or replayed (200)."""
        number = (partner, order["out_order_no"])
        known = self.accepted.get(number)
        if status == 200:
            self.replays += 1
        elif known is not None and status == 201:
            self.second_creations += 1
        if known is None:
            self.accepted[number] = codes
            self.codes_delivered += len(codes)
        elif sorted(known) != sorted(codes):
            self.replays_that_differ += 1

    def problem(self, code: str) -> None:
        """A refusal came back."""
        self.refused[code] += 1

    def counts(self) -> str:
        """The counts of the moment, for people."""
        return f"{len(self.accepted):,} orders, {self.codes_delivered:,} codes"

    @property
    def distinct_codes(self) -> int:
        """Different codes among them."""
        return len({code for codes in self.accepted.values() for code in codes})

    def percentile_ms(self, percent: int) -> float:
        """Latency of accepted single orders, milliseconds."""
        if len(self.latencies_s) < 2:
            return 0.0
        return round(quantiles(self.latencies_s, n=100)[percent - 1] * 1000, 1)
