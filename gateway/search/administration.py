"""Where a number leads, statement by statement."""

from collections.abc import Sequence
from typing import TypedDict
from uuid import UUID

from gateway.ground.sql.declared import Statement, Statements


class Found(TypedDict):
    """A row that has what was looked for."""

    noun: str
    name: str
    label: str


class FoundCode(TypedDict):
    """Where a code is."""

    fingerprint: UUID
    pool: str
    case_insensitive: bool
    ignore_spaces: bool
    batch: str
    seq: int | None
    order_no: str | None


class SQL(Statements, file="search/administration"):
    """Asked within an operator's transaction."""

    order_by_no: Statement[[int], Found]
    order_by_out_no: Statement[[str], Found]
    order_by_recipient: Statement[[str], Found]
    attempt_by_no: Statement[[int], Found]
    attempt_by_upstream_no: Statement[[str], Found]
    webhook_by_id: Statement[[int], Found]
    case_by_no: Statement[[int], Found]
    case_by_out_no: Statement[[str], Found]
    key_by_id: Statement[[str], Found]
    batch_by_id: Statement[[int], Found]
    operator_by_name: Statement[[str], Found]
    token_by_id: Statement[[str], Found]
    change_by_trace: Statement[[str], Found]
    by_name: Statement[[str], Found]
    code_by_fingerprint: Statement[[Sequence[UUID]], FoundCode]
    is_frozen: Statement[[str], bool]
    record_view: Statement[[int, str], None]
