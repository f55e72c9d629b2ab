"""Filters by columns: of a list that is read as a whole anyway, every plain column is one.

A list that grows with orders has only the filters that its statement knows: an index serves them.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from gateway.ground.desk.given import members
from gateway.ground.desk.view import Column, View
from gateway.ground.http.body import invalid
from gateway.ground.sql.declared import Row

PLAIN: Final = frozenset({"text", "id", "flag", "number", "money", "list"})
FLAGS: Final = {"true": True, "false": False}


def by_columns(view: View) -> Mapping[str, Column]:
    """The columns that are filters, beside those that the list is asked with."""
    if view.cursor is not None:
        return {}
    asked = {member.name for member in members(view.given)}
    return {c.name: c for c in view.columns if c.kind in PLAIN and c.name not in asked}


def keep(view: View, rows: Sequence[Row], said: Mapping[str, str]) -> Sequence[Row]:
    """The rows that have what is said; of a list, among others. Raises ProblemError."""
    columns = by_columns(view)
    wanted = {name: _read(columns[name], text) for name, text in said.items()}
    return [row for row in rows if all(_has(row[name], value) for name, value in wanted.items())]


def _has(there: Any, wanted: Any) -> bool:
    if isinstance(there, list | tuple):
        return wanted in map(str, there)
    return bool(there == wanted)


def _read(column: Column, text: str) -> Any:
    if column.kind == "flag":
        if text not in FLAGS:
            raise invalid([(f"/{column.name}", "must be true or false")])
        return FLAGS[text]
    if column.kind in {"number", "money"}:
        if not re.fullmatch(r"-?[0-9]{1,18}(\.[0-9]{1,9})?", text):
            raise invalid([(f"/{column.name}", "must be a number")])
        return float(text) if "." in text else int(text)
    return text
