"""Reads a protocol file, strictly: whatever is wrong is refused with its line and its key, and with
what may stand there. Nothing of a file is executed.
"""

import re
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

import msgspec

from connectors.generic import places
from connectors.generic.compiled import compiled
from connectors.generic.parts import Compiled
from connectors.generic.places import Misplaced
from connectors.generic.protocol import Protocol
from connectors.settings import SettingsError

BYTES_MAX: Final = 65_536
_AT: Final = re.compile(r" - at `(?:key in )?\$\.?(?P<path>[^`]*)`\Z")


@lru_cache(maxsize=64)
def read_protocol(text: str) -> Compiled:
    """The protocol that a file describes; raises `SettingsError`. No value of it is repeated where
    it might be a secret that was put into the file.
    """
    if len(text.encode("utf-8", "replace")) > BYTES_MAX:
        raise _wrong(f"is larger than {BYTES_MAX} bytes")
    try:
        value = tomllib.loads(text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError as error:
        raise _wrong(f"is not TOML: {error}") from None
    except RecursionError:
        raise _wrong("is not TOML: it is nested too deeply") from None
    try:
        return compiled(_typed(value))
    except Misplaced as error:
        raise _wrong(f"at {places.where(text, error.keys)}: {error}") from None


def _wrong(why: str) -> SettingsError:
    return SettingsError(f"the protocol {why}", "protocol")


def _typed(value: Mapping[str, Any]) -> Protocol:
    """The file's tables, of their types; raises `Misplaced`."""
    try:
        return msgspec.convert(value, Protocol)
    except (msgspec.ValidationError, RecursionError) as error:
        message = str(error)
    found = _AT.search(message)
    keys = _keys(found["path"]) if found else ()
    said = message[: found.start()] if found else message
    unknown = re.fullmatch(r"Object contains unknown field `(.*)`", said)
    if unknown:
        there = ", ".join(places.members(Protocol, keys))
        raise Misplaced((*keys, unknown[1]), f"there is no such key; there are {there}")
    missing = re.fullmatch(r"Object missing required field `(.*)`", said)
    if missing:
        raise Misplaced(keys, f"the key {missing[1]} is missing")
    if said.startswith("Invalid enum value"):
        allowed = ", ".join(places.choices(Protocol, keys))
        raise Misplaced(keys, f"there is no such word; there are {allowed}")
    raise Misplaced(keys, _plain(said))


def _keys(path: str) -> tuple[str, ...]:
    """`sign.digest`, `query.states[...]`, `answer.ok[0]` as keys."""
    return tuple(part for part in re.split(r"[.\[\]]+", path) if part)


_WORDS: Final[Mapping[str, str]] = {
    "str": "a text", "int": "a whole number", "bool": "true or false", "object": "a table",
    "array": "a list", "float": "a number", "null": "nothing",
}  # fmt: skip


def _plain(said: str) -> str:
    """msgspec's "Expected `str`, got `int`" in the words of a file."""
    wanted = re.fullmatch(r"Expected `(.*)`, got `(.*)`", said)
    if wanted is None:
        return said[:1].lower() + said[1:]
    kinds = [kind.strip() for kind in wanted[1].split("|") if kind.strip() != "null"]
    expected = " or ".join(_WORDS.get(kind, kind) for kind in kinds)
    return f"{_WORDS.get(wanted[2], wanted[2])} stands where {expected} is wanted"
