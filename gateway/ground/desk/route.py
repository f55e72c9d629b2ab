"""Where what is declared stands in the admin API: method and path, from noun, verb and members.

`GET NOUNS` lists, `GET NOUNS/{name}` shows one, `POST NOUNS` makes one, `POST NOUNS/{name}/VERB`
does something with one, `POST NOUNS/VERB` with no single one. What does not fit says its `route`.
"""

from dataclasses import dataclass
from string import Formatter
from typing import Final

from gateway.ground.desk.action import Action, Noun
from gateway.ground.desk.given import members
from gateway.ground.desk.view import Page, View

MAKES: Final = frozenset({"create", "add"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """`path` is below `/admin/v1/`; the members in its braces are not in the body or the query."""

    method: str
    path: str

    @property
    def named(self) -> tuple[str, ...]:
        """The members that stand in the path, in order."""
        return tuple(name for _, name, _, _ in Formatter().parse(self.path) if name)


def key_of(noun: Noun) -> str:
    """The member that names one."""
    return noun.key or noun.name


def route_of(one: Action | View | Page) -> Route:
    """Its method and path."""
    method = "POST" if isinstance(one, Action) else "GET"
    return Route(method=method, path=one.route or _path(one))


def _path(one: Action | View | Page) -> str:
    nouns = one.noun.plural
    if isinstance(one, View) or (isinstance(one, Action) and one.verb in MAKES):
        return nouns
    key = key_of(one.noun)
    if key not in {member.name for member in members(one.given)}:
        return f"{nouns}/{one.verb}"
    return f"{nouns}/{{{key}}}" if isinstance(one, Page) else f"{nouns}/{{{key}}}/{one.verb}"
