"""The owner's hand on a shop that was just restored."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from typing import Any

import asyncpg

from gateway.backup.rules import Note
from gateway.ground.config import Config
from gateway.ground.errors import StoreUnavailableError
from gateway.ground.sql.books import unreachable_is_unavailable
from gateway.ground.sql.connecting import connect
from gateway.ground.sql.database import prepare
from gateway.ground.sql.declared import Statement, Statements
from gateway.ground.sql.embedded import DATABASE_NAME, DATABASE_USER, EmbeddedServer


class SQL(Statements, file="backup/restoring"):
    """What is said to it."""

    last_commit: Statement[[], datetime]
    close_sales: Statement[[datetime | None, str], None]
    close_sales_once: Statement[[str], int]
    leave_lost_leases: Statement[[], int]
    doubt_unsent: Statement[[], int]
    role_is_there: Statement[[str], bool]
    collation: Statement[[], str]


class RestoringStore:
    """Over the embedded server of a staging."""

    def __init__(self, server: EmbeddedServer, config: Config) -> None:
        self._server = server
        self._config = config

    async def adopt(self, note: Note) -> None:
        """Give somebody else's server our user and our name of the database.

        Raises StoreUnavailableError when that cannot be.
        """
        with unreachable_is_unavailable():
            await self._on("template1", note.superuser, self._make_user)
            if note.database != DATABASE_NAME:
                await self._on("template1", DATABASE_USER, _renaming(note.database))
            await self._on(DATABASE_NAME, DATABASE_USER, _sort_anew)

    async def close_sales(self, source: str, fallback: datetime) -> datetime:
        """Migrate it, close all sales, doubt what may have happened since; up to when it is whole.

        `fallback`: when nothing was replayed that says so.
        """
        connection = await connect(self._server.dsn, self._config)
        try:
            with unreachable_is_unavailable():
                whole_to = await SQL.last_commit.one(connection) or fallback
            await prepare(self._config, self._server, quiet=True)
            with unreachable_is_unavailable():
                async with connection.transaction():
                    await SQL.close_sales.run(connection, whole_to, source)
                    await SQL.leave_lost_leases.run(connection)
                    await SQL.doubt_unsent.run(connection)
        finally:
            await connection.close()
        return whole_to

    async def _make_user(self, connection: Any) -> None:
        verb = "ALTER" if await SQL.role_is_there.one(connection, DATABASE_USER) else "CREATE"
        await connection.execute(f"{verb} ROLE {DATABASE_USER} SUPERUSER LOGIN")

    async def _on(self, database: str, role: str, act: Callable[[Any], Awaitable[None]]) -> None:
        try:
            connection = await asyncpg.connect(self._server.dsn_of(role, database))
        except asyncpg.PostgresError as error:
            raise StoreUnavailableError(f"{role} cannot enter the copy: {error}") from None
        try:
            await act(connection)
        finally:
            await connection.close()


def _renaming(name: str) -> Callable[[Any], Awaitable[None]]:
    async def rename(connection: Any) -> None:
        quoted = await connection.fetchval("SELECT quote_ident($1)", name)
        # Beside the one that held the shop there may be one of our name: it is not the shop.
        with suppress(asyncpg.InvalidCatalogNameError):
            await connection.execute(
                f"ALTER DATABASE {DATABASE_NAME} RENAME TO {DATABASE_NAME}_before"
            )
        await connection.execute(f"ALTER DATABASE {quoted} RENAME TO {DATABASE_NAME}")

    return rename


async def _sort_anew(connection: Any) -> None:
    """Indexes of texts go by the sorting of the machine that made them."""
    if await SQL.collation.only(connection) not in ("C", "POSIX"):
        await connection.execute(f"REINDEX DATABASE {DATABASE_NAME}", timeout=86_400)
        await connection.execute(f"ALTER DATABASE {DATABASE_NAME} REFRESH COLLATION VERSION")
