"""Whether a log of views that was taken along is whole: by its file alone. Pure."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec

FORMAT: Final = "quangate-reveals-1"
COMMIT: Final = "commit"  # these chains' links alone have no items: their orders say them
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
    at: str


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


def problems(lines: Iterable[bytes]) -> Iterator[str]:
    """A sentence for each thing that is wrong; none: it is whole. Raises NoLogError."""
    rest = iter(lines)
    heading = _read(next(rest, b""), Heading)
    if heading.format != FORMAT:
        raise NoLogError
    ended: dict[int, tuple[int, str]] = {}
    wanted: dict[tuple[int, int], str] = {(h.chain, h.height): h.hash for h in heading.heads}
    for line in rest:
        link = _read(line, Link)
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
