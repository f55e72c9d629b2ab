"""What buyers of scarce things know from outside, and whether it can have been so. Pure.

Times are seconds of this machine's clock, which is the database's, too. A claim is units that
somebody had for a while: an order's for ever, a hold's until its end. When exactly they were taken
and given back nobody outside knows; so each claim has two spans: surely within the inner one, and
at most within the outer one. More than is allowed within inner spans was too much; a refusal while
even the outer ones left enough was false.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

NEVER: Final = float("inf")
REMEMBERED_S: Final = 0.35  # what refused often is told from memory for a quarter of a second
GIVEN_BACK_S: Final = 2.0  # codes of a hold that is over are free, and known to be

Count = tuple[str, str]  # a quota's name, and whom it counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Units of some counts: sure from `begins` up to `ends`, possible from `sent` up to `over`."""

    who: str
    sku: str
    units: int
    counts: Sequence[Count]
    sent: float
    begins: float
    ends: float = NEVER
    over: float = NEVER
    is_hold: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A refusal, by a quota or (`quota` empty) because all is sold, between two moments."""

    who: str
    sku: str
    units: int
    counts: Sequence[Count]
    quota: str
    sent: float
    answered: float
    at_the_end: bool = False  # when nothing came back any more
    is_order: bool = True


@dataclass(slots=True, kw_only=True)
class ScarceBooks:
    """All claims and refusals of a run. `most`: what each quota allows; `stock`: codes by SKU of
    shelves that neither borrow nor lend."""

    most: Mapping[str, int]
    stock: Mapping[str, int]
    claims: list[Claim] = field(default_factory=list)
    refusals: list[Refused] = field(default_factory=list)

    def wrong(self) -> list[str]:
        """All that cannot be."""
        return [*self._over(), *self._falsely_refused(), *self._falsely_sold_out()]

    def _by_count(self) -> Mapping[Count, list[Claim]]:
        found: dict[Count, list[Claim]] = defaultdict(list)
        for claim in self.claims:
            for count in claim.counts:
                found[count].append(claim)
        return found

    def _over(self) -> Iterator[str]:
        """More than a quota allows at some moment."""
        for count, claims in self._by_count().items():
            had, most = 0, self.most[count[0]]
            edges = [(claim.begins, claim.units) for claim in claims if claim.begins < claim.ends]
            edges += [(claim.ends, -claim.units) for claim in claims if claim.begins < claim.ends]
            for moment, units in sorted(edges):  # at one moment what ends goes first
                had += units
                if had > most:
                    yield f"{count} had {had} at {moment}, more than {most}"
                    break

    def _falsely_refused(self) -> Iterator[str]:
        by_count = self._by_count()
        for one in self.refusals:
            for count in one.counts:
                if count[0] != one.quota:
                    continue
                since = one.sent - (0 if one.at_the_end else REMEMBERED_S)
                had = sum(
                    claim.units
                    for claim in by_count.get(count, ())
                    if claim.sent <= one.answered and claim.over >= since
                )
                if had + one.units <= self.most[one.quota]:
                    yield f"{one.who} refused by {count}, of which {had} can have been had: {one}"

    def _falsely_sold_out(self) -> Iterator[str]:
        """While something of the shelf was held, or less of it had than there is."""
        for one in self.refusals:
            if one.quota or one.sku not in self.stock:
                continue
            of_sku = [claim for claim in self.claims if claim.sku == one.sku]
            if one.is_order and one.units == 1 and any(
                claim.is_hold and claim.begins <= one.sent and claim.ends >= one.answered
                for claim in of_sku
            ):  # fmt: skip
                yield f"{one.who} was told sold out while something was held: {one}"
            gone = sum(
                claim.units
                for claim in of_sku
                if claim.sent <= one.answered and claim.over >= one.sent - GIVEN_BACK_S
            )
            if gone + one.units <= self.stock[one.sku]:
                yield f"{one.who} was told sold out of {one.sku}, of which {gone} can be gone"
