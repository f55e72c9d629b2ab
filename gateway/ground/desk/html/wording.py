"""The console's languages: which one somebody reads, and every sentence in it.

English is what the program says; the other is a catalogue of messages beside it (`zh.po`), by the
English. Nouns and columns bring both.
"""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from gateway.ground.desk.action import Action, Noun
from gateway.ground.desk.html.told import in_chinese
from gateway.ground.desk.view import Column, Page, View

ENGLISH: Final = "en"
CHINESE: Final = "zh"
LANGUAGES: Final[Mapping[str, str]] = {ENGLISH: "en", CHINESE: "zh-CN"}  # as HTML calls them
OWN_NAMES: Final[Mapping[str, str]] = {ENGLISH: "English", CHINESE: "中文"}
CATALOGUE: Final = Path(__file__).parent / "zh.po"
TOLD: Final = Path(__file__).parent / "told.po"  # what is read back: told.py
_RANGE: Final = re.compile(r"\s*([A-Za-z*]{1,8})(?:-[A-Za-z0-9-]*)?\s*(?:;\s*q=([0-9.]{1,5}))?\s*")
_SMALL: Final = {"url": "URL", "id": "ID", "sku": "SKU", "totp": "TOTP", "ca": "CA", "ip": "IP"}


def choose(asked: str | None, cookie: str | None, accepts: str | None) -> str:
    """The language: what was asked for, else what was chosen before, else the browser's."""
    for said in (asked, cookie):
        if said in LANGUAGES:
            return str(said)
    best, language = 0.0, ENGLISH
    for part in (accepts or "").split(",")[:20]:
        found = _RANGE.fullmatch(part)
        if found is None or found[1].lower() not in LANGUAGES:
            continue
        try:
            weight = float(found[2] or 1)
        except ValueError:
            continue
        if weight > best:
            best, language = weight, found[1].lower()
    return language


@cache
def catalogue() -> Mapping[str, str]:
    """Chinese by English."""
    from babel.messages.pofile import read_po

    found: dict[str, str] = {}
    for path in (TOLD, CATALOGUE):
        with path.open("rb") as file:
            read = read_po(file, locale="zh_CN")
        found |= {str(m.id): str(m.string) for m in read if m.id and m.string and not m.fuzzy}
    return found


@cache
def column_labels() -> Mapping[str, str]:
    """What lists call their columns in Chinese, by name; the first that has one says it."""
    from gateway.ground.desk.all_declared import all_declared

    labels: dict[str, str] = {}
    for one in all_declared():
        for column in one.columns if isinstance(one, View) else ():
            labels.setdefault(column.name, column.zh)
    return labels


@cache
def nouns() -> Mapping[str, Noun]:
    """Every noun that something is declared of, by its name."""
    from gateway.ground.desk.all_declared import all_declared

    return {one.noun.name: one.noun for one in all_declared()}


class Wording:
    """Everything in one language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.html = LANGUAGES[language]

    def __call__(self, text: str, /, **facts: Any) -> str:
        """A sentence, with its facts."""
        said = text if self.language == ENGLISH else catalogue().get(text, text)
        return said.format_map(facts) if facts else said

    def value(self, text: str) -> str:
        """A value that is a word of ours, as `in_review`, as people read it."""
        return self(text) if self.language != ENGLISH else text.replace("_", " ")

    def told(self, text: str) -> str:
        """What the program said in English elsewhere, with its facts in it."""
        return text if self.language == ENGLISH else in_chinese(text)

    def of(self, two: Any) -> str:
        """What brings both: a noun, a column, a page."""
        return str(two.en if self.language == ENGLISH else two.zh)

    def noun(self, name: str) -> str:
        """A noun by the command's word for it."""
        known = nouns().get(name)
        return name if known is None else self.of(known)

    def many(self, noun: Noun) -> str:
        """A noun in the plural."""
        return plural(noun.en) if self.language == ENGLISH else noun.zh

    def listed(self, view: View) -> str:
        """What a list is called: by its noun, or where it lists something else, by its path."""
        path = view.route
        if path is None or path == view.noun.plural:
            return self.many(view.noun)
        return self(human(path.rpartition("/")[2]))

    def several(self, name: str) -> str:
        """The same by the command's word for it."""
        known = nouns().get(name)
        return name if known is None else self.many(known)

    def page(self, page: Page) -> str:
        """A page of no single thing, in the menu."""
        own = page.verb in {"show", "list", "run"}
        return self.of(page.noun) if own else f"{self.of(page.noun)}: {self(human(page.verb))}"

    def verb(self, action: Action) -> str:
        """What an action's button says."""
        return self(human(action.verb))

    def act(self, action: Action, path: str) -> str:
        """The same on the page of another noun's thing, which says whose it is."""
        own = path.split("/", maxsplit=1)[0] == action.noun.plural
        return self.verb(action) if own else f"{self.of(action.noun)}: {self.verb(action)}"

    def doc(self, text: str) -> str:
        """What something declared is for: its first paragraph."""
        return self(text.split("\n\n", maxsplit=1)[0])

    def column(self, column: Column) -> str:
        """With its unit."""
        return self.of(column)

    def member(self, name: str) -> str:
        """What a member of a form or an answer is called: as a list calls it, if none says so."""
        label = human(name)
        if self.language == ENGLISH or label in catalogue():
            return self(label)
        return column_labels().get(name, label)


def human(name: str) -> str:
    """`credit_limit` as a label."""
    words = re.split(r"[_-]", name)
    told = [_SMALL.get(word, word) for word in words]
    return " ".join([told[0] if told[0].isupper() else told[0].capitalize(), *told[1:]])


def plural(word: str) -> str:
    """Of an English noun; one that ends in s is in the plural."""
    if word.endswith("s"):
        return word
    if word.endswith("lf"):
        return f"{word[:-1]}ves"
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return f"{word[:-1]}ies"
    return f"{word}es" if word.endswith(("ch", "sh", "x")) else f"{word}s"
