"""Turns order lines and their claimed runs into the columns of one commit. Pure.

Columns travel as array literals in text, made by the native core: encoding them element by
element cost more than all else a line needs here. A column without any value travels empty;
to SQL that is NULL in every line.
"""

from collections.abc import Sequence
from typing import Final

from gateway.ground.native import array_literals, claimed_literals
from gateway.orders.commit import ASKED_COLUMNS, LINE_COLUMNS, CommitRequest
from gateway.orders.line import Line
from gateway.quotas.counting import count

_PATHS: Final = tuple(column.path for column in LINE_COLUMNS)
_QUOTAS: Final = _PATHS.index("quotas")
_EMPTY: Final = "{}"
_NOTHING: Final = (_EMPTY,) * len(ASKED_COLUMNS)


def commit_request(lines: Sequence[Line]) -> CommitRequest:
    """The columns for `lines`, whose ids and runs are set. Lease columns name each lease once."""
    columns = array_literals(lines, _PATHS)
    return CommitRequest(
        lines=columns,
        asked=_NOTHING
        if columns[_QUOTAS] == _EMPTY
        else asked_columns([line.quotas for line in lines], [line.quantity for line in lines]),
        claimed=claimed_literals([line.runs for line in lines]),
        size=len(lines),
    )


def asked_columns(quotas: Sequence[str | None], units: Sequence[int]) -> Sequence[str]:
    """ASKED_COLUMNS of lines that ask this of quotas (quotas.rules.asks), for so many units."""
    asked = count(quotas, units)
    counts = array_literals(asked.counts, ("quota", "subject", "wanted"))
    return (*counts, _integers(asked.lines), _integers(asked.places))


def _integers(values: Sequence[int]) -> str:
    return f"{{{','.join(map(str, values))}}}"
