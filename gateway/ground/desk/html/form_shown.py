"""The form of an action as pages show it: on its own page, or in place on the page of a thing."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from gateway.ground.desk.action import Action
from gateway.ground.desk.html.address import filled, path_of
from gateway.ground.desk.html.fields import Field, Typed, fields_of
from gateway.ground.desk.html.own_page import OwnPage
from gateway.ground.desk.html.rooms import Visit
from gateway.ground.desk.rest.caller import Caller
from gateway.ground.desk.rest.listing import versions
from gateway.ground.desk.route import key_of, route_of

FORM_TOKEN: Final = "form_token"  # noqa: S105  the name of a field
REQUEST_KEY: Final = "request_key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Why what was typed was not done: at fields, and in general."""

    status: int = 200
    at_fields: Mapping[str, str] = field(default_factory=dict)
    general: Sequence[str] = ()
    code_error: str | None = None
    version: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What `form_part.html` shows. `prefix` tells the fields of several on one page apart."""

    label: str
    here: str
    prefix: str
    errors: Sequence[str]
    request_key: str
    version: str | None
    fields: Sequence[Field]
    wants_code: bool
    code_error: str | None
    has_passkey: bool  # which does for a code
    undo: str
    back: str | None  # None: it stands where one would go back to


async def form_of(
    visit: Visit,
    action: Action,
    names: Mapping[str, str],
    typed: Typed,
    refused: Refused,
    *,
    in_place: bool = False,
) -> Form:
    """`names` are the members that stand in its path."""
    words = visit.words
    return Form(
        label=words.verb(action),
        here=filled(path_of(action), names, visit.rooms.face.root) if in_place else visit.path,
        prefix=f"{action.noun.name}-{action.verb}-" if in_place else "",
        errors=refused.general,
        request_key=secrets.token_urlsafe(24),
        version=refused.version or await _version(visit, action, names),
        fields=fields_of(action, names, words, typed, refused.at_fields),
        wants_code=wants_code(visit, action),
        code_error=refused.code_error,
        has_passkey=visit.visitor.has_passkey,
        undo=words(action.undo),
        back=None if in_place else back_of(visit, action, names),
    )


async def forms_of(
    visit: Visit, page: OwnPage, names: Mapping[str, str], thing: Mapping[str, Any] | None
) -> Mapping[str, Form]:
    """The forms that stand on a page of one's own, by their paths: those of what he may do, and
    what fits the thing it is about.
    """
    typed = {name: [value] for name, value in names.items()}
    shown: dict[str, Form] = {}
    for path in page.forms:
        action = visit.rooms.action(path)
        fits = thing is None or action.fits is None or action.fits(thing)
        if action.permission in visit.permissions and fits:
            own = {name: names[name] for name in route_of(action).named}
            shown[path] = await form_of(visit, action, own, typed, Refused(), in_place=True)
    return shown


def wants_code(visit: Visit, action: Action) -> bool:
    """Whether a one-time code is wanted before it."""
    caller = visit.visitor.caller
    return not caller.stepped_up and (action.step_up or is_for_own(action, caller))


def is_for_own(action: Action, caller: Caller) -> bool:
    """Whether somebody may do it for himself alone, not having its permission."""
    return action.own is not None and action.permission not in caller.permissions


async def _version(visit: Visit, action: Action, names: Mapping[str, str]) -> str | None:
    """Of the row it is about, so that two people do not overwrite each other unseen."""
    name = names.get(key_of(action.noun))
    if name is None or visit.visitor.caller.partner is not None:
        return None
    async with visit.place.statements(read_only=True) as db:
        return (await versions(db, action.noun, [name])).get(name, "0")


def title_of(visit: Visit, action: Action, names: Mapping[str, str]) -> str:
    """What is done, and to what."""
    words = visit.words
    name = " ".join(names.values())
    head = f"{words.of(action.noun)} {name}".strip()
    return words("{noun}: {verb}", noun=head, verb=words.verb(action))


def back_of(visit: Visit, action: Action, names: Mapping[str, str]) -> str:
    """The thing's own page, else the list."""
    for name, value in names.items():
        href = visit.rooms.addresses.of_member(name, value, visit.permissions)
        href = href or visit.rooms.addresses.of_noun(action.noun.name, value, visit.permissions)
        if href is not None:
            return href
    return f"{visit.rooms.face.root}/{path_of(action).split('/')[0]}"
