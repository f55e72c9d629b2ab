"""What the program said in English elsewhere, in Chinese: an alert's detail, a finding, a warning.

Such a text is kept, or made where nobody knows who reads it, with its facts in it. It is read back
by the sentences of the catalogue: the one that it follows with the most words of its own says it.
What follows none stays as it is.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from string import Formatter
from typing import Final

LETTERS_MIN: Final = 3  # that a sentence has beside its facts
LETTERS_SAFE: Final = 6  # with fewer, where it begins with a fact, its facts are single words
DEEP: Final = 3  # sentences within facts of sentences
JOINED: Final = "; "


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """One with facts: `clue` is the longest of its words, without which nothing follows it."""

    letters: int
    clue: str
    follows: re.Pattern[str]
    chinese: str


def sentences(catalogue: Mapping[str, str]) -> Iterator[Sentence]:
    """Those that can be read back."""
    for english, chinese in catalogue.items():
        parts = list(Formatter().parse(english))
        if all(name is None for _, name, _, _ in parts):
            continue
        words = [words for words, _, _, _ in parts]
        letters = sum(map(str.isalpha, "".join(words)))
        if letters < LETTERS_MIN:
            continue
        fact = r".*?" if words[0] or letters >= LETTERS_SAFE else r"\S+?"
        follows = re.compile(_pattern(english, fact), re.DOTALL)
        yield Sentence(letters=letters, clue=max(words, key=len), follows=follows, chinese=chinese)


def _pattern(english: str, fact: str) -> str:
    made, known = "", set()
    for words, name, _, _ in Formatter().parse(english):
        made += re.escape(words)
        if name is not None:
            made += f"(?P=f{name})" if name in known else f"(?P<f{name}>{fact})"
            known.add(name)
    return made


@cache
def _all() -> tuple[Sentence, ...]:
    from gateway.ground.desk.html.wording import catalogue

    found = sentences(catalogue())
    return tuple(sorted(found, key=lambda one: one.letters, reverse=True))


@lru_cache(maxsize=4096)
def in_chinese(text: str) -> str:
    """A text that the program made."""
    return _read_back(text, DEEP) or text


def _read_back(text: str, deep: int) -> str | None:
    from gateway.ground.desk.html.wording import catalogue

    if text in catalogue():
        return catalogue()[text]
    if deep == 0 or not text.strip():
        return None
    if JOINED in text:
        parts = [_read_back(part, deep) for part in text.split(JOINED)]
        if None not in parts:
            return "；".join(part or "" for part in parts)
    for one in _all():
        if one.clue in text and (found := one.follows.fullmatch(text)) is not None:
            facts = {name[1:]: _fact(value, deep) for name, value in found.groupdict().items()}
            return "".join(
                words + ("" if name is None else facts[name])
                for words, name, _, _ in Formatter().parse(one.chinese)
            )
    return None


def _fact(value: str, deep: int) -> str:
    """A fact is a name or number, unless it has words."""
    return (_read_back(value, deep - 1) if " " in value else None) or value
