"""Reads members of a house's JSON: strict types, every refusal names the member. Pure.

A reader of one house makes its own refusal of `MemberError`. Members that are not known are let
through: houses add some. Where a house writes numbers as texts, `whole` and `minor` read both.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from connectors.loose import DAMAGED, MINOR_DIGITS, as_decimal

T = TypeVar("T")
_PLAIN_AMOUNT: Final = re.compile(r"[0-9]{1,15}(\.[0-9]{1,15})?").fullmatch

TEXT_LENGTH_MAX: Final = 255
URL_LENGTH_MAX: Final = 2048


class MemberError(ValueError):
    """A member is not what it has to be; the text is its name, never its value."""


def needed(value: T | None, name: str) -> T:
    """A member that must be there."""
    if value is None:
        raise MemberError(name)
    return value


def text(members: Mapping[str, Any], name: str, length_max: int = TEXT_LENGTH_MAX) -> str | None:
    """A printable text; null and the empty text count as absent. One that a server has cut within
    a letter is refused: it would be another recipient, or another order's number."""
    value = members.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or len(value) > length_max or not is_whole(value):
        raise MemberError(name)
    return value


def is_whole(value: str) -> bool:
    """Whether a text is printable, and none of its letters was lost on the way."""
    return value.isprintable() and DAMAGED not in value


def word(members: Mapping[str, Any], name: str, length_max: int = TEXT_LENGTH_MAX) -> str | None:
    """A text, also where it is written as a whole number."""
    value = members.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return text(members, name, length_max)


def integer(members: Mapping[str, Any], name: str, lowest: int, highest: int) -> int | None:
    """A whole number that is written as one."""
    value = members.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= highest:
        raise MemberError(name)
    return value


def whole(members: Mapping[str, Any], name: str, lowest: int, highest: int) -> int | None:
    """A whole number, also where it is written as text."""
    value = members.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, str):
        if not (value.isascii() and value.isdigit() and len(value) <= 19):
            raise MemberError(name)
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= highest:
        raise MemberError(name)
    return value


def minor(members: Mapping[str, Any], name: str, currency: str = "CNY") -> int | None:
    """An amount in major units, a text or a number, exactly in minor ones; what has more decimals
    than the currency, or is below zero, is refused."""
    value = members.get(name)
    if value is None or value == "":
        return None
    amount = as_decimal(value)
    if isinstance(value, str) and not _PLAIN_AMOUNT(value):
        raise MemberError(name)  # no sign, no exponent, no digits of other scripts
    if amount is None or amount < 0:
        raise MemberError(name)
    scaled = amount.scaleb(MINOR_DIGITS.get(currency, 2))
    if scaled != scaled.to_integral_value():
        raise MemberError(name)
    return int(Decimal(scaled))


def web_address(members: Mapping[str, Any], name: str) -> str | None:
    """An absolute http(s) URL; whether it may be called is for who calls it."""
    value = text(members, name, URL_LENGTH_MAX)
    if value is None:
        return None
    try:
        parts = urlsplit(value)
        absolute = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        absolute = False
    if not absolute:
        raise MemberError(name)
    return value
