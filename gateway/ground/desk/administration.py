"""What every action and view asks, statement by statement, and the transaction they run on."""

from collections.abc import Sequence
from typing import Any, Protocol

from gateway.ground.sql.declared import Statement, Statements


class Transaction(Protocol):
    """An operator's open transaction, on which declared statements run; see statements.py."""

    async def fetch(self, text: str, *values: Any) -> Sequence[Any]:
        """Every record."""

    async def fetchrow(self, text: str, *values: Any) -> Any:
        """The first record, or None."""

    async def execute(self, text: str, *values: Any) -> Any:
        """Whatever records there are, nobody looks at them."""


class SQL(Statements, file="ground/desk/administration"):
    """Whatever the feature."""

    partner_by_name: Statement[[str], int]
    by_index: Statement[[], str]
    record_change: Statement[
        [str, str, str, str, str | None, str | None, str | None, str, str], int
    ]
