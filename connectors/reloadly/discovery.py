"""What the simulated Reloadly sells and where: its catalogue's routes. Pure."""

from dataclasses import dataclass
from typing import Any

from connectors.reloadly.views import (
    REDEEM_INSTRUCTION,
    commission_json,
    country_json,
    gift_json,
    operator_json,
    product_rows,
)
from connectors.reloadly.wire import Service


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An answer's value; `paged`: rows, to be shown by pages."""

    value: Any
    paged: bool = False


def discover(parts: list[str], currency: str) -> Found | None:
    """What stands at a path; None: nothing does. A list of one country, operator or brand is an
    array; only the lists of everything come in pages.
    """
    match parts:
        case ["operators"]:
            found = Found(value=product_rows(Service.TOPUPS, currency), paged=True)
        case ["products"]:
            found = Found(value=product_rows(Service.GIFTCARDS, currency), paged=True)
        case ["operators", "commissions"] | ["promotions"] | ["discounts"] | ["categories"]:
            found = Found(value=[], paged=True)
        case ["operators", "auto-detect", "phone", _, *_]:
            found = Found(value=operator_json("900010", currency))
        case ["operators", "countries", _]:
            found = Found(value=product_rows(Service.TOPUPS, currency))
        case ["operators", number, "commissions"]:
            found = Found(value=commission_json(number))
        case ["operators", number]:
            found = Found(value=operator_json(number, currency))
        case ["countries", _, "products"]:
            found = Found(value=product_rows(Service.GIFTCARDS, currency))
        case ["products", number]:
            found = Found(value=gift_json(number, currency))
        case _:
            return _discover_places(parts, currency)
    return found


def _discover_places(parts: list[str], currency: str) -> Found | None:
    match parts:
        case ["countries"]:
            found = Found(value=[country_json(currency)])
        case ["countries", "CN"]:
            found = Found(value=country_json(currency))
        case ["promotions", "country-codes" | "operators", _]:
            found = Found(value=[])
        case ["redeem-instructions"]:
            found = Found(value=[REDEEM_INSTRUCTION])
        case ["redeem-instructions", "1"]:
            found = Found(value=REDEEM_INSTRUCTION)
        case _:
            return None
    return found
