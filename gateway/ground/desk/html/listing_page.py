"""A list as a page, and as a CSV file."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from aiohttp.web import BaseRequest, StreamResponse

from gateway.ground.desk.html.address import path_of, with_query
from gateway.ground.desk.html.csv_file import as_csv
from gateway.ground.desk.html.fields import Field, fields_of
from gateway.ground.desk.html.frame import LANGUAGE, query_of
from gateway.ground.desk.html.pages import POLICY
from gateway.ground.desk.html.refusals import saying
from gateway.ground.desk.html.rooms import Visit
from gateway.ground.desk.rest.filters import by_columns
from gateway.ground.desk.rest.listing import PAGING, known_filters, list_rows
from gateway.ground.desk.rest.refusals import as_problems
from gateway.ground.desk.route import key_of
from gateway.ground.desk.view import Column, View
from gateway.ground.http.direct_answer import SERVER_NAME, DirectAnswer
from gateway.ground.http.paging import LIMIT_MAX
from gateway.ground.http.problems import ProblemError

FORMAT: Final = "format"
FORMATS: Final = ("csv",)
SAID_FORMATS: Final = "must be one of: {known}; without it it is a page"
CSV_ROWS_MAX: Final = 100_000
PAGE_ROWS: Final = "50"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sort:
    """How a column's head sorts."""

    href: str | None
    direction: str | None  # ascending, descending


def seen_columns(view: View, permissions: frozenset[str]) -> Sequence[Column]:
    """The columns that somebody may see."""
    return [c for c in view.columns if c.permission is None or c.permission in permissions]


async def show_list(visit: Visit, view: View) -> StreamResponse:
    """One page of it; wrong filters are told at their fields, with the status of the API."""
    query = {n: text for n, text in query_of(visit.request).items() if text and n != LANGUAGE}
    wanted = query.pop(FORMAT, None)
    if wanted in FORMATS:
        return await _send_csv(visit, view, query)
    if wanted is not None:
        raise ProblemError("invalid-request", errors=[_no_format(visit)])
    errors: Mapping[str, str] = {}
    general: list[str] = []
    found: Mapping[str, Any] = {"data": (), "next_cursor": None}
    status = 200
    try:
        found = await _rows(visit, view, query)
    except ProblemError as problem:
        status, errors, general = 400, _at_fields(problem), _general(problem)
        if problem.code != "invalid-request":
            raise
        missing = [f for f in _filters(visit, view, query, {}) if f.required and not f.value]
        if missing and not set(query) - PAGING:
            status, errors, general = 200, {}, [visit.words("Say first which ones you want.")]
    columns = seen_columns(view, visit.permissions)
    fields = _filters(visit, view, query, errors)
    plain = {n: text for n, text in query.items() if n != "cursor"}
    key = key_of(view.noun)
    values = {
        "doc": visit.words.doc(view.doc),
        "here": visit.path,
        "fields": fields,
        "filtered": any(n not in PAGING for n in query) or bool(general),
        "errors": [*general, *(t for n, t in errors.items() if n not in {f.name for f in fields})],
        "labels": [visit.words.column(c) for c in columns],
        "kinds": [c.kind for c in columns],
        "sorts": [_sort(view, c, query, visit.path) for c in columns],
        "rows": [
            visit.showing.row(row, columns, _own(visit, view, row.get(key), query))
            for row in found["data"]
        ],
        "first": with_query(visit.path, plain) if "cursor" in query else None,
        "next": None
        if found["next_cursor"] is None
        else with_query(visit.path, {**plain, "cursor": found["next_cursor"]}),
        "csv": with_query(visit.path, {**plain, FORMAT: "csv"}) if found["data"] else None,
        "actions": visit.rooms.acts_of(path_of(view), visit),
    }
    return await visit.shown("list.html", visit.words.listed(view), values, status)


def _no_format(visit: Visit) -> tuple[str, str]:
    return f"/{FORMAT}", visit.words(SAID_FORMATS, known=", ".join(FORMATS))


