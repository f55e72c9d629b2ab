"""Before the first order: the database is safe, migrated, and the gateway has a role of its own.

Two roles: the owner migrates; the gateway and the commands work under one that owns nothing
(`rights.py`). The embedded server has both from the start; a PostgreSQL of one's own gets them
by two URLs. With the owner's URL alone everything works as before, and the log says what that
costs.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final

import asyncpg
import structlog

from gateway.ground.errors import ConfigError
from gateway.ground.sql.migrate import (
    MIGRATION_LOCK,
    apply_migrations,
    is_up_to_date,
    retire_routines,
)
from gateway.ground.sql.rights import differing_rights, grant_rights, powers_of
from gateway.ground.sql.roles import SQL

log = structlog.get_logger()

GATEWAY_ROLE: Final = "quangate_gateway"  # the embedded server's; on your own: as you name it

DATABASE: Final = "SELECT current_database()"
CheckSafety = Callable[[Any], Awaitable[None]]


async def prepare_embedded(owner: Any, check_safety: CheckSafety) -> None:
    """Migrate the embedded database as its owner and give the gateway's role its rights.

    A directory of a release that knew one role only is upgraded in place. `owner` is an open
    connection.
    """
    await check_safety(owner)
    await apply_migrations(owner)
    await retire_routines(owner)
    await ensure_role(owner, GATEWAY_ROLE)
    await _grant(owner, GATEWAY_ROLE)


async def prepare_own(
    connection: Any, owner: Any | None, check_safety: CheckSafety, *, quiet: bool
) -> None:
    """Migrate a PostgreSQL of one's own: `connection` by the gateway's URL, `owner` by his.

    Without an owner's URL the gateway's own role migrates, if it can. Raises ConfigError.
    """
    await check_safety(connection)
    role = await connection.fetchval("SELECT current_user::text")
    if owner is not None:
        if await owner.fetchval(DATABASE) != await connection.fetchval(DATABASE):
            raise ConfigError(
                "QUANGATE_OWNER_URL names another database than QUANGATE_DATABASE_URL"
            )
        await apply_migrations(owner)
        await retire_routines(owner)
        if await owner.fetchval("SELECT current_user::text") != role:
            await _grant(owner, role)
    else:
        await _migrate_alone(connection, role)
    if not quiet and (weak := await powers_of(connection, role)):
        log.warning("database.one_role", role=role, why="; ".join(weak), see="quangate doctor")


async def _migrate_alone(connection: Any, role: str) -> None:
    try:
        if not await is_up_to_date(connection):
            await apply_migrations(connection)
        await retire_routines(connection)
    except (
        asyncpg.InsufficientPrivilegeError,
        asyncpg.InvalidSchemaNameError,  # the one schema named is not there, or not ours to use
        asyncpg.ReadOnlySQLTransactionError,
    ) as error:
        raise ConfigError(await _what_is_missing(connection, role, error)) from None


async def _what_is_missing(connection: Any, role: str, error: asyncpg.PostgresError) -> str:
    """Why the role cannot migrate, and what somebody who may has to run."""
    facts = await SQL.may_migrate.only(connection)
    if facts["recovers"]:
        return (
            "this server is a standby and takes no writes: give the primary's address, or several "
            "addresses with target_session_attrs=read-write"
        )
    if facts["anothers"]:  # the tables are there: what is missing is not the right to make them
        return (
            f"the role {role} lacks rights on the tables, or these are to be changed ({error}): "
            "`quangate migrate --owner-url …`, with this role in --database-url, sees to both, "
            "once; `quangate doctor` prints what the owner has to run"
        )
    missing = [
        *(["CREATE SCHEMA public;"] if not facts["has_public"] else []),
        *([f"GRANT USAGE, CREATE ON SCHEMA public TO {facts['role']};"] * (not facts["public"])),
        *(
            [f"GRANT CREATE ON DATABASE {facts['database']} TO {facts['role']};"]
            * (not facts["makes_schemas"])
        ),
    ]
    if missing:
        return (
            f"the role {role} may not make the tables ({error}): as the database's owner run  "
            f"{' '.join(missing)}  or give the owner's URL as well (--owner-url, "
            "QUANGATE_OWNER_URL), once"
        )
    return (
        f"the role {role} may not change the tables ({error}), and there is something to "
        "change: give the owner's URL as well (--owner-url, QUANGATE_OWNER_URL), once; "
        "`quangate doctor` prints what the owner has to run"
    )


async def ensure_role(owner: Any, role: str) -> None:
    """Make the gateway's role unless the server has it. Roles belong to all its databases."""
    async with owner.transaction():
        await owner.execute("SELECT pg_advisory_xact_lock($1)", MIGRATION_LOCK)
        if not await SQL.has_role.one(owner, role):
            await owner.execute(
                f"CREATE ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION"
            )


async def _grant(owner: Any, role: str) -> None:
    """Make the role's rights those of the table, if they differ; one at a time."""
    if not await differing_rights(owner, role):
        return
    async with owner.transaction():
        await owner.execute("SELECT pg_advisory_xact_lock($1)", MIGRATION_LOCK)
        if await differing_rights(owner, role):
            await grant_rights(owner, role)
