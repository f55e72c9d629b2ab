"""Runs the named statements of all `administration.sql` in one transaction."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from gateway.ground.desk.refusal import refused
from gateway.ground.errors import RolledBackError
from gateway.ground.sql.books import PROVE, unreachable_is_unavailable
from gateway.ground.sql.database import Database
from gateway.ground.sql.named_sql import queries_of_all

LOCK_TIMEOUT_MS = 10_000  # an administrative change waits this long for a running commit


# Writes a change down in the transaction of what was done: its statements, and what there is then.
Note = Callable[["AdministrationStatements", Mapping[str, Any]], Awaitable[None]]


class AdministrationStatements:
    """The `Statements` port over one connection; rows come back as plain mappings."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self._statements = queries_of_all("administration")

    async def one(self, name: str, *values: Any) -> Mapping[str, Any] | None:
        """The first row, or None."""
        row = await self.connection.fetchrow(self._statements[name], *values)
        return None if row is None else dict(row)

    async def all(self, name: str, *values: Any) -> Sequence[Mapping[str, Any]]:
        """Every row."""
        return [dict(row) for row in await self.connection.fetch(self._statements[name], *values)]


@asynccontextmanager
async def administration(
    database: Database, *, read_only: bool = False
) -> AsyncIterator[AdministrationStatements]:
    """One administrative transaction: everything inside takes effect together, or nothing does."""
    with unreachable_is_unavailable():
        async with database.pool.acquire() as connection:
            try:
                async with connection.transaction(readonly=read_only):
                    await connection.execute(f"SET LOCAL lock_timeout = {LOCK_TIMEOUT_MS}")
                    yield AdministrationStatements(connection)
                    if not read_only:
                        await connection.execute(PROVE)
            except (asyncpg.SerializationError, asyncpg.DeadlockDetectedError) as error:
                raise RolledBackError from error
            except asyncpg.LockNotAvailableError:
                raise refused("busy", "busy") from None
