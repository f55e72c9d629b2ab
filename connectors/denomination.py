"""Product ids that carry an amount: `88@10`, `1234@5.00USD`.

Platforms that sell any amount of a product want the amount in their own currency; a SKU's face is
in the shop's. An operator who writes the amount into the route leaves nothing to guess.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from connectors.loose import MINOR_DIGITS

PRODUCT: Final = re.compile(
    r"(?P<id>[^@]+)@(?P<amount>\d{1,9}(?:\.\d{1,3})?)(?P<currency>[A-Z]{3})?", re.ASCII
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Denomination:
    """An amount in major units; `currency` None is the upstream account's own."""

    amount: Decimal
    currency: str | None = None


def split_product(product_id: str) -> tuple[str, Denomination | None]:
    """The platform's product id, and the amount written behind it, if there is one."""
    match = PRODUCT.fullmatch(product_id)
    if match is None:
        return product_id, None
    amount = Decimal(match["amount"])
    return match["id"], Denomination(amount=amount, currency=match["currency"])


def written(amount: Decimal, currency: str = "CNY") -> Decimal:
    """An amount as `plain_number` writes it, and as it is echoed."""
    return round(amount, MINOR_DIGITS.get(currency.upper(), 2))


def plain_number(amount: Decimal, currency: str = "CNY") -> int | float:
    """An amount as the JSON number people write: 50, 49.9; rounded to the currency's minor unit."""
    rounded = written(amount, currency)
    return int(rounded) if rounded == rounded.to_integral_value() else float(rounded)
