"""Codes that somebody pasted into a text: found through the blind index, and made unreadable.

So is what else the order's own codes are made of (own_codes.py): a PIN, a link.

Every word, every word without what stands around it, and words that stand side by side are
looked for, in each spelling that a pool may know a code by. A code in pieces that are not
neighbours is not found.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from uuid import UUID

from gateway.cases.administration import SQL
from gateway.codes.spelling import spelling
from gateway.ground.desk.port import Transaction

if TYPE_CHECKING:
    from gateway.ground.native import Vault

MASK: Final = "••••"
SIDE_BY_SIDE: Final = 4  # words that may be one code with spaces in it
PART_MIN: Final = 3  # characters: what is shorter is no secret, and stands in every text
_JOINTS: Final = re.compile(r"[\s-]+")
_JOINT: Final = r"[\s-]*"
_WORD: Final = re.compile(r"\S+")
_CORE: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.+/=-]*[A-Za-z0-9=])?")
RULES: Final = tuple((case, spaces) for case in (False, True) for spaces in (False, True))


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a text."""

    start: int
    end: int


async def mask(
    db: Transaction, vault: "Vault", text: str | None, *, parts: Sequence[str] = ()
) -> str | None:
    """The text with every code that a pool here knows, sold or not, made unreadable; and `parts`,
    of which each is secret."""
    if text is None:
        return None
    import asyncio  # commands that mask nothing need none

    spans = list(dict.fromkeys(_spans(text)))
    spelled = {
        (span, rule): spelling(
            text[span.start : span.end], ignore_case=rule[0], ignore_spaces=rule[1]
        )
        for span in spans
        for rule in RULES
    }
    known = await asyncio.to_thread(_fingerprints, vault, sorted(set(spelled.values())))
    rows = await SQL.known_codes.all(db, list(known.values()))
    there = {(r["fingerprint"], (r["case_insensitive"], r["ignore_spaces"])) for r in rows}
    hidden = [span for (span, rule), code in spelled.items() if (known[code], rule) in there]
    return _without(text, [*hidden, *_of_parts(text, parts)])


def _of_parts(text: str, parts: Sequence[str]) -> Iterator[Span]:
    """Where they stand, with whatever spaces and dashes are in them, in large or small letters."""
    folded = text.lower()
    for part in parts:
        core = _JOINTS.sub("", part)
        if len(core) < PART_MIN or core[0].lower() not in folded:
            continue
        spelled = _JOINT.join(map(re.escape, core))
        for found in re.finditer(rf"(?<!\w){spelled}(?!\w)", text, re.IGNORECASE):
            yield Span(*found.span())


def _spans(text: str) -> Iterator[Span]:
    for pattern in (_WORD, _CORE):
        words = [Span(found.start(), found.end()) for found in pattern.finditer(text)]
        for n in range(len(words)):
            for last in words[n : n + SIDE_BY_SIDE]:
                yield Span(words[n].start, last.end)


def _fingerprints(vault: "Vault", codes: list[str]) -> Mapping[str, UUID]:
    packed = vault.fingerprints(codes)
    cut = (UUID(bytes=packed[n : n + 16]) for n in range(0, len(packed), 16))
    return dict(zip(codes, cut, strict=True))


def _without(text: str, hidden: list[Span]) -> str:
    """The longest first; what lies within one that is hidden is hidden with it."""
    parts: list[str] = []
    at = 0
    for span in sorted(hidden, key=lambda one: (one.start, -one.end)):
        if span.end <= at:
            continue
        parts += [text[at : max(at, span.start)], MASK]
        at = span.end
    return "".join([*parts, text[at:]])
