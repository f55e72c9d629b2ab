"""Where what is declared stands in a browser: below `/console/`, as below `/admin/v1/`; what is
declared for partners' people below `/portal/`.

Forms post to `…/VERB`; what makes a new one, too, since its list is there already. Pure.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlencode

from gateway.ground.desk.action import SHELL, Action
from gateway.ground.desk.given import members
from gateway.ground.desk.route import MAKES, key_of, route_of
from gateway.ground.desk.view import Page, View


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """Pages of one kind of people: all of them lie below `root`. `finds`: with a search box, a page
    about oneself, and a count of what waits.
    """

    root: str
    finds: bool

    @property
    def sign_in(self) -> str:
        """Where who is nobody is led."""
        return f"{self.root}/sign-in"

    @property
    def sign_out(self) -> str:
        """Where every page's form ends the session."""
        return f"{self.root}/sign-out"


CONSOLE: Final = Face(root="/console", finds=True)  # operators'
PORTAL: Final = Face(root="/portal", finds=False)  # partners' own people's
FACES: Final = (CONSOLE, PORTAL)
ROOT: Final = CONSOLE.root
Declared = Action | View | Page
# Members that hold a name of something under another word, and whose name it is.
ALIASES: Final[Mapping[str, str]] = {
    "approved_by": "operator", "acknowledged_by": "operator", "assigned_to": "operator",
    "decided_by": "operator", "made_by": "operator", "requested_by": "operator",
    "proposed_by": "operator", "approval": "approval", "campaign": "campaign",
    "replaces": "key_id", "parent": "category", "token": "token_id", "pools": "pool",
}  # fmt: skip
_AMBIGUOUS: Final = frozenset({"id", "name"})
_UNMAKES: Final = frozenset({"delete", "remove"})  # what was there is there no more
_NO_PAGE: Final = frozenset({"quangate", "partner"})  # who acts, and is no operator


def path_of(one: Declared) -> str:
    """Its path below the root; the members in its braces stand in it."""
    where = route_of(one)
    if isinstance(one, Action) and one.route is None and one.verb in MAKES:
        return f"{where.path}/{one.verb}"
    return where.path


def filled(path: str, names: Mapping[str, Any], root: str = ROOT) -> str:
    """A path with the names in it, from the root."""
    return f"{root}/{path.format_map({k: quote(str(v), safe='') for k, v in names.items()})}"


def with_query(path: str, query: Mapping[str, str]) -> str:
    """With what is asked behind it."""
    return f"{path}?{urlencode(query)}" if query else path


class Addresses:
    """Where a thing is shown, by the member that names it."""

    def __init__(self, declared: Sequence[Declared], root: str = ROOT) -> None:
        self._root = root
        self._pages: dict[str, Page] = {}
        self._by_noun: dict[str, Page] = {}
        for one in declared:
            key = key_of(one.noun)
            named = route_of(one).named
            if isinstance(one, Page) and one.route is not None and len(named) == 1:
                if path_of(one).endswith(f"/{{{named[0]}}}") and named[0] not in _AMBIGUOUS:
                    self._pages.setdefault(named[0], one)
            elif isinstance(one, Page) and named == (key,):
                self._by_noun[one.noun.name] = one
                if key == one.noun.name:
                    self._pages[key] = one  # an account is named by its partner, too
                elif key not in _AMBIGUOUS:
                    self._pages.setdefault(key, one)
        self._acts = {one.name: one for one in declared if isinstance(one, Action)}
        self._by_plural = {page.noun.plural: page for page in self._by_noun.values()}
        self._told: dict[str, list[Callable[[Mapping[str, Any]], tuple[str, str] | None]]] = {}
        for column in (each for one in declared if isinstance(one, View) for each in one.columns):
            if column.names is not None:
                self._told.setdefault(column.name, []).append(column.names)
        for alias, noun in ALIASES.items():
            if noun in self._by_noun:
                self._pages.setdefault(alias, self._by_noun[noun])
            elif noun in self._pages:
                self._pages.setdefault(alias, self._pages[noun])

    def of_noun(self, noun: str, name: Any, permissions: frozenset[str]) -> str | None:
        """Where one of a noun is shown to somebody who may see it; None: nowhere."""
        return _at(self._by_noun.get(noun), name, permissions, self._root)

    def of_plural(self, plural: str, name: Any, permissions: frozenset[str]) -> str | None:
        """The same, by what several of it are called."""
        return _at(self._by_plural.get(plural), name, permissions, self._root)

    def of_member(self, member: str, value: Any, permissions: frozenset[str]) -> str | None:
        """Where the thing is shown that a member names."""
        return _at(self._pages.get(member), value, permissions, self._root)

    def of_row(
        self, member: str, row: Mapping[str, Any], permissions: frozenset[str]
    ) -> str | None:
        """Where the thing is shown that a member names, as a column says by the rest of its row."""
        for names in self._told.get(member, ()):
            if (told := names(row)) is not None:
                return self.of_noun(*told, permissions)
        return None

    def of_subject(self, action: str, subject: Any, permissions: frozenset[str]) -> str | None:
        """Where the thing is shown that an action was about, as the log of changes calls it."""
        act = self._acts.get(action)
        if not isinstance(subject, str) or (act is not None and act.verb in _UNMAKES):
            return None
        if act is None:
            return self.of_noun(action.partition(".")[0], subject, permissions)
        if route_of(act).named:
            page = self._by_plural.get(path_of(act).partition("/")[0])
            return _within(page, subject, permissions, self._root)
        if act.verb in MAKES:
            page = self._by_noun.get(act.noun.name)
            return _within(page, subject, permissions, self._root)
        about = [m.name for m in members(act.given) if m.required and m.name in self._pages]
        page = self._pages[about[0]] if about else self._by_noun.get(act.noun.name)
        return _within(page, subject, permissions, self._root)


def _within(page: Page | None, name: str, permissions: frozenset[str], root: str) -> str | None:
    """As `_at`; of `pool/shelf` the page of the last, which wants the first to be said."""
    more = [] if page is None else [
        m.name for m in members(page.given) if m.required and m.name not in route_of(page).named
    ]  # fmt: skip
    *firsts, last = name.split("/") if more else [name]
    if len(firsts) != len(more):
        return None
    href = _at(page, last, permissions, root)
    return None if href is None else with_query(href, dict(zip(more, firsts, strict=True)))


def _at(page: Page | None, name: Any, permissions: frozenset[str], root: str) -> str | None:
    plain = isinstance(name, str | int) and not isinstance(name, bool) and str(name)
    if page is None or not plain or page.permission not in permissions:
        return None
    if str(name).startswith(SHELL) or str(name) in _NO_PAGE or len(str(name)) > 128:
        return None  # the shell's people have no page
    wanted = set(route_of(page).named)
    return filled(path_of(page), dict.fromkeys(wanted, name), root)
