"""Columns of a group as SQL's functions take them."""

from collections.abc import Iterable, Sequence
from typing import Any


def given(columns: Iterable[Sequence[Any]]) -> list[Sequence[Any]]:
    """The columns, but one without any value travels empty: SQL finds NULL in it everywhere.

    asyncpg spends as long on a NULL as on a number.
    """
    return [column if any(value is not None for value in column) else () for column in columns]
