"""What the console is made of, once for a worker: what is declared, where it stands, the menu."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from gateway.ground.desk.action import Action, Noun
from gateway.ground.desk.html.address import CONSOLE, Addresses, Declared, Face, filled, path_of
from gateway.ground.desk.html.cells import Showing
from gateway.ground.desk.html.frame import Group, Link, frame
from gateway.ground.desk.html.own_page import OwnPage
from gateway.ground.desk.html.pages import page_answer
from gateway.ground.desk.html.visitor import SteppedUp, Visitor
from gateway.ground.desk.html.wording import Wording, nouns
from gateway.ground.desk.job import Job
from gateway.ground.desk.rest.place import Place
from gateway.ground.desk.route import route_of
from gateway.ground.desk.second import second_persons
from gateway.ground.desk.view import Page, View
from gateway.ground.http.direct_answer import DirectAnswer
from gateway.ground.http.request import Asked

APPROVE = "approvals:approve"


class Rooms:
    """Of one worker; nothing in it changes."""

    def __init__(
        self,
        place: Place,
        declared: Sequence[Declared],
        own: Sequence[OwnPage],
        groups: Sequence[Group],
        face: Face = CONSOLE,
    ) -> None:
        self.face = face
        self.place = place
        self.declared = declared
        self.own = own
        self.addresses = Addresses(declared, face.root)
        self.actions = [
            one
            for one in declared
            if isinstance(one, Action) and not (isinstance(one, Job) and one.taking is not None)
        ]
        self.taking = [one for one in declared if isinstance(one, Job) and one.taking is not None]
        self._actions = {path_of(one): one for one in self.actions}
        self._views = {path_of(one): one for one in declared if isinstance(one, View)}
        self._own = {page.path: page for page in own}
        self._pages = {
            path_of(one): one
            for one in declared
            if isinstance(one, Page) and not route_of(one).named and not one.posted
        }
        rest = tuple(
            path
            for path in (*self._views, *self._pages)
            if not any(path in g.paths for g in groups)
        )
        self._groups = [*groups, *([Group(zh="其他", en="More", paths=rest)] if rest else [])]

    def action(self, path: str) -> Action:
        """The one that stands there."""
        return self._actions[path]

    def menu(self, visit: "Visit") -> Sequence[tuple[str, Sequence[Link]]]:
        """What somebody may see, in its groups."""
        found = []
        for group in self._groups:
            links = [link for path in group.paths for link in self._link(path, visit)]
            if links:
                found.append((visit.words.of(group), links))
        return found

    def _link(self, path: str, visit: "Visit") -> Sequence[Link]:
        own, seen = self._own.get(path), self._views.get(path) or self._pages.get(path)
        if own is None and seen is None:
            return ()
        permission = own.permission if own is not None else seen.permission if seen else None
        if permission is not None and permission not in visit.permissions:
            return ()
        words = visit.words
        if own is not None:
            label = words.of(own)
        else:
            assert seen is not None
            label = words.listed(seen) if isinstance(seen, View) else words.page(seen)
        href = f"{self.face.root}/{path}".rstrip("/")
        return [Link(label=label, href=href, is_here=visit.path == href)]

    def acts_on(
        self,
        pattern: str,
        names: Mapping[str, Any],
        visit: "Visit",
        thing: Mapping[str, Any] | None = None,
    ) -> list[Link]:
        """What somebody may do with a thing whose page has this path, as links to forms; of one
        that is known, what fits it.
        """
        return [
            self._link_to(one, visit.words.act(one, path_of(one)), names)
            for one in self.actions
            if path_of(one).startswith(f"{pattern}/") and one.permission in visit.permissions
            and set(route_of(one).named) <= set(names)
            and (thing is None or one.fits is None or one.fits(thing))
        ]  # fmt: skip

    def acts_of(self, plural: str, visit: "Visit") -> list[Link]:
        """What somebody may do where no single one is meant."""
        return [
            self._link_to(one, visit.words.verb(one), {})
            for one in self.actions
            if not route_of(one).named and path_of(one).split("/")[0] == plural
            and one.permission in visit.permissions
        ] + [
            self._link_to(one, visit.words.verb(one), {})
            for one in self.taking
            if plural in {path_of(one).split("/")[0], follows(one).plural}
            and one.permission in visit.permissions
        ]  # fmt: skip

    def _link_to(self, one: Declared, label: str, names: Mapping[str, Any]) -> Link:
        href = filled(path_of(one), names, self.face.root)
        return Link(label=label, href=href, is_here=False)


def follows(job: Job) -> Noun:
    """The noun whose rows say how far it is."""
    assert job.taking is not None
    return nouns()[job.taking.follows]


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One request of somebody who is signed in."""

    rooms: Rooms
    request: Asked
    visitor: Visitor
    words: Wording
    headers: Mapping[str, str] = field(default_factory=dict)  # that its answer has, whatever it is
    waiting: int = 0

    @property
    def permissions(self) -> frozenset[str]:
        """What he may."""
        return self.visitor.caller.permissions

    @property
    def place(self) -> Place:
        """Where he works: a partner's people on what is that partner's alone."""
        return self.rooms.place.of(self.visitor.caller.partner)

    @property
    def path(self) -> str:
        """Without the query."""
        return self.request.raw_path.partition("?")[0]

    @property
    def showing(self) -> Showing:
        """Values as he reads them."""
        return Showing(self.words, self.rooms.addresses, self.permissions)

    def stepped_up(self, by: SteppedUp) -> "Visit":
        """The same after a one-time code."""
        headers = {**self.headers, "Set-Cookie": by.set_cookie}
        return replace(self, visitor=by.visitor, headers=headers)

    async def with_waiting(self) -> "Visit":
        """With how many requests wait for him; nobody counts beyond a hundred."""
        if APPROVE not in self.permissions:
            return self
        caller = self.visitor.caller
        async with self.place.statements(read_only=True) as db:
            count = await second_persons().waiting_for(db, caller.person, caller.permissions)
        return replace(self, waiting=count)

    async def shown(
        self, template: str, title: str, values: Mapping[str, Any], status: int = 200
    ) -> DirectAnswer:
        """As `page`, in a thread: orders go on while a long list becomes HTML."""
        return await asyncio.to_thread(self.page, template, title, values, status)

    def page(
        self, template: str, title: str, values: Mapping[str, Any], status: int = 200
    ) -> DirectAnswer:
        """A page with everything that every page has."""
        around = frame(
            self.request,
            self.words,
            title=title,
            visitor=self.visitor,
            menu=self.rooms.menu(self),
            waiting=self.waiting,
            face=self.rooms.face,
        )
        return page_answer(template, {**values, **around}, status, self.headers)
