"""Turns order lines and their claimed runs into the columns of one commit. Pure.

Columns travel as array literals in text, made by the native core: encoding them element by
element cost more than all else a line needs here. A column without any value travels empty;
to SQL that is NULL in every line.
"""

from collections.abc import Sequence
from typing import Final

from gateway.domain.commit import CommitRequest
from gateway.flows.line import Line
from gateway.native import array_literals, claimed_literals

# Where the columns are found in a line, in the order of SQL's parameters.
_BEFORE_FIRST: Final = (
    "partner_id", "order_id", "out_order_no", "content_hash", "sku.id", "quantity",
    "amount_minor", "sku.pool_id",
)  # fmt: skip
_AFTER_FIRST: Final = (
    "account", "metadata", "details", "buyer_id", "limit", "notify", "notify_url",
    "attempt.attempt_id", "attempt.upstream_id", "attempt.product_id", "attempt.cost_max_minor",
    "attempt.face_minor",
)  # fmt: skip
_WINDOWS: Final = ("opens_at", "closes_at")
_PATHS: Final = _BEFORE_FIRST + _AFTER_FIRST + _WINDOWS


def commit_request(lines: Sequence[Line]) -> CommitRequest:
    """The columns for `lines`, whose ids and runs are set. Lease columns name each lease once."""
    columns = array_literals(lines, _PATHS)
    first, *claimed = claimed_literals([line.runs for line in lines])
    at, end = len(_BEFORE_FIRST), len(_BEFORE_FIRST) + len(_AFTER_FIRST)
    return CommitRequest(
        lines=(*columns[:at], first, *columns[at:end]),
        claimed=tuple(claimed),
        windows=tuple(columns[end:]),
    )
