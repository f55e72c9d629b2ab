"""Loads `sql/*.sql`: each statement stands under a `-- name: …` line, with a sentence about it."""

import re
from functools import cache
from pathlib import Path

_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)
SQL_DIRECTORY = Path(__file__).parent / "sql"


@cache
def queries(file: str) -> dict[str, str]:
    """The statements of `sql/<file>.sql` by name, and what features add in `<feature>_<file>.sql`.

    Raises ValueError when a name is there twice.
    """
    statements: dict[str, str] = {}
    for path in (SQL_DIRECTORY / f"{file}.sql", *sorted(SQL_DIRECTORY.glob(f"*_{file}.sql"))):
        parts = _NAME.split(path.read_text(encoding="utf-8"))[1:]
        for name, body in zip(parts[::2], parts[1::2], strict=True):
            if name in statements:
                raise ValueError(f"{path.name}: {name} is there twice")
            statements[name] = body.strip()
    return statements
