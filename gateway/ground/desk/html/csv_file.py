"""A list as a CSV file that a spreadsheet cannot be made to run. Pure."""

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

BYTE_ORDER_MARK: Final = "\ufeff"  # what tells spreadsheets that it is UTF-8
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def as_csv(names: Sequence[str], rows: Sequence[Mapping[str, Any]], *, head: bool) -> str:
    """The rows under the names of their columns; `head`: it is the file's beginning."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    if head:
        out.write(BYTE_ORDER_MARK)
        writer.writerow(names)
    for row in rows:
        writer.writerow([field(row.get(name)) for name in names])
    return out.getvalue()


def field(value: Any) -> str:
    """One value; a text that a spreadsheet would take for a formula begins with a quote."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, Sequence) and not isinstance(value, str):
        text = " ".join(map(str, value))
    elif isinstance(value, Mapping):
        text = msgspec.json.encode(value).decode()
    else:
        text = str(value)
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text
