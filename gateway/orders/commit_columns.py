"""Turns order lines and their claimed runs into the columns of one commit. Pure.

Columns travel as array literals in text, made by the native core: encoding them element by
element cost more than all else a line needs here. A column without any value travels empty;
to SQL that is NULL in every line.
"""

from collections.abc import Sequence
from typing import Final

from gateway.ground.native import array_literals, claimed_literals
from gateway.orders.commit import ASKED_COLUMNS, LINE_COLUMNS, PLAIN_COLUMNS, CommitRequest
from gateway.orders.line import Line
from gateway.orders.plain_batch import PlainBatch
from gateway.quotas.counting import count

_PATHS: Final = tuple(column.path for column in LINE_COLUMNS)
_QUOTAS: Final = _PATHS.index("quotas")
_EMPTY: Final = "{}"
# Columns that are empty where all lines are plain.
_UNUSUAL: Final = tuple(
    place
    for place, column in enumerate(LINE_COLUMNS)
    if column.name not in {"p_partner", "p_quantity", *PLAIN_COLUMNS}
)
_NOTHING: Final = (_EMPTY,) * len(ASKED_COLUMNS)


def commit_request(items: Sequence[Line | PlainBatch]) -> CommitRequest:
    """The columns for these, whose ids and runs are set. Lease columns name each lease once."""
    columns = array_literals(
        [item.lines if isinstance(item, PlainBatch) else item for item in items], _PATHS
    )
    return CommitRequest(
        lines=columns,
        asked=_NOTHING if columns[_QUOTAS] == _EMPTY else asked_columns(*_asks(items)),
        claimed=claimed_literals(
            [item.lines if isinstance(item, PlainBatch) else item.runs for item in items]
        ),
        size=size_of(items),
        plain_of=_plain_of(items, columns),
    )


def _plain_of(items: Sequence[Line | PlainBatch], columns: Sequence[str]) -> int | None:
    """The partner whose lines all are, each of one code, with nothing unusual about them."""
    if any(columns[place] != _EMPTY for place in _UNUSUAL):
        return None
    partner_id = items[0].partner_id
    for item in items:
        orders = len(item.lines) if isinstance(item, PlainBatch) else 1
        if item.quantity != orders or item.partner_id != partner_id:
            return None
    return partner_id


def size_of(items: Sequence[Line | PlainBatch]) -> int:
    """How many lines these are."""
    return sum(len(item.lines) if isinstance(item, PlainBatch) else 1 for item in items)


def _asks(items: Sequence[Line | PlainBatch]) -> tuple[list[str | None], list[int]]:
    """What each line asks of quotas, and for how many units."""
    quotas: list[str | None] = []
    units: list[int] = []
    for item in items:
        if isinstance(item, PlainBatch):
            asked, wanted = item.lines.asks()
            quotas += asked
            units += wanted
        else:
            quotas.append(item.quotas)
            units.append(item.quantity)
    return quotas, units


def asked_columns(quotas: Sequence[str | None], units: Sequence[int]) -> Sequence[str]:
    """ASKED_COLUMNS of lines that ask this of quotas (quotas.rules.asks), for so many units."""
    asked = count(quotas, units)
    counts = array_literals(asked.counts, ("quota", "subject", "wanted"))
    return (*counts, _integers(asked.lines), _integers(asked.places))


def _integers(values: Sequence[int]) -> str:
    return f"{{{','.join(map(str, values))}}}"
