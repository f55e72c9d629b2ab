"""One snapshot of the database for the audit: read only, repeatable, and in no hurry."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from gateway.domain.audit import Problems
from gateway.store.books import unreachable_is_unavailable
from gateway.store.database import Database
from gateway.store.named_sql import queries

STATEMENT_TIMEOUT_S = 3600.0  # a statement goes over whole tables; an hour is for billions of rows


class AuditSnapshot:
    """The `Snapshot` port over one transaction."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._statements = queries("audit")

    async def problems(self, statement: str, samples_max: int) -> Problems:
        """The rows that break a rule: how many, and what the first of them say."""
        rows = await self._connection.fetch(
            "SELECT problem, count(*) OVER () AS total FROM ("  # noqa: S608  a statement of ours
            f"{self._statements[statement]}\n) AS broken ORDER BY problem LIMIT $1",
            samples_max,
            timeout=STATEMENT_TIMEOUT_S,
        )
        total = rows[0]["total"] if rows else 0
        return Problems(total=total, samples=[row["problem"] for row in rows])

    async def scope(self) -> Mapping[str, int]:
        """How many rows of each kind there are."""
        row = await self._connection.fetchrow(
            self._statements["scope"], timeout=STATEMENT_TIMEOUT_S
        )
        return dict(row)


@asynccontextmanager
async def audit_snapshot(database: Database) -> AsyncIterator[AuditSnapshot]:
    """A snapshot that nothing disturbs and that disturbs nobody."""
    with unreachable_is_unavailable():
        async with (
            database.pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            await connection.execute("SET LOCAL work_mem = '64MB'")
            yield AuditSnapshot(connection)
