"""An order that a house pushed, or that was fetched from it: what is known of it, and what a call
that was made about it said. Pure; each protocol's own reading makes these."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a buyer paid for at a house.

    `product` is the house's number, with its platform where there are several; `amount_minor` all
    that was paid, in fen (None: the house does not say). `reference` is what its calls name the
    order by, `kind` which calls those are.
    """

    number: str
    product: str
    quantity: int
    recipient: str | None
    amount_minor: int | None
    reference: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """Where a house is called, with which settings, and when (Unix seconds)."""

    settings: Any = field(repr=False)
    base_url: str
    now: float


class Heard(StrEnum):
    """What a call about an order came to."""

    DONE = "done"  # now, or before
    AGAIN = "again"  # nobody knows, or not yet: it is harmless to ask again
    REFUSED = "refused"  # for good


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What the house said, in words that hold nothing secret."""

    heard: Heard
    why: str = ""
