"""What the portal asks of money, statement by statement; each takes the partner first."""

from datetime import datetime
from typing import TypedDict

from gateway.ground.sql.declared import Row, Statement, Statements


class PortalEntry(TypedDict):
    """One movement of money."""

    entry: str
    kind: str
    amount: int
    balance_after: int
    currency: str
    order_no: str | None
    reference: str | None
    created_at: datetime


class SQL(Statements, file="ledger/portal_administration"):
    """Asked within the transaction of whoever looks."""

    portal_entries: Statement[[int, int | None, int], Row]
    portal_entries_of_kind: Statement[[int, int | None, int, str], PortalEntry]
