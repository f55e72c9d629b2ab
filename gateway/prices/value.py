"""What was said of a price or a floor: an amount, or a share of the list price. Pure."""

import re
from dataclasses import dataclass
from typing import Final

from gateway.ground.desk.port import AMOUNT_MAX
from gateway.ground.desk.refusal import DeskRefusedError, wrong
from gateway.prices.rules import share_of_list

PERCENT: Final = re.compile(r"([0-9]{1,5})(?:\.([0-9]{1,2}))?")
PERCENT_MAX: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """An amount in minor units, or a share of the list price in basis points; one of them."""

    amount: int | None
    basis_points: int | None

    def minor(self, list_minor: int) -> int:
        """What one costs."""
        if self.basis_points is not None:
            return share_of_list(list_minor, self.basis_points)
        return self.amount or 0


def read_value(amount: int | None, percent: str | None) -> Value:
    """What was said of a price or a floor: an amount, or a percent with at most two decimals."""
    if (amount is None) == (percent is None):
        raise wrong("amount-or-percent", "amount")
    if percent is None:
        if not 0 <= (amount or 0) <= AMOUNT_MAX:
            raise no_amount(amount or 0)
        return Value(amount=amount, basis_points=None)
    said = PERCENT.fullmatch(percent)
    if said is None or int(said[1]) > PERCENT_MAX:
        raise wrong("percent", "percent", most=PERCENT_MAX, value=percent)
    points = int(said[1]) * 100 + int((said[2] or "0").ljust(2, "0"))
    if points > PERCENT_MAX * 100:
        raise wrong("percent", "percent", most=PERCENT_MAX, value=percent)
    return Value(amount=None, basis_points=points)


def no_amount(amount_minor: int) -> DeskRefusedError:
    return wrong("price-amount", "amount", most=AMOUNT_MAX, value=amount_minor)
