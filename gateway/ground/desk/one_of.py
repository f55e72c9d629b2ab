"""One row of a list by its name: the page that every noun has in the API, made from its view.

`GET NOUNS/{name}` where a noun declares no page of its own. What a list needs to be asked with,
its row needs, too.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, cast, get_type_hints

import msgspec
from msgspec import Meta

from gateway.ground.desk.action import Action
from gateway.ground.desk.given import Given, members
from gateway.ground.desk.perform import At, look
from gateway.ground.desk.port import no_row
from gateway.ground.desk.route import key_of, route_of
from gateway.ground.desk.view import Page, View
from gateway.ground.sql.declared import Row

NUMBER_MAX: Final = 2**63 - 2  # the next one is a number, too


def pages_of(declared: Sequence[Action | View | Page]) -> Sequence[Page]:
    """A page for each view whose rows have names and that nothing shows one by one."""
    taken = {route_of(one) for one in declared}
    made = [_page(one) for one in declared if isinstance(one, View) and _has_names(one)]
    return tuple(page for page in made if route_of(page) not in taken)


def _has_names(view: View) -> bool:
    key = key_of(view.noun)
    return key in {column.name for column in view.columns} and view.cursor in (None, key)


def _page(view: View) -> Page:
    key = key_of(view.noun)

    async def read(at: At, given: Any) -> Mapping[str, Any]:
        return await _read(view, at, given)

    return Page(
        noun=view.noun,
        verb="show",
        doc="One row of the list, by its name.",
        given=_given(view, key),
        example=f"GET /admin/v1/{view.noun.plural}/1{_query(view)}",
        permission=view.permission,
        read=read,
        opens_vault=view.opens_vault,
        at_shell=False,
    )


def _query(view: View) -> str:
    said = "&".join(f"{member.name}=x" for member in members(view.given) if member.required)
    return f"?{said}" if said else ""


def _given(view: View, key: str) -> type[Given]:
    hints = get_type_hints(view.given, include_extras=True)
    wanted = [member.attribute for member in members(view.given) if member.required]
    named = (key, Annotated[str, Meta(description="As the list has it.")])
    made: Any = msgspec.defstruct(
        f"One{view.noun.en.title().replace(' ', '')}",
        [named, *((name, hints[name]) for name in wanted)],
        bases=(Given,),
        frozen=True,
        kw_only=True,
        forbid_unknown_fields=True,
    )
    return cast("type[Given]", made)


async def _read(view: View, at: At, given: Any) -> Row:
    key = key_of(view.noun)
    name: str = getattr(given, key)
    said = {
        member.attribute: getattr(given, member.attribute)
        for member in members(view.given)
        if member.required
    }
    if view.cursor is not None:
        if not (name.isascii() and name.isdecimal() and int(name) <= NUMBER_MAX):
            raise _missing(view, name)
        said |= {"cursor": str(int(name) + 1), "limit": 1}
    rows = (await look(view, at, view.given(**said)))[view.rows_as]
    for row in rows:
        if str(row[key]) == name:
            found: Row = row
            return found
    raise _missing(view, name)


def _missing(view: View, name: str) -> Exception:
    return no_row(view.noun.name, key_of(view.noun), name)
