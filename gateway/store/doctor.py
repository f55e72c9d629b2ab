"""What the database says of itself, for the doctor. Changes nothing, not even the schema."""

import time
from typing import Any

from gateway.domain.health import DatabaseFacts
from gateway.store.books import unreachable_is_unavailable
from gateway.store.database import Database
from gateway.store.migrate import MIGRATIONS
from gateway.store.named_sql import queries


async def read_upstreams(database: Database) -> list[tuple[str, str]]:
    """(name, connector) of every upstream; none before there is a schema."""
    sql = queries("doctor")
    with unreachable_is_unavailable():
        async with database.pool.acquire() as connection:
            if not await connection.fetchval(sql["has_upstreams"]):
                return []
            return [
                (row["name"], row["connector"]) for row in await connection.fetch(sql["upstreams"])
            ]


async def read_database_facts(database: Database) -> DatabaseFacts:
    """Version, durability, clock and migrations. Raises StoreUnavailableError."""
    sql = queries("doctor")
    with unreachable_is_unavailable():
        async with database.pool.acquire() as connection:
            settings = await connection.fetchrow(sql["settings"])
            migrated = bool(await connection.fetchval(sql["has_migrations"]))
            rows = await connection.fetch(sql["migrations"]) if migrated else []
            skew_s = await _skew(connection, sql["clock"])
            secrets = await _holds_secrets(connection) if rows else False
            rules = await connection.fetch(sql["account_rules"]) if rows else []
    known, ours = (
        {row["name"] for row in rows},
        {path.stem for path in MIGRATIONS.glob("[0-9]*.sql")},
    )
    return DatabaseFacts(
        embedded=database.embedded is not None,
        version=settings["version"],
        encoding=settings["encoding"],
        unsafe_settings=tuple(settings["unsafe"]),
        is_replica=settings["is_replica"],
        migrations_missing=len(ours - known),
        migrations_newer=max(known - ours, default=None),
        skew_s=skew_s,
        connections_max=settings["connections_max"],
        holds_secrets=secrets,
        account_rules=tuple((row["sku"], row["account_rule"]) for row in rules),
    )


async def _skew(connection: Any, statement: str) -> float:
    """The database's clock minus ours, at the middle of the fastest of three round trips."""
    best: tuple[float, float] | None = None
    for _ in range(3):
        before = time.time()
        theirs = float(await connection.fetchval(statement))
        after = time.time()
        trip = (after - before, theirs - (before + after) / 2)
        best = trip if best is None else min(best, trip)
    assert best is not None
    return best[1]


async def _holds_secrets(connection: Any) -> bool:
    return bool(await connection.fetchval(queries("administration")["holds_secrets"]))
