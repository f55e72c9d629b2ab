"""What the database says of itself, for the doctor. Changes nothing, not even the schema."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gateway.ground.config import Config
from gateway.ground.sql.books import unreachable_is_unavailable
from gateway.ground.sql.database import Database
from gateway.ground.sql.declared import Statement, Statements
from gateway.ground.sql.migrate import migrations
from gateway.ground.sql.pools import connections_needed
from gateway.ground.sql.preparing import GATEWAY_ROLE
from gateway.ground.sql.rights import differing_rights, powers_of, role_statements
from gateway.ground.vault import holds_secrets
from gateway.health.look_at_replica import look_at_replica
from gateway.health.rules import DatabaseFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """How the server is set; `unsafe` are settings that may lose what it acknowledged."""

    version: int
    encoding: str
    unsafe: Sequence[str]
    is_replica: bool
    connections_max: int
    connections_reserved: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleOfSku:
    """A SKU on sale, and what its accounts must look like."""

    sku: str
    account_rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorOf:
    """An upstream, and what speaks to it."""

    name: str
    connector: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CodesOfPool:
    """So many codes of a pool."""

    pool: str
    codes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Safety:
    """What would be lost with this machine, and whether anything is sold."""

    sales_closed: bool
    backup_age_s: float | None
    waits_for: str
    follower_is_here: bool


class SQL(Statements, file="health/queries"):
    """What the doctor asks."""

    settings: Statement[[], Server]
    clock: Statement[[], float]
    has_migrations: Statement[[], bool]
    migrations: Statement[[], str]
    account_rules: Statement[[], RuleOfSku]
    has_upstreams: Statement[[], bool]
    upstreams: Statement[[], ConnectorOf]
    expiry_unread: Statement[[], CodesOfPool]
    expiring: Statement[[], CodesOfPool]
    operators: Statement[[], int]
    safety: Statement[[], Safety]


async def read_upstreams(database: Database) -> list[tuple[str, str]]:
    """(name, connector) of every upstream; none before there is a schema."""
    with unreachable_is_unavailable():
        async with database.pool.acquire() as connection:
            if not await SQL.has_upstreams.only(connection):
                return []
            return [(row.name, row.connector) for row in await SQL.upstreams.all(connection)]


async def read_database_facts(database: Database, config: Config) -> DatabaseFacts:
    """Version, durability, clock and migrations. Raises StoreUnavailableError."""
    with unreachable_is_unavailable():
        async with database.pool.acquire() as connection:
            settings = await SQL.settings.only(connection)
            migrated = await SQL.has_migrations.only(connection)
            names = await SQL.migrations.all(connection) if migrated else []
            skew_s = await _skew(connection)
            secrets = await holds_secrets(connection) if names else False
            rules = await SQL.account_rules.all(connection) if names else []
            known = set(names)
            expiring = await _of_expiry(connection, SQL.expiring, known)
            safe = await SQL.safety.only(connection) if "0302_backups" in known else None
            people = await SQL.operators.only(connection) if "0310_operators" in known else 0
            unread = await _of_expiry(connection, SQL.expiry_unread, known)
            role = await connection.fetchval("SELECT current_user::text")
            faults = await _role_faults(connection, role) if names else []
            name = await connection.fetchval("SELECT current_database()::text")
            replica = None if settings.is_replica else await look_at_replica(config, connection)
    ours = set(migrations())
    return DatabaseFacts(
        embedded=database.embedded is not None,
        version=settings.version,
        encoding=settings.encoding,
        unsafe_settings=tuple(settings.unsafe),
        is_replica=settings.is_replica,
        migrations_missing=len(ours - known),
        migrations_newer=max(known - ours, default=None),
        skew_s=skew_s,
        connections_max=settings.connections_max - settings.connections_reserved,
        connections_reserved=settings.connections_reserved,
        connections_needed=connections_needed(config),
        holds_secrets=secrets,
        account_rules=tuple((row.sku, row.account_rule) for row in rules),
        expiring=expiring,
        expiry_unread=unread,
        sales_closed=safe is not None and safe.sales_closed,
        backup_age_s=None if safe is None else safe.backup_age_s,
        # Of others' standbys (Patroni's …) their own tools tell.
        follower_missing=safe is not None
        and safe.waits_for.startswith('"quangate_')
        and not safe.follower_is_here,
        operators=people,
        replica=replica,
        role=role,
        role_faults=tuple(faults),
        role_fix="\n".join(role_statements(GATEWAY_ROLE, name)),
    )


async def _of_expiry(
    connection: Any, statement: Statement[[], CodesOfPool], applied: set[str]
) -> tuple[tuple[str, int], ...]:
    """(pool, codes) that a statement counts; none before the database knows expiries."""
    if "0150_expiry" not in applied:
        return ()
    rows = await statement.all(connection)
    return tuple((row.pool, row.codes) for row in rows)


async def _role_faults(connection: Any, role: str) -> list[str]:
    """Powers first: to whom they belong, every right belongs."""
    return await powers_of(connection, role) or await differing_rights(connection, role)


async def _skew(connection: Any) -> float:
    """The database's clock minus ours, at the middle of the fastest of three round trips."""
    best: tuple[float, float] | None = None
    for _ in range(3):
        before = time.time()
        theirs = await SQL.clock.only(connection)
        after = time.time()
        trip = (after - before, theirs - (before + after) / 2)
        best = trip if best is None else min(best, trip)
    assert best is not None
    return best[1]
