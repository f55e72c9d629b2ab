"""Which `quangate …` commands a text names, and whether the command line has them."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from gateway.command_line import load_room, rooms

# `quangate`, then a word of its own: neither a path nor `quangate-audit.timer`.
# Nor is it the package of the client that partners use.
NAMED = re.compile(
    r"(?<![\w.-])(?<!from )quangate +(?P<words>[a-z][a-z-]*(?=[\s`|);,]|\.(?:\s|$)|$)[^`|\n#]*)"
)


def unknown_commands(text: str) -> list[str]:
    """The commands and flags in a text that do not exist; empty: all do."""
    return [problem for match in NAMED.finditer(text) for problem in _problems(match["words"])]


def commands_named(text: str) -> int:
    """How many commands a text names."""
    return len(NAMED.findall(text))


def _problems(words: str) -> Iterator[str]:
    first, *rest = re.findall(r"[^\s;,.)]+", words)
    if first not in rooms():
        yield f"quangate {first}"
        return
    command = _room(first)
    name = first
    while hasattr(command, "commands"):
        below = rest.pop(0) if rest else ""
        name = f"{name} {below}"
        if below not in command.commands:
            yield f"quangate {name}"
            return
        command = command.commands[below]
    flags = {option for parameter in command.params for option in parameter.opts}
    for flag in re.findall(r"(?<!\S)--[a-z-]+", words):
        if flag not in flags and flag != "--help":
            yield f"quangate {name} {flag}"


@cache
def _room(name: str) -> Any:
    return load_room(name)


def commands_of(room: str) -> Iterator[tuple[str, Any]]:
    """(full name, command) of everything in a room of the command line."""
    yield from _below(room, _room(room))


def _below(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    if not hasattr(command, "commands"):
        yield name, command
        return
    for word, below in command.commands.items():
        yield from _below(f"{name} {word}", below)
