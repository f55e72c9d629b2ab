"""What operators see of entries, statement by statement."""

from datetime import datetime
from typing import TypedDict

from gateway.ground.sql.declared import Row, Statement, Statements


class ListedEntry(TypedDict):
    """A movement of money, as the list has it."""

    entry: str
    partner: str
    kind: str
    amount: int
    balance_after: int
    order_no: str | None
    reference: str | None
    created_at: datetime


class SQL(Statements, file="ledger/entry_administration"):
    """Asked within an operator's transaction."""

    list_entries: Statement[[str | None, str | None, int | None, int], Row]
    entries_of_kind: Statement[[str | None, str | None, int | None, int, str], ListedEntry]
