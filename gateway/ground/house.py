"""The features this program has: said once, by the package itself, before anything else runs.

The ground knows no feature by name. What it does for all of them (make their tables and routines,
grant rights, list their commands) it does for those that `gateway/features.py` lists.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, TypeAlias

from gateway.ground.feature import Feature, Setting, Table

# Reads a feature's book over a connection: an immutable value whose type names it.
ReadBook: TypeAlias = Callable[[Any], Awaitable[object]]

_features: list[Feature] = []


def consists_of(features: Sequence[Feature]) -> None:
    """Say which features there are, lowest first."""
    _features[:] = features


def features() -> Sequence[Feature]:
    """All features, lowest first."""
    return tuple(_features)


@cache
def tables() -> Mapping[str, Table]:
    """Every table by its name. Raises ValueError when two features have the same."""
    found: dict[str, Table] = {}
    for feature in _features:
        for name, table in feature.tables.items():
            if name in found:
                raise ValueError(f"{feature.name}: {name} is another feature's table")
            found[name] = table
    return found


@cache
def settings() -> Mapping[str, Setting]:
    """Every setting that operators change, by its name, in the order of the features."""
    return {name: one for feature in _features for name, one in feature.settings.items()}


def files(kind: str) -> tuple[Path, ...]:
    """The SQL files of a kind (routines, checks) of all features, in order."""
    return tuple(path for feature in _features for path in feature.files(kind))


@cache
def books() -> tuple[ReadBook, ...]:
    """How the books are read, of all features that have one, in order."""
    return tuple(
        import_module(f"gateway.{feature.name}.{feature.book}").read
        for feature in _features
        if feature.book is not None
    )
