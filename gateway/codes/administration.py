"""What its actions and views ask, statement by statement."""

from datetime import datetime
from typing import TypedDict

from gateway.ground.sql.declared import Row, Statement, Statements


class CodeStats(TypedDict):
    """Where the codes of a pool are."""

    imported: int
    delivered: int
    free: int
    leased: int
    held: int
    in_doubt: int
    expired: int
    void: int


class TracedBatch(TypedDict):
    """A batch as the log of changes has it; `lo` is its first number in the pool."""

    id: str
    pool_id: str
    kind: str
    state: str
    source: str
    lo: int
    imported: int
    duplicates: int
    rejected: int
    lines_done: int
    bytes_done: int
    created_at: datetime
    completed_at: datetime | None
    expiring: bool


class Released(TypedDict):
    """How many codes are on sale again, and how many are still kept off."""

    released: int
    withheld: int


class SQL(Statements, file="codes/administration"):
    """Asked within an operator's transaction."""

    pool_of_codes: Statement[[str], int]
    code_stats: Statement[[str], CodeStats]
    list_batches: Statement[[str | None, str | None, str | None, int], Row]
    trace_batch: Statement[[int], TracedBatch]
    release_codes: Statement[[int, int], Released]
