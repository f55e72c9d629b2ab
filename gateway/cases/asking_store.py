"""Cases that platforms are asked about, in PostgreSQL: the `Asking` of ask_upstreams.py."""

from collections.abc import Sequence

from gateway.cases.ask_upstreams import AskedCase
from gateway.ground.sql.books import again, unreachable_is_unavailable
from gateway.ground.sql.declared import Statement, Statements
from gateway.ground.sql.pools import BoundedPool


class SQL(Statements, file="cases/asking"):
    """Cases that a platform is to be asked about."""

    take: Statement[[], AskedCase]
    asked: Statement[[int, int, str], int]
    step: Statement[[int, int, str, str], None]
    tell: Statement[[int, int], None]
    overdue: Statement[[], AskedCase]


class AskingStore:
    """Over the connections for what runs behind."""

    def __init__(self, pool: BoundedPool) -> None:
        self._pool = pool

    async def take(self) -> Sequence[AskedCase]:
        """Cases to be asked about, the caller's for a minute."""
        with unreachable_is_unavailable():
            return await SQL.take.all(self._pool)

    async def asked(self, case: AskedCase, who: str, *, waits: bool, text: str) -> None:
        """Write down who asked; with `waits` it is the platform's turn."""

        async def work() -> None:
            async with self._pool.of(case.partner_id).acquire() as db, db.transaction():
                if await SQL.asked.one(db, case.partner_id, case.id, who) is None:
                    return
                state = "waiting_upstream" if waits else "acting"
                await SQL.step.run(db, case.partner_id, case.id, state, text)
                await SQL.tell.run(db, case.partner_id, case.id)

        with unreachable_is_unavailable():
            await again(work)

    async def give_up_waiting(self) -> int:
        """What platforms took too long for is a person's again; how many."""

        async def work() -> int:
            async with self._pool.acquire() as db, db.transaction():
                late = await SQL.overdue.all(db)
                for case in late:
                    text = "the platform did not answer in time"
                    await SQL.step.run(db, case.partner_id, case.id, "acting", text)
                    await SQL.tell.run(db, case.partner_id, case.id)
            return len(late)

        with unreachable_is_unavailable():
            return await again(work)
