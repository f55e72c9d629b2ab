"""A page that is made by hand, for what a table and a form are not enough: its data and template.

A feature lists its own in a module that `Feature.pages` names, as `PAGES`.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.ground.desk.action import Change
from gateway.ground.desk.given import Given
from gateway.ground.desk.port import At
from gateway.ground.desk.rest.caller import Caller


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnPage:
    """`path` is below `/console/`, "" its first page; what stands in braces is given to `read`.

    One whose path is that of something declared takes its place. `read(at, asked, caller)` finds
    what the template shows: `asked` is the query (the members that `query` names) or, where
    `posted`, the form, with what stands in the path. `seen` answers instead what is posted, where
    looking leaves a trace: in a transaction that writes, with who looks and how. What is found
    under `leads` is where the browser is sent, and nothing is shown; under `thing` the one thing
    that the page is about, for which `Action.fits` says what is offered. The template has it as
    `data`, beside what every page has (`layout.html`). `forms` are paths of actions: those that
    whoever looks may do stand on the page, with what its path names filled in; the template has
    them by path.
    """

    path: str
    zh: str
    en: str
    template: str
    read: Callable[[At, Mapping[str, str], Caller], Awaitable[Mapping[str, Any]]]
    seen: Callable[[At, Mapping[str, str], Change], Awaitable[Mapping[str, Any]]] | None = None
    permission: str | None = None  # None: whoever is signed in
    query: frozenset[str] = frozenset()
    forms: tuple[str, ...] = ()
    posted: bool = False  # it answers forms that post to it, too; they change nothing
    given: type[Given] = Given  # as refusals know its members: it has none
