"""Who bought, learnt from the entries of accounts."""

from typing import Any, Final

from gateway.ground.sql.books import unreachable_is_unavailable
from gateway.ground.sql.declared import Statement, Statements

ENTRIES_MAX: Final = 10_000  # in one transaction, which keeps orders for newcomers waiting


class SQL(Statements, file="orders/buyers"):
    """Learning ahead."""

    behind: Statement[[], int]
    learn: Statement[[int, int], bool]


class BuyerStore:
    """The buyers of partners that sell to newcomers."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool

    async def learn(self) -> None:
        """Learn all that there is now, piece by piece."""
        with unreachable_is_unavailable():
            for partner_id in await SQL.behind.all(self._pool):
                while not await SQL.learn.only(self._pool, partner_id, ENTRIES_MAX):
                    pass
