"""Pages for people, written on the server: prose in two languages, examples that run, the API.

Both languages of a page have the same anchors and the same examples. Nothing comes from elsewhere;
the one script is ours, and only the console needs it.
"""

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from markdown_it import MarkdownIt

from gateway.ground.http.problems import DESK_KINDS, KINDS
from gateway.guide.advice import FAILURES, MESSAGES, PROBLEMS
from gateway.guide.reference import Reference, escaped
from gateway.guide.words import CHINESE
from gateway.orders.failure import DETAILS

HERE: Final = Path(__file__).parent
STYLE: Final = (HERE / "guide.css").read_text(encoding="utf-8")
CONSOLE: Final = (HERE / "console.js").read_bytes()
CONSOLE_FORM: Final = (HERE / "console.html").read_text(encoding="utf-8")
_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY: Final[Mapping[str, str]] = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; script-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
LANGUAGES: Final = ("en", "zh")
READERS: Final[Mapping[str, tuple[str, ...]]] = {
    "partner": (
        "quickstart", "signing", "orders", "life", "webhooks", "problems", "sandbox", "console",
        "sdk", "golive", "changelog", "reference",
    ),
    "upstream": ("upstream",),
    "operator": ("operator",),
}  # fmt: skip
PATHS: Final = {"partner": "/docs", "upstream": "/docs/upstream", "operator": "/docs/operator"}
TITLES: Final = {
    "partner": "Quangate for partners",
    "upstream": "Quangate for upstreams",
    "operator": "Quangate for operators",
}


class Way(NamedTuple):
    """A language of the examples: its class, what it is called, how a file of it is run, what has
    to be fetched first, by example."""

    language: str
    said: str
    run: str
    fetch: Mapping[str, str] = {}

    @property
    def file(self) -> str:
        """What the program is saved as."""
        return self.run.split()[-1]


WRITTEN_IN: Final[Mapping[str, Way]] = {
    "sh": Way("sh", "curl + openssl", "sh run.sh"),
    "py": Way(
        "python", "Python", "python3 run.py", {"quickstart": "python3 -m pip install cryptography"}
    ),
    "ts": Way("typescript", "TypeScript", "node run.mjs"),
    "go": Way("go", "Go", "go run run.go"),
    "java": Way("java", "Java", "java Run.java"),
    "php": Way("php", "PHP", "php run.php"),
    "cs": Way("csharp", "C#", "dotnet run run.cs"),
}
PHP_SERVES: Final = "php -S 127.0.0.1:$QUANGATE_PORT run.php"
NOT_RUN: Final = "Its grammar is checked, but it is not run in our tests: there is no .NET there."
WORLDS: Final = (
    (
        "sandbox",
        "Sandbox",
        "Keys qk_test_…, SKUs sandbox:…: nothing costs money, no code is real.",
    ),
    ("real", "Real", "Keys qk_…, SKUs of your own: every order costs money, every code is real."),
)
_SLOT: Final = re.compile(r"^\{\{(\w+)(?: (\w+))?\}\}$", re.MULTILINE)
_HEAD: Final = re.compile(r"^## (.+?) \{#([\w-]+)\}$", re.MULTILINE)
_markdown: Final = MarkdownIt("commonmark").enable("table")


def page(reader: str, language: str, document: Mapping[str, Any]) -> bytes:
    """One reader's page in a language."""
    return "".join(Pages(reader, language, document).parts()).encode()


def example(name: str, suffix: str) -> str:
    """A whole program; empty: there is none in that language."""
    file = HERE / "examples" / f"{name}.{suffix}.txt"
    return file.read_text(encoding="utf-8") if file.exists() else ""


