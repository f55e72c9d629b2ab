"""What its actions and views ask, statement by statement."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict

from gateway.ground.sql.declared import Row, Statement, Statements


class ShownApproval(TypedDict):
    """A request and what became of it."""

    id: str
    action: str
    permission: str
    subject: str
    summary: str
    parameters: str
    parameters_sha256: str
    requested_by: str
    reason: str | None
    state: str
    requested_at: datetime
    expires_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    decision_reason: str | None
    result: str | None
    redeemed_at: datetime | None


class LockedApproval(TypedDict):
    """A request that is being decided, or used up."""

    id: int
    action: str
    permission: str
    subject: str
    summary: str
    parameters: str
    parameters_sha256: str
    requested_by: str
    requester_person: str
    requester_hands: Sequence[str]
    requested_from: str
    how: str
    reason: str | None
    state: str
    requested_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    redeemed: bool
    is_over: bool
    is_fresh: bool | None
    at: datetime


class SQL(Statements, file="approvals/administration"):
    """Asked within an operator's transaction."""

    waiting_of: Statement[[str, int], int]
    waiting_for: Statement[[str, Sequence[str], int], int]
    lock_requester: Statement[[str], None]
    waits_to_make: Statement[[str, str], str]
    same_waiting: Statement[[str, str, str], int]
    insert_approval: Statement[
        [str, str, str, str, str, str, str, str, str, str | None, float, Sequence[str]], int
    ]
    show_approval: Statement[[int], ShownApproval]
    list_approvals: Statement[[str | None, bool, str | None, int, str], Row]
    lock_approval: Statement[[int, float], LockedApproval]
    expire_approval: Statement[[int], int]
    decide_approval: Statement[
        [int, str, str, str, str, str | None, str | None, Sequence[str]], int
    ]
    redeem_approval: Statement[[int], int]
    trace_approval: Statement[[int], Row]
    done_before: Statement[[str, str, datetime], int]
