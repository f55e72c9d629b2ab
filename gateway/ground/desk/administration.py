"""What every action and view asks, statement by statement, and the transaction they run on."""

from collections.abc import Sequence
from typing import Any, Protocol, TypedDict

from gateway.ground.sql.declared import Statement, Statements


class Transaction(Protocol):
    """An operator's open transaction, on which declared statements run; see statements.py."""

    async def fetch(self, text: str, *values: Any) -> Sequence[Any]:
        """Every record."""

    async def fetchrow(self, text: str, *values: Any) -> Any:
        """The first record, or None."""

    async def execute(self, text: str, *values: Any) -> Any:
        """Whatever records there are, nobody looks at them."""


class Newest(TypedDict):
    """The version of a row: the number of the newest change of it."""

    subject: str
    version: str


class KnownRequest(TypedDict):
    """What was answered to a key; a status of None: it is not over. `died`: nor will it be."""

    content: bytes
    status: int | None
    answer: str | None
    change_id: str | None
    died: bool | None


class SQL(Statements, file="ground/desk/administration"):
    """Whatever the feature."""

    partner_by_name: Statement[[str], int]
    by_index: Statement[[], str]
    by_bitmap: Statement[[str], str]
    record_change: Statement[
        [str, str, str, str, str | None, str | None, str | None, str, str], int
    ]
    newest_changes: Statement[[Sequence[str], str], Newest]
    begin_request: Statement[[int, str, str, bytes, float | None], int]
    known_request: Statement[[int, str, str], KnownRequest]
    live_request: Statement[[int, str, str, int, float], int]
    note_request: Statement[[int, str, str, int], int]
    end_request: Statement[[int, str, str, int, int, str], int]
    forget_request: Statement[[int, str, str, int], int]
    forget_old_requests: Statement[[], None]
