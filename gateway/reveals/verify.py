"""Whether a log of views that was taken along is whole: by its file alone. Pure.

A chain covers what was seen and the order of its links. Numbers and times it does not cover: they
are held against each other. What a file cannot tell is that it was cut off and given other heads.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

FORMAT: Final = "quangate-reveals-1"
COMMIT: Final = "commit"  # these chains' links alone have no items: their orders say them
# Commits of one chain may overlap: their numbers and times are taken a moment before its next link.
NUMBERS_BACK_MAX: Final = 1_000
TIME_BACK_MAX: Final = timedelta(seconds=60)
START: Final = hashlib.sha256(b"").hexdigest()


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the file: a link of a chain, in the order of its chain."""

    no: int
    chain: int
    height: int
    via: str
    items: str | None  # None: of a commit, whose digest is over its orders
    digest: str
    hash: str
    at: datetime


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """Where a chain ended when the file was made, or before."""

    chain: int
    height: int
    hash: str


class Heading(msgspec.Struct, frozen=True, kw_only=True):
    """The first line."""

    format: str
    heads: tuple[Head, ...]


class NoLogError(Exception):
    """The file is no log of views."""


@dataclass(slots=True)
class Extent:
    """What a file has, as far as it was read."""

    links: int = 0
    numbers: set[int] = field(default_factory=set)
    heads: dict[int, tuple[int, str]] = field(default_factory=dict)  # where each chain ends in it
    last_at: datetime | None = None

    @property
    def missing_numbers(self) -> int:
        """Between the first and the last: of commits that were rolled back, or of what is gone."""
        return max(self.numbers) - min(self.numbers) + 1 - len(self.numbers) if self.numbers else 0


def problems(lines: Iterable[bytes], extent: Extent) -> Iterator[str]:
    """A sentence for each thing that is wrong; none: it is whole. Raises NoLogError.

    `extent` is filled on the way.
    """
    rest = iter(lines)
    newest: dict[int, Link] = {}
    heading = _read(next(rest, b""), Heading)
    if heading.format != FORMAT:
        raise NoLogError
    ended = extent.heads
    wanted: dict[tuple[int, int], str] = {(h.chain, h.height): h.hash for h in heading.heads}
    for line in rest:
        link = _read(line, Link)
        yield from _out_of_order(link, newest.get(link.chain), extent)
        newest[link.chain] = max(link, newest.get(link.chain, link), key=lambda each: each.no)
        height, before = ended.get(link.chain, (0, START))
        if link.height != height + 1 or link.hash != _next(before, link.digest):
            yield f"chain {link.chain}: link {link.height} does not follow from the one before it"
        if link.items is None and (link.chain < 0 or link.via != COMMIT):
            yield f"view {link.no} (chain {link.chain}, link {link.height}) lost what was seen"
        if link.items is not None and link.digest != _digest(link.items):
            yield f"view {link.no} (chain {link.chain}, link {link.height}) was changed"
        if wanted.pop((link.chain, link.height), link.hash) != link.hash:
            yield f"chain {link.chain}: link {link.height} is not the one its head names"
        ended[link.chain] = (link.height, link.hash)
    for chain, height in wanted:
        yield f"chain {chain}: link {height}, which its head names, is not there"


def _out_of_order(link: Link, newest: Link | None, extent: Extent) -> Iterator[str]:
    """Whether its number and time fit to those of its chain, and to nobody else's."""
    where = f"view {link.no} (chain {link.chain}, link {link.height})"
    if link.no in extent.numbers:
        yield f"{where} has the number of another one"
    if newest is not None and link.no < newest.no - NUMBERS_BACK_MAX:
        yield f"{where} has a number from long before the link before it"
    if newest is not None and link.no > newest.no and link.at < newest.at - TIME_BACK_MAX:
        yield f"{where} is of {link.at.isoformat()}, before the link before it"
    if newest is not None and link.no < newest.no and link.at > newest.at + TIME_BACK_MAX:
        yield f"{where} is of {link.at.isoformat()}, after a link with a higher number"
    extent.links += 1
    extent.numbers.add(link.no)
    extent.last_at = max(link.at, extent.last_at or link.at)


def heading_line(heads: Iterable[Mapping[str, Any]]) -> bytes:
    """The first line of a file."""
    return msgspec.json.encode({"format": FORMAT, "heads": list(heads)})


def _read(line: bytes, kind: type[Any]) -> Any:
    try:
        return msgspec.json.decode(line, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise NoLogError from None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _next(before: str, digest: str) -> str:
    try:
        return hashlib.sha256(bytes.fromhex(before) + bytes.fromhex(digest)).hexdigest()
    except ValueError:
        return ""
