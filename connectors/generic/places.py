"""Places in a protocol file: which line a key is on, and what may stand there."""

import re
import types
import typing
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

_HEADER: Final = re.compile(r"\s*\[\[?\s*(?P<name>[^\]]+?)\s*\]\]?\s*(?:#.*)?\Z")
_KEY: Final = re.compile(r"""\s*(?P<name>(?:[A-Za-z0-9_.\- ]|"[^"]*"|'[^']*')+?)\s*=""")


class Misplaced(ValueError):  # noqa: N818 — says what happened
    """What stands at `keys` cannot be; the message says why and what can."""

    def __init__(self, keys: Sequence[str], why: str) -> None:
        super().__init__(why)
        self.keys = tuple(keys)


def where(text: str, keys: Sequence[str]) -> str:
    """`line 14, sign.digest`: the line of the nearest of the keys that has one."""
    name = ".".join(keys) or "the file"
    lines = dict(_lines(text))
    for depth in range(len(keys), 0, -1):
        line = lines.get(tuple(keys[:depth]))
        if line is not None:
            return f"line {line}, {name}"
    return name


def _lines(text: str) -> Iterator[tuple[tuple[str, ...], int]]:
    """Keys with the line they begin on; inline tables have their owner's."""
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            table = _split(header["name"])
            yield table, number
        elif key := _KEY.match(line):
            keys = _split(key["name"])
            for depth in range(1, len(keys) + 1):
                yield (*table, *keys[:depth]), number
            for inner in re.finditer(r"""(?:[{,])\s*"?([A-Za-z0-9_\-]+)"?\s*=""", line):
                yield (*table, *keys, inner[1]), number


def _split(name: str) -> tuple[str, ...]:
    parts = re.findall(r""""([^"]*)"|'([^']*)'|([^.\s"']+)""", name)
    return tuple(next(part for part in found if part) if any(found) else "" for found in parts)


def members(root: type[Any], keys: Sequence[str]) -> tuple[str, ...]:
    """The keys that the table at a place may have."""
    found = _type_at(root, keys)
    if isinstance(found, type) and issubclass(found, msgspec.Struct):
        return tuple(field.encode_name for field in msgspec.structs.fields(found))
    return ()


def choices(root: type[Any], keys: Sequence[str]) -> tuple[str, ...]:
    """The words that may stand at a place."""
    return tuple(str(word) for word in typing.get_args(_type_at(root, keys)))


def _type_at(root: Any, keys: Sequence[str]) -> Any:
    kind = root
    for key in keys:
        kind = _bare(kind)
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            named = {one.encode_name: one.type for one in msgspec.structs.fields(kind)}
            kind = named.get(key)
        else:  # a mapping's or a list's items
            arguments = [one for one in typing.get_args(kind) if one is not Ellipsis]
            kind = arguments[-1] if arguments else None
    return _bare(kind)


def _bare(kind: Any) -> Any:
    """Without `| None`."""
    if isinstance(kind, types.UnionType) or typing.get_origin(kind) is typing.Union:
        return next(one for one in typing.get_args(kind) if one is not type(None))
    return kind
