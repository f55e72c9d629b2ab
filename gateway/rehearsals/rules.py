"""What the buyers of a rehearsal were told, and what that amounts to. Pure."""

from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from statistics import quantiles
from typing import Any, Final

import msgspec

BUYERS_MAX: Final = 100_000  # of one rehearsal


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """The last word about one order: sold for `amount`, or refused with `code`.

    `at_s` is when it came, in seconds since the first was sent; `seconds` how long it took.
    """

    at_s: float
    seconds: float
    amount: int = 0  # minor units
    code: str | None = None
    quota: str | None = None  # that refused it


@dataclass(frozen=True, slots=True, kw_only=True)
class RanOut:
    """What there was too little of: codes of a shelf, or units of a quota for everybody."""

    what: str  # codes | quota
    name: str
    after_s: float
    after_orders: int


@dataclass(slots=True)
class Tally:
    """All last words."""

    said: list[Said] = field(default_factory=list)
    waiting: int = 0  # orders that nothing was said of when time was over

    @property
    def sold(self) -> Sequence[Said]:
        """Those of orders that were made."""
        return [each for each in self.said if each.code is None]

    def refused(self) -> dict[str, int]:
        """How many, by problem code, the most frequent first."""
        return dict(Counter(each.code for each in self.said if each.code).most_common())

    def by_quota(self) -> dict[str, int]:
        """How many a quota refused, by its name."""
        return dict(Counter(each.quota for each in self.said if each.quota).most_common())

    def ran_out_first(self, shelf: str, totals: Set[str]) -> RanOut | None:
        """What ended first for everybody; None: there was enough of all."""
        for each in sorted(self.said, key=lambda said: said.at_s):
            if each.code == "sold-out":
                what, name = "codes", shelf
            elif each.quota is not None and each.quota in totals:
                what, name = "quota", each.quota
            else:
                continue
            before = sum(sold.at_s <= each.at_s for sold in self.sold)
            return RanOut(what=what, name=name, after_s=round(each.at_s, 3), after_orders=before)
        return None

    def percentile_ms(self, percent: int) -> float:
        """How long orders took that were made."""
        took_s = [each.seconds for each in self.sold]
        if not took_s:
            return 0.0
        if len(took_s) == 1:
            return round(took_s[0] * 1000, 1)
        return round(quantiles(took_s, n=100, method="inclusive")[percent - 1] * 1000, 1)


def report(tally: Tally, *, shelf: str, totals: Set[str]) -> dict[str, Any]:
    """The figures, as the command's JSON has them."""
    sold = tally.sold
    seconds = max((each.at_s for each in tally.said), default=0.0)
    last_sold_s = max((each.at_s for each in sold), default=0.0)
    ran_out = tally.ran_out_first(shelf, totals)
    return {
        "orders": len(tally.said) + tally.waiting,
        "sold": len(sold),
        "amount": sum(each.amount for each in sold),
        "refused": tally.refused(),
        "refused_by_quota": tally.by_quota(),
        "waiting": tally.waiting,
        "p50_ms": tally.percentile_ms(50),
        "p99_ms": tally.percentile_ms(99),
        "orders_per_s": round(len(sold) / last_sold_s, 1) if last_sold_s else 0.0,
        "answers_per_s": round(len(tally.said) / seconds, 1) if seconds else 0.0,
        "seconds": round(seconds, 3),
        "ran_out_first": None
        if ran_out is None
        else {
            "what": ran_out.what,
            "name": ran_out.name,
            "after_s": ran_out.after_s,
            "after_orders": ran_out.after_orders,
        },
    }
