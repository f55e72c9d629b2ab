"""A browser without JavaScript at the console: it reads forms, fills them in, and sends them."""

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import httpx
import pyotp

from tests.conftest import Cli

STEP_S = 30
LASTS_S = 20  # the oldest code that is taken is good for so long at least


@dataclass(kw_only=True)
class Person:
    """An operator as `operator create` told of him, and the codes he has used."""

    name: str
    password: str
    totp_secret: str
    recovery_codes: list[str]
    used: int = 0

    def code(self) -> str:
        """A code that was not used: of the step before, this one, or the one after it, as clocks
        that are off have; none that would run out while a busy machine brings it there.
        """
        step = max(int(time.time() + LASTS_S) // STEP_S - 1, self.used + 1)
        self.used = step
        while step > int(time.time()) // STEP_S + 1:
            time.sleep(0.5)
        return pyotp.TOTP(self.totp_secret).at(step * STEP_S)


def make_person(command: Cli, name: str, *roles: str, person: str | None = None) -> Person:
    """By command line, which has every permission."""
    given = [word for role in roles for word in ("--role", role)]
    whose = [] if person is None else ["--person", person]
    made = command("operator", "create", name, *given, *whose, "--json")
    assert made.returncode == 0, made.stderr
    told = made.json
    return Person(
        name=name,
        password=told["password"],
        totp_secret=told["totp_secret"],
        recovery_codes=told["recovery_codes"],
    )


@dataclass
class Form:
    """A form of a page, with what is in it already."""

    action: str
    method: str
    fields: dict[str, Any] = field(default_factory=dict)
    kinds: dict[str, Mapping[str, str | None]] = field(default_factory=dict)


class Page(HTMLParser):
    """What a page says: its text, links, forms."""

    def __init__(self, answer: httpx.Response) -> None:
        super().__init__()
        self.answer, self.status = answer, answer.status_code
        self.path = answer.url.raw_path.decode()
        self.forms: list[Form] = []
        self.links: dict[str, str] = {}
        self.tags: list[tuple[str, Mapping[str, str | None]]] = []
        self._texts: list[str] = []
        self._link: str | None = None
        self._select: str | None = None
        self._area: str | None = None
        self.feed(answer.text)
        self.text = " ".join(" ".join(self._texts).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Forms, their fields, and links."""
        said = dict(attrs)
        self.tags.append((tag, said))
        if tag == "form":
            self.forms.append(Form(said.get("action") or "", (said.get("method") or "get").lower()))
        elif tag == "a":
            self._link = said.get("href")
        elif tag in {"input", "select", "textarea"} and self.forms and said.get("name"):
            name = str(said["name"])
            self.forms[-1].kinds[name] = said
            checked = said.get("type") != "checkbox" or "checked" in said
            if tag == "input" and checked:
                self.forms[-1].fields[name] = said.get("value") or ""
            self._select = name if tag == "select" else None
            self._area = name if tag == "textarea" else None
        elif tag == "option" and self._select is not None:
            chosen = "selected" in said or self._select not in self.forms[-1].fields
            if chosen:
                self.forms[-1].fields[self._select] = said.get("value") or ""

    def handle_data(self, data: str) -> None:
        """Its text."""
        self._texts.append(data)
        if self._link is not None and data.strip():
            self.links.setdefault(data.strip(), self._link)
        if self._area is not None:
            self.forms[-1].fields[self._area] = data

    def handle_endtag(self, tag: str) -> None:
        """The end of a link."""
        if tag == "a":
            self._link = None
        if tag == "textarea":
            self._area = None

    def form(self, ends: str) -> Form:
        """The one that posts to a path that ends so."""
        (found,) = (f for f in self.forms if f.method == "post" and f.action.endswith(ends))
        return found

    @property
    def act(self) -> Form:
        """The form of an action: neither the search box nor signing out."""
        heads = ("/console/search", "/console/sign-out", "/portal/sign-out")
        (found,) = (f for f in self.forms if f.method == "post" and f.action not in heads)
        return found


class Browser:
    """One person's."""

    def __init__(self, client: httpx.AsyncClient, origin: str) -> None:
        self.client = client
        self.origin = origin
        self.language = "en"

    async def get(self, path: str) -> Page:
        """A page, wherever it leads."""
        answer = await self.client.get(
            path, headers={"Accept-Language": self.language}, follow_redirects=True
        )
        return Page(answer)

    async def post(
        self, path: str, fields: Mapping[str, Any], *, follow: bool = True, **headers: str
    ) -> Page:
        """A form as a browser sends it. `origin=None` as header: without."""
        said = {
            "Origin": self.origin,
            "Sec-Fetch-Site": "same-origin",
            "Accept-Language": self.language,
        } | {name.replace("_", "-").title(): value for name, value in headers.items()}
        sent = {name: value for name, value in said.items() if value}
        return Page(
            await self.client.post(path, data=fields, headers=sent, follow_redirects=follow)
        )

    async def submit(self, form: Form, *, follow: bool = True, **fields: Any) -> Page:
        """Fill in and send."""
        return await self.post(form.action, {**form.fields, **fields}, follow=follow)

    async def sign_in(self, person: Person, to: str = "/console", **said: str) -> Page:
        """Through the page; where that leads."""
        page = await self.get(to)
        typed = {"operator": person.name, "password": person.password} | said
        code = said.get("code") or person.code()
        return await self.submit(page.form("/sign-in"), **{**typed, "code": code})


@asynccontextmanager
async def browser(url: str) -> AsyncIterator[Browser]:
    """A browser that knows nobody yet."""
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=60) as client:
        yield Browser(client, url)
