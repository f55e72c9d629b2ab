"""Answers as text for people: names and values, and tables. Pure; nothing is ever cut.

What is wider than the screen is shown row by row instead: an order number that is broken over
two lines cannot be copied. Money is shown with its decimals and its currency; JSON has the
minor units.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

GAP = "  "
CURRENCY: Final = "CNY"  # of accounts and prices that name none
# Members that hold money in minor units, wherever they stand.
MONEY: Final = frozenset(
    {
        "amount", "available", "balance", "balance_after", "charge", "charged", "cost",
        "credit_limit", "face_value", "low", "margin", "max_cost", "our_cost", "paid", "price",
        "refund", "refunded", "refunded_amount", "their_cost", "total",
    }
)  # fmt: skip


def render(data: Mapping[str, Any], width: int | None) -> str:
    """The scalars as names and values, then a table for each list of objects.

    `width` is the screen's; None: as wide as it takes.
    """
    lists = {name: value for name, value in data.items() if _is_listing(value)}
    scalars = {name: value for name, value in data.items() if name not in lists}
    currency = str(data.get("currency") or CURRENCY)
    parts = [pairs(scalars, currency)] if scalars else []
    parts += [listing(name, rows, width, currency) for name, rows in lists.items()]
    return "\n\n".join(part for part in parts if part)


def pairs(scalars: Mapping[str, Any], currency: str = CURRENCY) -> str:
    """One line each: name, value."""
    cells = _cells(scalars, currency)
    width = max((display_width(name) for name in cells), default=0)
    return "\n".join(f"{_padded(name, width)}{GAP}{value}" for name, value in cells.items())


def listing(
    name: str, rows: Sequence[Mapping[str, Any]], width: int | None = None, currency: str = CURRENCY
) -> str:
    """A table, or row after row where a table does not fit."""
    if not rows:
        return f"no {name.replace('_', ' ')}"
    cells = [_cells(row, currency) for row in rows]
    columns = list(dict.fromkeys(column for row in cells for column in row))
    widths = {
        column: max(display_width(column), *(display_width(row.get(column, "")) for row in cells))
        for column in columns
    }
    if width is not None and sum(widths.values()) + len(GAP) * (len(columns) - 1) > width:
        return "\n\n".join(pairs(row, currency) for row in rows)
    numbers = {
        name.replace("_", " ") for name in rows[0] if all(_is_number(r.get(name)) for r in rows)
    }
    lines = [dict(zip(columns, columns, strict=True)), *cells]
    return "\n".join(
        GAP.join(
            _padded(line.get(column, ""), widths[column], right=column in numbers)
            for column in columns
        ).rstrip()
        for line in lines
    )


def money(minor: int, currency: str) -> str:
    """`199000` as `1,990.00 CNY`; with as many decimals as the currency has."""
    from connectors.loose import MINOR_DIGITS

    places = MINOR_DIGITS.get(currency, 2)
    whole, part = divmod(abs(minor), 10**places)
    decimals = f".{part:0{places}}" if places else ""
    return f"{'-' if minor < 0 else ''}{whole:,}{decimals} {currency}"


def display_width(text: str) -> int:
    """How many columns a text takes: most Chinese characters take two."""
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return len(text) + wide - sum(unicodedata.combining(c) > 0 for c in text)


def clean(text: str) -> str:
    """The text without control characters (terminal escapes, forged lines), newlines kept."""
    return "".join(
        c if c == "\n" or (c.isprintable() and c not in "\u202a\u202e") else "\ufffd" for c in text
    )


def _cells(row: Mapping[str, Any], currency: str) -> dict[str, str]:
    own = str(row.get("currency") or currency)
    shown = {
        name: money(value, own) if _is_money(name, value) else cell(value)
        for name, value in row.items()
    }
    if any(_is_money(name, value) for name, value in row.items()):
        shown.pop("currency", None)  # it stands beside each amount
    return {name.replace("_", " "): text for name, text in shown.items()}


def _is_money(name: str, value: Any) -> bool:
    return name in MONEY and isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, int) and not isinstance(value, bool))


def _is_listing(value: Any) -> bool:
    return (
        isinstance(value, Sequence)
        and not isinstance(value, str)
        and all(isinstance(row, Mapping) for row in value)
    )


def cell(value: Any) -> str:
    """One value as text, on one line."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z"
    if isinstance(value, Mapping):
        return clean(", ".join(f"{name}={cell(part)}" for name, part in value.items()))
    if isinstance(value, Sequence) and not isinstance(value, str):
        return clean(", ".join(cell(part) for part in value)) or "-"
    return clean(str(value)).replace("\n", " ")


def _padded(text: str, width: int, *, right: bool = False) -> str:
    blanks = " " * (width - display_width(text))
    return blanks + text if right else text + blanks
