"""Loads `sql/*.sql`: each statement stands under a `-- name: …` line, with a sentence about it."""

import re
from functools import cache
from pathlib import Path

_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)
SQL_DIRECTORY = Path(__file__).parent / "sql"


@cache
def queries(file: str) -> dict[str, str]:
    """The statements of `sql/<file>.sql` by name."""
    text = (SQL_DIRECTORY / f"{file}.sql").read_text(encoding="utf-8")
    parts = _NAME.split(text)[1:]
    return dict(zip(parts[::2], (body.strip() for body in parts[1::2]), strict=True))
