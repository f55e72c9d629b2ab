"""What was said during the flash sale, and what it amounts to. Pure.

Limits are recounted from the answers alone: how much each buyer, device and all together had, and
whether anybody was refused by a limit that had room for him at the end. What holds had for a while
came back before the rush, so at the end there must be no room.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

BUYER, DEVICE, TOTAL = "campaign:1111", "flash-device", "flash-total"  # the quotas
EXPECTED_REFUSALS: Final = frozenset({"purchase-limit", "insufficient-balance", "sold-out"})
Key: TypeAlias = tuple[str, str]  # a quota, and whom it counts


def keys_of(buyer: Mapping[str, str]) -> Iterator[Key]:
    """What an order of this buyer in the campaign is counted as."""
    yield BUYER, buyer["id"]
    yield DEVICE, buyer["device"]
    yield TOTAL, ""


@dataclass(slots=True)
class FlashBook:
    """Every answer of the act."""

    allowed: Mapping[str, int]  # by quota
    had: Counter[Key] = field(default_factory=Counter)
    limited: list[Key] = field(default_factory=list)  # refused, by what
    refused: Counter[str] = field(default_factory=Counter)  # problem code → answers
    sold: Counter[str] = field(default_factory=Counter)  # who sold → codes
    codes: list[str] = field(default_factory=list)

    def bought(self, seller: str, codes: list[str], buyer: Mapping[str, str] | None) -> None:
        """An order was made; `buyer` of the campaign's."""
        self.sold[seller] += len(codes)
        self.codes += codes
        if buyer is not None:
            self.had.update(keys_of(buyer))

    def refusal(self, problem: Mapping[str, Any], buyer: Mapping[str, str] | None = None) -> None:
        """An order was not made."""
        self.refused[problem["code"]] += 1
        if buyer is not None and "quota" in problem:
            self.limited.append(next(key for key in keys_of(buyer) if key[0] == problem["quota"]))

    @property
    def over(self) -> int:
        """Units beyond what limits allow."""
        return sum(max(0, had - self.allowed[key[0]]) for key, had in self.had.items())

    @property
    def false_refusals(self) -> int:
        """Orders refused by a limit that has room."""
        return sum(self.had[key] < self.allowed[key[0]] for key in self.limited)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holds:
    """What became of holds, by their last state."""

    made: int
    states: Mapping[str, int]
    astray: int  # in another state than what was done with them leads to


@dataclass(frozen=True, slots=True, kw_only=True)
class FlashVerdict:
    """What the act reports; the names are those of the demo's JSON."""

    flash_stock: int
    flash_sold: dict[str, int]  # by seller
    flash_refusals: dict[str, int]
    flash_goodput_per_s: float
    flash_doubled: int  # codes that two buyers got
    holds_made: int
    holds_confirmed: int
    held_expired: int
    late_confirmed: int
    holds_astray: int
    borrowed: int
    quota_over: int
    quota_false_refusals: int
    flood_p99_ratio: float
    shelves_agree: bool

    @property
    def ok(self) -> bool:
        """Whether every promise was kept; how fast anything was is none."""
        wrong = self.flash_doubled or self.holds_astray or self.quota_over
        all_sold = sum(self.flash_sold.values()) == self.flash_stock
        seen = min(self.holds_confirmed, self.held_expired, self.late_confirmed, self.borrowed) > 0
        expected = set(self.flash_refusals) <= EXPECTED_REFUSALS
        return not (wrong or self.quota_false_refusals) and (
            all_sold and seen and expected and self.shelves_agree
        )


def judge_flash(
    book: FlashBook,
    holds: Holds,
    shelves: list[dict[str, Any]],
    stats: Mapping[str, Any],
    *,
    stock: int,
    seconds: float,
    flood_p99_ratio: float,
) -> FlashVerdict:
    """What the answers amount to; `shelves` and `stats` are what the commands say at the end."""
    states = Counter(holds.states)
    parts = ("codes", "free", "leased", "held", "in_doubt", "delivered")
    sums = {part: sum(shelf[part] for shelf in shelves) for part in parts}
    return FlashVerdict(
        flash_stock=stock,
        flash_sold=dict(book.sold),
        flash_refusals=dict(book.refused),
        flash_goodput_per_s=round(len(book.codes) / seconds, 1),
        flash_doubled=len(book.codes) - len(set(book.codes)),
        holds_made=holds.made,
        holds_confirmed=states["confirmed"],
        held_expired=states["expired"],
        late_confirmed=states["late_confirmed"],
        holds_astray=holds.astray,
        borrowed=sum(shelf["borrowed"] for shelf in shelves),
        quota_over=book.over,
        quota_false_refusals=book.false_refusals,
        flood_p99_ratio=flood_p99_ratio,
        shelves_agree=sums["delivered"] == sums["codes"] == stats["delivered"] == stock,
    )
