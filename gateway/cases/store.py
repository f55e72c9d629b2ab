"""A partner's cases in PostgreSQL: opened, withdrawn, read."""

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.cases.asked import CaseAsked
from gateway.cases.decide import withdraw
from gateway.cases.open_case import Opened, open_case
from gateway.cases.rules import PARTNER
from gateway.ground.native import Vault
from gateway.ground.sql.books import again, unreachable_is_unavailable
from gateway.ground.sql.declared import Statement, Statements
from gateway.ground.sql.pools import BoundedPool


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRow:
    """A case of a list; `told` is its JSON."""

    id: int
    told: str


class SQL(Statements, file="cases/queries"):
    """A partner's cases."""

    case: Statement[[int, int], str]
    page: Statement[[int, int, int | None, str | None, int], CaseRow]


class CaseStore:
    """Cases, over the connections of whom it is for."""

    def __init__(self, pool: BoundedPool, vault: Vault) -> None:
        self._pool = pool
        self._vault = vault

    async def open(self, partner_id: int, order_id: int, asked: CaseAsked) -> Opened:
        """Open a case, or find the one of that number; in one transaction. Raises RefusedError."""

        async def work() -> Opened:
            async with self._pool.of(partner_id).acquire() as db, db.transaction():
                return await open_case(
                    db,
                    order_id,
                    asked,
                    partner_id=partner_id,
                    opened_by=PARTNER,
                    vault=self._vault,
                )

        with unreachable_is_unavailable():
            return await again(work)

    async def withdraw(self, partner_id: int, case_id: int) -> bool:
        """Take one back; False: it is decided already. Raises RefusedError: there is none."""

        async def work() -> bool:
            async with self._pool.of(partner_id).acquire() as db, db.transaction():
                return await withdraw(db, partner_id, case_id)

        with unreachable_is_unavailable():
            return await again(work)

    async def case(self, partner_id: int, case_id: int) -> bytes | None:
        """A case as JSON."""
        with unreachable_is_unavailable():
            told = await SQL.case.one(self._pool.of(partner_id), partner_id, case_id)
        return None if told is None else told.encode()

    async def page(
        self, partner_id: int, *, before: int, order_id: int | None, state: str | None, limit: int
    ) -> Sequence[CaseRow]:
        """Cases, newest first."""
        with unreachable_is_unavailable():
            return await SQL.page.all(
                self._pool.of(partner_id), partner_id, before, order_id, state, limit
            )
