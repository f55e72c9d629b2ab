"""Named statements: each stands under a `-- name: …` line of an SQL file, with a sentence."""

import re
from functools import cache
from pathlib import Path

from gateway.ground import house
from gateway.ground.feature import PACKAGE

_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


@cache
def queries(file: str) -> dict[str, str]:
    """The statements of one file, named by its place in the package: `ledger/queries`."""
    return _read(PACKAGE / f"{file}.sql")


@cache
def queries_of_all(kind: str) -> dict[str, str]:
    """The statements of a kind (checks) of all features.

    Raises ValueError when a name is there twice.
    """
    statements: dict[str, str] = {}
    for path in house.files(kind):
        for name, statement in _read(path).items():
            if name in statements:
                raise ValueError(f"{path}: {name} is there twice")
            statements[name] = statement
    return statements


def _read(path: Path) -> dict[str, str]:
    parts = _NAME.split(path.read_text(encoding="utf-8"))[1:]
    return dict(zip(parts[::2], (body.strip() for body in parts[1::2]), strict=True))
