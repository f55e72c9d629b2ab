"""One thing as a page: what is known of it, and what may be done with it."""

from collections.abc import Mapping
from typing import Any

from aiohttp.web import StreamResponse

from gateway.ground.desk.html.address import path_of, with_query
from gateway.ground.desk.html.fields import fields_of
from gateway.ground.desk.html.frame import LANGUAGE, query_of
from gateway.ground.desk.html.refusals import saying
from gateway.ground.desk.html.rooms import Visit
from gateway.ground.desk.rest import asked as reading
from gateway.ground.desk.rest.refusals import as_problems
from gateway.ground.desk.rest.seeing import see
from gateway.ground.desk.route import key_of, route_of
from gateway.ground.desk.view import Page, View


async def show_page(
    visit: Visit, page: Page, names: Mapping[str, str], said: Mapping[str, str] | None = None
) -> StreamResponse:
    """`said` is what was typed, where it was posted; else the query says it."""
    query = {n: text for n, text in query_of(visit.request).items() if text and n != LANGUAGE}
    asked = query if said is None else said
    wanted = [m.name for m in reading.taken(page, names).values() if m.required]
    if said is None and not set(wanted) <= set(asked):
        return _ask_first(visit, page, names, query)
    with as_problems(page, saying(visit.words)):
        reading.refuse_unknown(asked, reading.taken(page, names))
        given = reading.from_query(page.given, {**asked, **names})
        data = await _read(visit, page, given)
    name = names.get(key_of(page.noun))
    label = visit.words.of(page.noun)
    showing = visit.showing
    values = {
        "doc": visit.words.doc(page.doc),
        "pairs": showing.pairs(data),
        "within": showing.inner(data),
        "tables": showing.tables(data),
        "actions": visit.rooms.acts_on(path_of(page), names, visit, data),
        "related": _related(visit, page, name),
    }
    return await visit.shown("detail.html", label if name is None else f"{label} {name}", values)


def _ask_first(
    visit: Visit, page: Page, names: Mapping[str, str], query: Mapping[str, str]
) -> StreamResponse:
    """A page of something that has to be said first: the fields to say it in."""
    typed = {name: [text] for name, text in query.items()}
    values = {
        "doc": visit.words.doc(page.doc),
        "here": visit.path,
        "fields": fields_of(page, names, visit.words, typed, {}),
        "filtered": True,
        "errors": [visit.words("Say first which ones you want.")],
        "labels": (), "kinds": (), "sorts": (), "rows": (), "actions": (),
        "first": None, "next": None, "csv": None,
    }  # fmt: skip
    return visit.page("list.html", visit.words.page(page), values)


async def _read(visit: Visit, page: Page, given: Any) -> Mapping[str, Any]:
    place, caller = visit.place, visit.visitor.caller
    if page.on_site:
        return await page.read(place.site(_nothing), given)
    if page.seen_by:
        change = caller.change(visit.request, None)
        found: Mapping[str, Any] = await see(
            place, caller, change, lambda at: page.read(at, given, change),
            name=f"{page.noun.name}.{page.verb}", given=given,
        )  # fmt: skip
        return found
    async with place.at(caller.person, read_only=True) as at:
        return await page.read(at, given)


async def _nothing(_db: Any, _after: Any) -> None:
    """A page changes nothing, so it has nothing to write down."""


def _related(visit: Visit, page: Page, name: str | None) -> list[tuple[str, str]]:
    """Lists that can be asked for what belongs to this thing alone."""
    key = key_of(page.noun)
    if name is None or key in {"id", "name"}:
        return []
    found = []
    for one in visit.rooms.declared:
        if isinstance(one, View) and one.permission in visit.permissions:
            filters = reading.taken(one, ())
            if key in filters and one.noun is not page.noun:
                href = with_query(f"{visit.rooms.face.root}/{path_of(one)}", {key: name})
                found.append((visit.words.listed(one), href))
        elif isinstance(one, Page) and route_of(one).named == (key,) and one.noun is not page.noun:
            where = visit.rooms.addresses.of_noun(one.noun.name, name, visit.permissions)
            if where is not None:
                found.append((visit.words.of(one.noun), where))
    return found
