"""Lists of the admin API: filters, pages, orders, and the version of each row."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from gateway.ground.desk.action import Noun
from gateway.ground.desk.administration import SQL, Transaction
from gateway.ground.desk.perform import check_value, look
from gateway.ground.desk.rest.asked import from_query, taken
from gateway.ground.desk.rest.filters import by_columns, keep
from gateway.ground.desk.route import key_of
from gateway.ground.desk.view import View
from gateway.ground.http.body import invalid
from gateway.ground.http.paging import LIMIT_DEFAULT, LIMIT_MAX
from gateway.ground.sql.declared import Row

PAGING: Final = frozenset({"limit", "cursor", "sort"})


async def list_rows(view: View, at: Any, query: Mapping[str, str]) -> dict[str, Any]:
    """One page: `data` and `next_cursor`. Raises ProblemError for a wrong limit, cursor, sort."""
    limit = _limit(query)
    for column in view.columns:
        check_value(column, query.get(column.name))  # with the list of what there is
    by_column = by_columns(view)
    said = {name: value for name, value in query.items() if name in by_column}
    filters = {name: value for name, value in query.items() if name not in {*PAGING, *said}}
    if view.cursor is not None:
        filters["limit"] = str(limit)
        if "cursor" in query:
            filters["cursor"] = query["cursor"]
        _check_only_order(view, query.get("sort"))
    given = from_query(view.given, filters)
    found = await look(view, at, given)
    rows: Sequence[Row] = keep(view, found[view.rows_as], said) if said else found[view.rows_as]
    if view.cursor is not None:
        page, next_cursor = rows, found.get("next_cursor")
    else:
        page, next_cursor = _cut(view, rows, query, limit)
    return {"data": await with_versions(view, at.db, page), "next_cursor": next_cursor}


def known_filters(view: View) -> frozenset[str]:
    """What its query may have."""
    return frozenset(taken(view, ())) | frozenset(by_columns(view)) | PAGING


async def with_versions(view: View, db: Transaction, rows: Sequence[Row]) -> list[Row]:
    """The rows, each with its version: 0 where no change is about one of them alone."""
    key = key_of(view.noun)
    names = [str(row[key]) for row in rows if row.get(key) is not None]
    found = await versions(db, view.noun, names) if names else {}
    return [{**row, "version": found.get(str(row.get(key)), "0")} for row in rows]


async def versions(db: Transaction, noun: Noun, names: Sequence[str]) -> Mapping[str, str]:
    """By name the number of the newest change of each; 0: none was made yet."""
    rows = await SQL.newest_changes.all(db, list(names), f"{noun.name}.")
    return {row["subject"]: row["version"] for row in rows}


def _limit(query: Mapping[str, str]) -> int:
    text = query.get("limit", str(LIMIT_DEFAULT))
    if not (text.isascii() and text.isdecimal() and len(text) <= 4 and 1 <= int(text) <= LIMIT_MAX):
        raise invalid([("/limit", f"must be a whole number from 1 to {LIMIT_MAX}")])
    return int(text)


def _check_only_order(view: View, sort: str | None) -> None:
    """What grows with orders is seen in the order of its index alone."""
    assert view.cursor is not None
    down = "-" if view.sort[0].descending else ""
    known = {f"{down}{view.cursor}", f"{down}{view.sort[0].columns[-1]}"}
    if sort is not None and sort not in known:
        raise invalid([("/sort", f"must be one of: {', '.join(sorted(known))}")])


def _cut(
    view: View, rows: Sequence[Row], query: Mapping[str, str], limit: int
) -> tuple[Sequence[Row], str | None]:
    """A page of what grows with what is sold only, and so was read as a whole."""
    sort = query.get("sort", "")
    rows = _sorted(view, rows, sort)
    start = _start(view, rows, query, sort)
    page = rows[start : start + limit]
    if start + limit >= len(rows):
        return page, None
    return page, _cursor(view, sort, start + limit, page[-1])


def _sorted(view: View, rows: Sequence[Row], sort: str) -> Sequence[Row]:
    if not sort:
        return rows
    name = sort.removeprefix("-")
    if name not in {column.name for column in view.columns}:
        known = ", ".join(column.name for column in view.columns)
        raise invalid([("/sort", f"must be a column, with - before it for descending: {known}")])

    def place(row: Row) -> tuple[bool, Any]:
        value = row[name]
        plain = value is None or isinstance(value, str | int | float | bool)
        return value is not None, (value or 0) if plain and not isinstance(value, str) else str(
            value
        )

    texts = any(isinstance(row[name], str) for row in rows)
    key = (lambda row: (row[name] is not None, str(row[name]))) if texts else place
    return sorted(rows, key=key, reverse=sort.startswith("-"))


def _name(view: View, row: Row) -> str:
    key = key_of(view.noun)
    return str(row[key] if key in row else row[view.columns[0].name])


def _cursor(view: View, sort: str, place: int, row: Row) -> str:
    raw = msgspec.json.encode([view.noun.plural, sort, place, _name(view, row)])
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _start(view: View, rows: Sequence[Row], query: Mapping[str, str], sort: str) -> int:
    """Where a page begins: behind the row that its cursor names, wherever that is now."""
    text = query.get("cursor")
    if text is None:
        return 0
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        noun, sorted_by, place, name = msgspec.json.decode(raw, type=tuple[str, str, int, str])
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        noun = sorted_by = ""
    if noun != view.noun.plural or sorted_by != sort:
        raise invalid([("/cursor", "is not a cursor of this list")])
    names = [_name(view, row) for row in rows]
    return names.index(name) + 1 if name in names else min(max(place, 0), len(rows))
