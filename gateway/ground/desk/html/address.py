"""Where what is declared stands in a browser: below `/console/`, as below `/admin/v1/`; what is
declared for partners' people below `/portal/`.

Forms post to `…/VERB`; what makes a new one, too, since its list is there already. Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlencode

from gateway.ground.desk.action import SHELL, Action
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
    "approved_by": "operator", "acknowledged_by": "operator",
    "decided_by": "operator", "made_by": "operator", "requested_by": "operator",
    "approval": "approval", "campaign": "campaign", "replaces": "key_id",
}  # fmt: skip
_AMBIGUOUS: Final = frozenset({"id", "name"})


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
            if isinstance(one, Page) and route_of(one).named == (key,) and one.route is None:
                self._by_noun[one.noun.name] = one
                if key == one.noun.name:
                    self._pages[key] = one  # an account is named by its partner, too
                elif key not in _AMBIGUOUS:
                    self._pages.setdefault(key, one)
        self._by_plural = {page.noun.plural: page for page in self._by_noun.values()}
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


def _at(page: Page | None, name: Any, permissions: frozenset[str], root: str) -> str | None:
    plain = isinstance(name, str | int) and not isinstance(name, bool) and str(name)
    if page is None or not plain or page.permission not in permissions:
        return None
    if str(name).startswith(SHELL) or len(str(name)) > 128:
        return None  # the shell's people have no page
    wanted = set(route_of(page).named)
    return filled(path_of(page), dict.fromkeys(wanted, name), root)
