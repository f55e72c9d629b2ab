"""Opens the one transaction that an operator's statements run on."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from gateway.ground.desk.administration import Transaction
from gateway.ground.desk.refusal import refused
from gateway.ground.errors import RolledBackError
from gateway.ground.sql.books import PROVE, unreachable_is_unavailable
from gateway.ground.sql.database import Database

LOCK_TIMEOUT_MS = 10_000  # an administrative change waits this long for a running commit


# Writes a change down in the transaction of what was done: its statements, and what there is then.
Note = Callable[[Transaction, Mapping[str, Any]], Awaitable[None]]


@asynccontextmanager
async def administration(
    database: Database, *, read_only: bool = False, deadline_ms: int = 0
) -> AsyncIterator[Transaction]:
    """One administrative transaction: everything inside takes effect together, or nothing does.

    `deadline_ms`: how long a statement may take; 0: as long as it likes.
    """
    with unreachable_is_unavailable():
        async with database.pool.acquire() as connection:
            try:
                async with connection.transaction(readonly=read_only):
                    await connection.execute(
                        f"SET LOCAL lock_timeout = {LOCK_TIMEOUT_MS};"
                        f"SET LOCAL statement_timeout = {deadline_ms}"
                    )
                    yield connection
                    if not read_only:
                        await connection.execute(PROVE)
            except (asyncpg.SerializationError, asyncpg.DeadlockDetectedError) as error:
                raise RolledBackError from error
            except asyncpg.LockNotAvailableError:
                raise refused("busy", "busy") from None