class Pages:
    """A page on its way."""

    def __init__(self, reader: str, language: str, document: Mapping[str, Any]) -> None:
        self._reader = reader
        self._language = language
        self._reference = Reference(document, self._say, language)
        self._sections = [self._read(name) for name in READERS[reader]]

    def parts(self) -> Iterator[str]:
        """The HTML."""
        title = self._say(TITLES[self._reader])
        yield f'<!doctype html><html lang="{self._language}"><head><meta charset="utf-8">'
        yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
        yield f"<title>{escaped(title)}</title><style>{STYLE}</style></head><body>"
        yield from self._navigation()
        yield f"<main><h1>{escaped(title)}</h1>"
        if self._reader == "partner":
            yield from self._world()
        for name, (head, text) in zip(READERS[self._reader], self._sections, strict=True):
            yield f'<section class="chapter" id="{name}"><h2>{escaped(head)}</h2>'
            yield from self._filled(text)
            yield "</section>"
        yield "</main></body></html>\n"

    def _say(self, text: str) -> str:
        return CHINESE.get(text, text) if self._language == "zh" else text

    def _read(self, name: str) -> tuple[str, str]:
        """A section's heading, and the rest."""
        text = (HERE / "text" / self._language / f"{name}.md").read_text(encoding="utf-8")
        head, _, rest = text.partition("\n")
        return head.removeprefix("# "), rest

    def _navigation(self) -> Iterator[str]:
        other = "en" if self._language == "zh" else "zh"
        path = PATHS[self._reader]
        yield f'<nav aria-label="{self._say("Contents")}">'
        yield f'<a class="other" hreflang="{other}" lang="{other}" href="{path}?lang={other}">'
        yield f"{'English' if other == 'en' else '中文'}</a>"
        for reader, where in PATHS.items():
            current = ' aria-current="page"' if reader == self._reader else ""
            name = escaped(self._say(TITLES[reader]))
            yield f'<a href="{where}?lang={self._language}"{current}>{name}</a>'
        yield f"<strong>{self._say('Contents')}</strong>"
        for name, (head, _) in zip(READERS[self._reader], self._sections, strict=True):
            yield f'<a href="#{name}">{escaped(head)}</a>'
        if self._reader == "partner":
            yield from self._reference.navigation()
        yield "</nav>"

    def _world(self) -> Iterator[str]:
        """The switch that shows which world one is in."""
        yield f'<fieldset class="world" id="world"><legend>{self._say("Which world")}</legend>'
        for name, said, told in WORLDS:
            checked = " checked" if name == "sandbox" else ""
            yield f'<label><input type="radio" name="world" id="world-{name}"{checked}> '
            yield f"{self._say(said)}</label>"
            yield f'<p class="in-{name}">{escaped(self._say(told))}</p>'
        yield "</fieldset>"

    def _filled(self, text: str) -> Iterator[str]:
        """Prose, with what is put into it."""
        at = 0
        for slot in _SLOT.finditer(text):
            yield self._prose(text[at : slot.start()])
            yield from self._slot(slot[1], slot[2] or "")
            at = slot.end()
        yield self._prose(text[at:])

    def _prose(self, text: str) -> str:
        heads = _HEAD.sub(lambda found: f"## {found[1]}\n\n%%{found[2]}%%", text)
        made = str(_markdown.render(heads))
        return re.sub(r"<h2>(.*?)</h2>\s*<p>%%([\w-]+)%%</p>", r'<h3 id="\2">\1</h3>', made)

    def _slot(self, kind: str, name: str) -> Iterator[str]:
        match kind:
            case "example":
                yield from self._examples(name)
            case "problems":
                yield from self._problems()
            case "failures":
                rows = [(c.value, FAILURES[c.value].said(self._language)) for c in DETAILS]
                yield from self._rows("failure", rows)
            case "messages":
                rows = [(code, both.said(self._language)) for code, both in MESSAGES.items()]
                yield from self._rows("message", rows)
            case "console":
                yield re.sub(
                    r"\{\{(.+?)\}\}", lambda found: escaped(self._say(found[1])), CONSOLE_FORM
                )
            case "reference":
                yield from self._reference.parts()

    def _examples(self, name: str) -> Iterator[str]:
        yield '<div class="examples">'
        for suffix, way in WRITTEN_IN.items():
            program = example(name, suffix)
            if program:
                fetch = way.fetch.get(name, "")
                yield f"<figure><figcaption>{escaped(way.said)}</figcaption>"
                yield from self._run(way, fetch, name)
                yield f'<pre data-example="{name}" data-needs="{fetch.rpartition(" ")[2]}">'
                yield f'<code class="language-{way.language}">{escaped(program)}</code></pre>'
                yield "</figure>"
        yield "</div>"

    def _run(self, way: Way, fetch: str, name: str) -> Iterator[str]:
        """How a program is run, as it is typed."""
        run = PHP_SERVES if (way.language, name) == ("php", "webhook") else way.run
        typed = " && ".join(filter(None, (fetch, run)))
        yield f'<p class="run">{escaped(self._say("Save it as"))} <code>{way.file}</code>'
        yield f'<br><code data-run="{name}">{escaped(typed)}</code>'
        if way.language == "csharp":
            yield f'<br><span class="note">{escaped(self._say(NOT_RUN))}</span>'
        yield "</p>"

    def _problems(self) -> Iterator[str]:
        for code, kind in KINDS.items():
            if code not in DESK_KINDS:
                again = self._say("may work later" if kind.retryable else "do not repeat as it is")
                yield f'<h3 id="problem-{code}"><code>{code}</code> '
                yield f'<span class="note">{kind.status} · {again}</span></h3>'
                yield f"<p>{_inline(PROBLEMS[code].said(self._language))}</p>"

    def _rows(self, what: str, rows: Sequence[tuple[str, str]]) -> Iterator[str]:
        yield "<table>"
        for code, said in rows:
            yield f'<tr id="{what}-{code.replace(".", "-")}"><td><code>{code}</code></td>'
            yield f"<td>{_inline(said)}</td></tr>"
        yield "</table>"


def _inline(text: str) -> str:
    """A sentence with `code` in it."""
    return str(_markdown.renderInline(text))


def language_of(accepted: str, asked: str | None) -> str:
    """The language of a page: what is asked for, else what is liked best; else English."""
    if asked in LANGUAGES:
        return str(asked)
    liked: dict[str, float] = {}
    for part in accepted.split(",")[:32]:
        tag, _, more = part.strip().partition(";")
        found = re.fullmatch(r"\s*q=([01](?:\.[0-9]{0,3})?)\s*", more) if more else None
        weight = 1.0 if not more else float(found[1]) if found else 0.0
        name = tag.strip().lower().partition("-")[0]
        liked[name] = max(liked.get(name, 0.0), weight)
    return "zh" if liked.get("zh", 0.0) > liked.get("en", 0.0) else "en"
