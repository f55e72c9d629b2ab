"""Dotted paths into answers, `data.order_id`, and amounts with their unit, `data.price:yuan`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any, Final

from connectors.loose import as_int, as_text, to_minor

STEP: Final = re.compile(r"[^.:{}\s\x00-\x1f]{1,64}").fullmatch
UNITS: Final = ("yuan", "fen")


def is_path(path: str) -> bool:
    """Whether it is names (or numbers of a list's items) with points between."""
    return all(STEP(step) for step in path.split("."))


def at(value: Any, path: str) -> Any:
    """What stands at a path; None: nothing. The empty path leads nowhere."""
    if not path:
        return None
    for step in path.split("."):
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, list) and step.isdecimal():
            value = value[int(step)] if int(step) < len(value) else None
        else:
            return None
    return value


def text_at(value: Any, path: str) -> str | None:
    """The text, number or truth at a path as text; None: nothing, or something else."""
    return text_of(at(value, path))


def text_of(found: Any) -> str | None:
    """A scalar as text; None for the rest, and for the empty text."""
    if isinstance(found, bool):
        return "true" if found else "false"
    if isinstance(found, Decimal):
        return f"{found.normalize():f}"
    text = as_text(found)
    return None if text is None else str(text)


def rows_at(value: Any, path: str) -> list[Any] | None:
    """The items at a path; lists on the way are gone through, a lone object is a list of one and an
    empty one, as PHP writes it, an empty list. None: there is no list, which is not "none".
    """
    found = [value]
    *way, last = path.split(".")
    for step in (*way, last):
        deeper: list[Any] = []
        for one in found:
            inner = one.get(step) if isinstance(one, Mapping) else None
            if isinstance(inner, list):
                deeper += inner
            elif isinstance(inner, Mapping):
                deeper += [] if step is last and not inner else [inner]
            elif len(found) == 1:
                return None
        found = deeper
    return found


@dataclass(frozen=True, slots=True)
class Amount:
    """Where an amount stands and in which unit; without a unit it is a number of pieces."""

    path: str
    unit: str = ""

    def minor(self, value: Any, currency: str) -> int | None:
        """The amount in minor units."""
        found = at(value, self.path)
        if self.unit == "fen":
            return as_int(found)
        return to_minor(found, currency)

    def count(self, value: Any) -> int | None:
        """The number of pieces."""
        return as_int(at(value, self.path))


def read_amount(text: str) -> Amount:
    """`path` or `path:unit`."""
    path, _, unit = text.partition(":")
    return Amount(path, unit)


def put(target: Any, path: str, value: Any) -> None:
    """Write a value at a path, making objects (and lists of one, for numbers) on the way."""
    steps = path.split(".")
    last = steps[-1]
    for step, following in pairwise(steps):
        target = _enter(target, step, [] if following.isdecimal() else {})
    if isinstance(target, list):
        target.append(value)
    else:
        target[last] = value


def _enter(target: Any, step: str, made: Any) -> Any:
    if isinstance(target, list):
        if not target:
            target.append(made)
        return target[0]
    return target.setdefault(step, made)
