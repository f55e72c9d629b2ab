"""What the database says of itself, for the doctor. Changes nothing, not even the schema."""

import time
from typing import Any

from gateway.ground.config import Config
from gateway.ground.sql.books import unreachable_is_unavailable
from gateway.ground.sql.database import Database
from gateway.ground.sql.migrate import migrations
from gateway.ground.sql.named_sql import queries, queries_of_all
from gateway.ground.sql.pools import connections_needed
from gateway.ground.sql.preparing import GATEWAY_ROLE
from gateway.ground.sql.rights import differing_rights, powers_of, role_statements
from gateway.health.rules import DatabaseFacts


async def read_upstreams(database: Database) -> list[tuple[str, str]]:
    """(name, connector) of every upstream; none before there is a schema."""
    sql = queries("health/queries")
    with unreachable_is_unavailable():
        async with database.pool.acquire() as connection:
            if not await connection.fetchval(sql["has_upstreams"]):
                return []
            return [
                (row["name"], row["connector"]) for row in await connection.fetch(sql["upstreams"])
            ]


async def read_database_facts(database: Database, config: Config) -> DatabaseFacts:
    """Version, durability, clock and migrations. Raises StoreUnavailableError."""
    sql = queries("health/queries")
    with unreachable_is_unavailable():
        async with database.pool.acquire() as connection:
            settings = await connection.fetchrow(sql["settings"])
            migrated = bool(await connection.fetchval(sql["has_migrations"]))
            rows = await connection.fetch(sql["migrations"]) if migrated else []
            skew_s = await _skew(connection, sql["clock"])
            secrets = await _holds_secrets(connection) if rows else False
            rules = await connection.fetch(sql["account_rules"]) if rows else []
            applied = {row["name"] for row in rows}
            expiring = await _of_expiry(connection, "expiring", applied)
            unread = await _of_expiry(connection, "expiry_unread", applied)
            role = await connection.fetchval("SELECT current_user::text")
            faults = await _role_faults(connection, role) if rows else []
            name = await connection.fetchval("SELECT current_database()::text")
    known, ours = (
        {row["name"] for row in rows},
        set(migrations()),
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
        connections_max=settings["connections_max"] - settings["connections_reserved"],
        connections_reserved=settings["connections_reserved"],
        connections_needed=connections_needed(config),
        holds_secrets=secrets,
        account_rules=tuple((row["sku"], row["account_rule"]) for row in rules),
        expiring=expiring,
        expiry_unread=unread,
        role=role,
        role_faults=tuple(faults),
        role_fix="\n".join(role_statements(GATEWAY_ROLE, name)),
    )


async def _of_expiry(
    connection: Any, statement: str, applied: set[str]
) -> tuple[tuple[str, int], ...]:
    """(pool, codes) that a statement counts; none before the database knows expiries."""
    if "0150_expiry" not in applied:
        return ()
    rows = await connection.fetch(queries("health/queries")[statement])
    return tuple((row["pool"], row["codes"]) for row in rows)


async def _role_faults(connection: Any, role: str) -> list[str]:
    """Powers first: to whom they belong, every right belongs."""
    return await powers_of(connection, role) or await differing_rights(connection, role)


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
    return bool(await connection.fetchval(queries_of_all("administration")["holds_secrets"]))
