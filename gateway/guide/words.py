"""Words of the pages that stand in files: what members mean, and what the document says in Chinese.

Both files have blocks of lines with a blank line between them.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from gateway.guide.advice import Both

TEXT: Final = Path(__file__).parent / "text"


def _blocks(name: str) -> list[list[str]]:
    text = (TEXT / name).read_text(encoding="utf-8")
    return [block.split("\n") for block in text.strip().split("\n\n")]


# By the English that the API's document says; by a member's name, or by model and name where one
# name means two things. Tests name what has none.
CHINESE: Final[Mapping[str, str]] = {block[0]: block[1] for block in _blocks("chinese.txt")}
FIELDS: Final[Mapping[str, Both]] = {n: Both(en, zh) for n, en, zh in _blocks("fields.txt")}


def meaning(model: str, member: str, language: str) -> str:
    """What a member means; empty: it has no row."""
    found = FIELDS.get(f"{model}.{member}") or FIELDS.get(member)
    return "" if found is None else found.said(language)
