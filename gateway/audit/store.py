"""One snapshot of the database for the audit: read only, repeatable, and in no hurry."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from gateway.audit.anchor import Reading
from gateway.audit.anchor_store import differences
from gateway.audit.rules import Problems
from gateway.audit.since import cut
from gateway.ground.sql.books import unreachable_is_unavailable
from gateway.ground.sql.database import Database
from gateway.ground.sql.named_sql import queries_of_all
from gateway.orders.rules import OrderContent

CONTENT = "i5_content_changed"
STATEMENT_TIMEOUT_S = 3600.0  # a statement goes over whole tables; an hour is for billions of rows


class AuditSnapshot:
    """The `Snapshot` port over one transaction; with `since`, only what changed from then on."""

    def __init__(self, connection: Any, since: datetime | None = None) -> None:
        self._connection = connection
        self._statements = queries_of_all("checks")
        self.since = since

    def is_whole(self, statement: str) -> bool:
        """Whether it looks at everything there is, for it cannot be cut by time."""
        return self.since is None or cut(statement) is None

    async def problems(self, statement: str, samples_max: int) -> Problems:
        """The rows that break a rule: how many, and what the first of them say."""
        if statement == CONTENT:
            return await self._changed_contents(samples_max)
        sql, values = self._cut(statement)
        rows = await self._connection.fetch(
            "SELECT problem, count(*) OVER () AS total FROM ("  # noqa: S608  a statement of ours
            f"{sql}\n) AS broken ORDER BY problem LIMIT {int(samples_max)}",
            *values,
            timeout=STATEMENT_TIMEOUT_S,
        )
        total = rows[0]["total"] if rows else 0
        return Problems(total=total, samples=[row["problem"] for row in rows])

    def _cut(self, statement: str) -> tuple[str, list[datetime]]:
        """A statement and its parameters."""
        if self.since is None or (sql := cut(statement)) is None:
            return self._statements[statement], []
        return sql, [self.since]

    async def _changed_contents(self, samples_max: int) -> Problems:
        """Orders whose row does not say what was accepted: it would replay to somebody else."""
        total = 0
        samples: list[str] = []
        sql, values = self._cut(CONTENT)
        async for row in self._connection.cursor(sql, *values, prefetch=5_000):
            if not _is_as_accepted(row):
                total += 1
                if len(samples) < samples_max:
                    samples.append(f"order {row['id']}: its content is not the one it accepted")
        return Problems(total=total, samples=samples)

    async def differences(self, reading: Reading) -> list[str]:
        """Where this snapshot is not what was written down outside, a sentence each."""
        return await differences(self._connection, reading)

    async def scope(self) -> Mapping[str, int]:
        """How many rows of each kind there are."""
        row = await self._connection.fetchrow(
            self._statements["scope"], timeout=STATEMENT_TIMEOUT_S
        )
        return dict(row)


def _is_as_accepted(row: Mapping[str, Any]) -> bool:
    """The digest of what is stored is the one the order was accepted with.

    An account that came with bought codes is not stored: then nothing can be said.
    """
    if row["sku"] is None:
        return False
    names = ("out_order_no", "sku", "quantity", "account", "metadata", "details")
    try:
        content = OrderContent.stored(**{name: row[name] for name in names})
    except (ValueError, TypeError):
        return False
    return content.digest() == row["content_hash"] or (row["bought"] and row["account"] is None)


async def note_run(database: Database, *, ok: bool, failed: str) -> None:
    """Keep what an audit found, so that a running gateway tells it; `failed` is JSON."""
    with unreachable_is_unavailable():
        await database.pool.execute(queries_of_all("checks")["note_run"], ok, failed)


@asynccontextmanager
async def audit_snapshot(
    database: Database, since: datetime | None = None
) -> AsyncIterator[AuditSnapshot]:
    """A snapshot that nothing disturbs and that disturbs nobody."""
    with unreachable_is_unavailable():
        async with (
            database.pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            await connection.execute("SET LOCAL work_mem = '64MB'")
            yield AuditSnapshot(connection, since)
