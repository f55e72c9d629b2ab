"""Turns order lines and their claimed runs into the columns of one commit. Pure.

Columns travel as array literals in text, made by the native core: encoding them element by
element cost more than all else a line needs here. A column without any value travels empty;
to SQL that is NULL in every line.
"""

from collections.abc import Sequence
from typing import Final

from gateway.ground.native import array_literals, claimed_literals
from gateway.orders.commit import LINE_COLUMNS, CommitRequest
from gateway.orders.line import Line

_PATHS: Final = tuple(column.path for column in LINE_COLUMNS)


def commit_request(lines: Sequence[Line]) -> CommitRequest:
    """The columns for `lines`, whose ids and runs are set. Lease columns name each lease once."""
    return CommitRequest(
        lines=array_literals(lines, _PATHS),
        claimed=claimed_literals([line.runs for line in lines]),
        size=len(lines),
    )