async def _rows(visit: Visit, view: View, query: Mapping[str, str]) -> Mapping[str, Any]:
    unknown = sorted(set(query) - known_filters(view))
    if unknown:
        raise ProblemError(
            "invalid-request", errors=[(f"/{name}", "unknown filter") for name in unknown]
        )
    asked = {"limit": PAGE_ROWS, **query}
    with as_problems(view, saying(visit.words)):
        return await visit.place.look(
            visit.visitor.caller.person, lambda at: list_rows(view, at, asked)
        )


def _filters(
    visit: Visit, view: View, query: Mapping[str, str], errors: Mapping[str, str]
) -> Sequence[Field]:
    """A field for each member, and for each column that a short list can be cut by."""
    typed = {name: [text] for name, text in query.items()}
    own = list(fields_of(view, PAGING, visit.words, typed, errors))  # fmt: skip
    columns = [
        Field(
            name=c.name,
            label=visit.words.column(c),
            help="",
            kind="choice" if c.kind == "flag" else "text",
            choices=[("", "—"), ("true", visit.words("yes")), ("false", visit.words("no"))],
            value=query.get(c.name, ""),
            error=errors.get(c.name),
        )
        for c in by_columns(view).values()
        if c.kind in {"id", "text", "flag", "list"}
        and (c.permission is None or c.permission in visit.permissions)
    ]
    return [*own, *columns]


def _own(visit: Visit, view: View, name: Any, query: Mapping[str, str]) -> str | None:
    """Where a row's thing is shown; what its list was asked with, that page wants, too."""
    from gateway.ground.desk.given import members

    href = visit.rooms.addresses.of_noun(view.noun.name, name, visit.permissions)
    if href is None:
        return None
    wanted = {m.name: query[m.name] for m in members(view.given) if m.required and m.name in query}
    return with_query(href, wanted)


def _sort(view: View, column: Column, query: Mapping[str, str], path: str) -> Sort:
    if view.cursor is not None or column.kind == "json":
        return Sort(href=None, direction=None)
    now = query.get("sort", "")
    to = f"-{column.name}" if now == column.name else column.name
    kept = {n: text for n, text in query.items() if n != "cursor"}
    direction = {column.name: "ascending", f"-{column.name}": "descending"}.get(now)
    return Sort(href=with_query(path, {**kept, "sort": to}), direction=direction)


def _at_fields(problem: ProblemError) -> Mapping[str, str]:
    return {pointer.strip("/"): text for pointer, text in problem.errors if pointer.strip("/")}


def _general(problem: ProblemError) -> list[str]:
    texts = [text for pointer, text in problem.errors if not pointer.strip("/")]
    return texts or ([] if problem.errors else [problem.detail or problem.code])


async def _send_csv(visit: Visit, view: View, query: Mapping[str, str]) -> StreamResponse:
    """All that fits the filters, page by page, each from a look of its own."""
    names = [c.name for c in seen_columns(view, visit.permissions)]
    pages = _pages(visit, view, query)
    first = await anext(pages)  # what is refused is refused before anything is sent
    headers = {
        **POLICY,
        "Content-Type": "text/csv; charset=utf-8",
        "Content-Disposition": f'attachment; filename="{view.noun.plural}.csv"',
        "Cache-Control": "no-store",
        "Server": SERVER_NAME,
    }
    text = as_csv(names, first, head=True)
    whole = len(first) < LIMIT_MAX
    if whole:
        kind = headers.pop("Content-Type")
        headers.pop("Cache-Control")
        headers.pop("Server")
        return DirectAnswer(text.encode(), 200, kind, headers)
    response = StreamResponse(headers=headers)
    request: BaseRequest = visit.request  # type: ignore[assignment]  # aiohttp's, as GETs are
    await response.prepare(request)
    await response.write(text.encode())
    async for rows in pages:
        await response.write(as_csv(names, rows, head=False).encode())
    await response.write_eof()
    return response


async def _pages(
    visit: Visit, view: View, query: Mapping[str, str]
) -> AsyncIterator[Sequence[Mapping[str, Any]]]:
    asked, sent = {**query, "limit": str(LIMIT_MAX)}, 0
    while sent < CSV_ROWS_MAX:
        found = await _rows(visit, view, asked)
        sent += len(found["data"])
        yield found["data"]
        if found["next_cursor"] is None:
            return
        asked["cursor"] = str(found["next_cursor"])
