"""Pages as bytes: templates with everything escaped, and the headers every page has.

Templates are named by their path in the package: `ground/desk/html/templates/list.html`,
`orders/templates/life.html`.
"""

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gateway.ground.desk.html.address import FACES
from gateway.ground.desk.html.widths import fitting
from gateway.ground.feature import PACKAGE
from gateway.ground.http.direct_answer import DirectAnswer

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

HERE: Final = Path(__file__).parent
OWN: Final = "ground/desk/html/templates"
STATIC: Final = HERE / "static"
HTML_TYPE: Final = "text/html; charset=utf-8"
POLICY: Final[Mapping[str, str]] = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
ASSETS: Final[Mapping[str, str]] = {
    "console.css": "text/css; charset=utf-8",
    "console.mjs": "text/javascript; charset=utf-8",
    "portal.mjs": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}


@cache
def environment() -> "Environment":
    """Of all templates. What is not there is an error, not a blank."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader(PACKAGE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["asset"] = asset_path
    made.filters["inline"] = inline
    made.globals["fitting"] = fitting
    return made


def inline(text: str) -> "Markup":
    """A sentence with `code` in it."""
    from markupsafe import Markup, escape

    parts = text.split("`")
    coded = [
        Markup("<code>{}</code>").format(p) if n % 2 else escape(p) for n, p in enumerate(parts)
    ]
    return Markup("").join(coded)


def render(template: str, values: Mapping[str, Any]) -> bytes:
    """A page of a template's values."""
    return environment().get_template(template).render(values).encode()


def page_answer(
    template: str,
    values: Mapping[str, Any],
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> DirectAnswer:
    """A page; nobody keeps it."""
    body = render(template if "/" in template else f"{OWN}/{template}", values)
    return DirectAnswer(body, status, HTML_TYPE, {**POLICY, **(headers or {})})


def leads_to(path: str, headers: Mapping[str, str] | None = None) -> DirectAnswer:
    """303: what is asked for is seen there."""
    assert path.startswith(tuple(face.root for face in FACES))
    assert path.isascii()
    assert path.isprintable()
    return DirectAnswer(b"", 303, HTML_TYPE, {"Location": path, **POLICY, **(headers or {})})


def asset_path(name: str, root: str) -> str:
    """Where a file is that pages need; another one when it changes."""
    return f"{root}/assets/{name}?v={_digest(name)}"


@cache
def asset(name: str) -> bytes | None:
    """A file that pages need; None: there is no such."""
    return (STATIC / name).read_bytes() if name in ASSETS else None


@cache
def _digest(name: str) -> str:
    return hashlib.sha256(asset(name) or b"").hexdigest()[:12]
