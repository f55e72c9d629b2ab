"""What every page has around it: who is here, in which language, where one can go, what waits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from gateway.ground.desk.html.address import CONSOLE, Face
from gateway.ground.desk.html.visitor import Visitor
from gateway.ground.desk.html.wording import LANGUAGES, OWN_NAMES, Wording, choose
from gateway.ground.http.request import Asked

LANGUAGE: Final = "lang"  # of the query, and of the cookie
COOKIE: Final = "quangate-lang"
_YEAR_S: Final = 365 * 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Nouns that stand together in the menu, by their paths; what nobody may see is not there."""

    zh: str
    en: str
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """An entry of the menu."""

    label: str
    href: str
    is_here: bool


def language_of(request: Asked, face: Face = CONSOLE) -> tuple[Wording, Mapping[str, str]]:
    """The visitor's language, and the header that keeps it where he has just chosen."""
    asked = query_of(request).get(LANGUAGE)
    words = Wording(choose(asked, _cookie(request), request.headers.get("Accept-Language")))
    if asked not in LANGUAGES:
        return words, {}
    kept = f"{COOKIE}={words.language}; Path={face.root}; Max-Age={_YEAR_S}; "
    kept += "SameSite=Lax; HttpOnly"
    return words, {"Set-Cookie": kept}


def query_of(request: Asked) -> dict[str, str]:
    """The query as it is; of a name that comes twice the last."""
    _, _, raw = request.raw_path.partition("?")
    return dict(parse_qsl(raw, keep_blank_values=True, max_num_fields=100))


def _cookie(request: Asked) -> str | None:
    for header in request.headers.getall("Cookie", ()):
        for pair in header.split(";"):
            name, _, value = pair.strip().partition("=")
            if name == COOKIE:
                return value
    return None


def frame(
    request: Asked,
    words: Wording,
    *,
    title: str,
    visitor: Visitor | None = None,
    menu: Sequence[tuple[str, Sequence[Link]]] = (),
    waiting: int = 0,
    face: Face = CONSOLE,
) -> dict[str, Any]:
    """What `layout.html` shows of a request."""
    path, _, _ = request.raw_path.partition("?")
    query = {name: text for name, text in query_of(request).items() if name != LANGUAGE}
    others = [
        (OWN_NAMES[each], f"{path}?{urlencode({**query, LANGUAGE: each})}", LANGUAGES[each])
        for each in LANGUAGES
        if each != words.language
    ]
    return {
        "t": words,
        "title": title,
        "visitor": visitor,
        "form_token": "" if visitor is None else visitor.form_token,
        "menu": menu,
        "waiting": waiting,
        "languages": others if request.method in {"GET", "HEAD"} else (),
        "face": face,
    }
