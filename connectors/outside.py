"""Connectors from outside the tree: entry points of the group `quangate.connectors`.

An entry point's name is the connector's, and it leads to an `Entry` (or a `Described`) as the table
of the registry has them. Whatever one of them does wrong stays with it: the others are not hurt.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Final

from connectors.entry import AnyEntry, Described, Entry
from connectors.settings import SettingsError

GROUP: Final = "quangate.connectors"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """An entry point and the distribution that it is from."""

    source: str
    point: EntryPoint


@cache
def found() -> Mapping[str, Outside]:
    """The entry points there are, by name; of two with one name the first by distribution."""
    points = [
        Outside(source=point.dist.name if point.dist else "unknown", point=point)
        for point in entry_points(group=GROUP)
    ]
    by_name: dict[str, Outside] = {}
    for one in sorted(points, key=lambda one: (one.point.name, one.source)):
        by_name.setdefault(one.point.name, one)
    return by_name


@cache
def load(name: str) -> AnyEntry:
    """What an entry point leads to; raises `SettingsError` that says why it cannot be had."""
    one = found()[name]
    try:
        made = one.point.load()
    except (Exception, SystemExit) as error:  # noqa: BLE001  foreign code: anything may come
        why = f"{type(error).__name__}: {error}"
    else:
        if isinstance(made, (Entry, Described)):
            return made
        why = f"{one.point.value} is no connectors.entry.Entry"
    raise SettingsError(f"the connector {name} of {one.source} cannot be loaded: {why}") from None
