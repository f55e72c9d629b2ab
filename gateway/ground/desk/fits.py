"""When an action makes sense of a thing, as rows say it: `Action.fits`. Pure."""

from collections.abc import Callable, Mapping
from typing import Any

Fits = Callable[[Mapping[str, Any]], bool]


def state_is(*states: str) -> Fits:
    """Of a thing that stands so."""
    return lambda row: row["state"] in states


def flag_is(member: str, *, value: bool) -> Fits:
    """Of a thing of which that is so, or is not."""
    return lambda row: bool(row[member]) is value


def has_no(member: str) -> Fits:
    """Of a thing of which that is not said."""
    return lambda row: row[member] is None
