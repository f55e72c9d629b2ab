"""Requests for approval as people see them."""

from collections.abc import Sequence
from typing import Any

import msgspec

from gateway.approvals.administration import SQL
from gateway.ground.desk.port import Row, Transaction, not_found


def read_approval_no(text: str) -> int:
    """The number of a request. What none can have is 0, which none has."""
    known = text.isascii() and text.isdecimal() and len(text) < 19
    return int(text) if known else 0


async def show_approval(db: Transaction, approval: str) -> dict[str, Any]:
    """One of them, with what exactly will be done, or was."""
    row = await SQL.show_approval.one(db, read_approval_no(approval))
    if row is None:
        raise not_found("approval", approval)
    result = row["result"]
    return {
        **row,
        "parameters": msgspec.json.decode(row["parameters"]),
        "result": None if result is None else msgspec.json.decode(result),
    }


async def list_approvals(
    db: Transaction, *, state: str | None, mine: bool, cursor: str | None, limit: int, person: str
) -> Sequence[Row]:
    """The newest first; `mine`: only those that `person` asked for."""
    return await SQL.list_approvals.all(db, state, mine, cursor, limit, person)
