"""Connections as all of ours are: made alike, to a server that takes writes, and to no old one.

Where the address of a database names several servers, the primary among them is found, and found
again when it has changed (`primary.py`).
"""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import asyncpg

from gateway.ground.config import Config
from gateway.ground.errors import ConfigError
from gateway.ground.sql.books import Connection, Standing, unreachable_is_unavailable
from gateway.ground.sql.dsn import POOLER, Target, forget_environment, understand
from gateway.ground.sql.migrate import routines_lock, routines_schema
from gateway.ground.sql.primary import LOOK_S, ConnectTo, server_of

COMMAND_TIMEOUT_S = 30.0


def session_settings() -> dict[str, str]:
    """What every connection of ours says at its start, whatever the database's defaults are."""
    return {
        "application_name": "quangate",
        "search_path": f"{routines_schema()}, public",
        # Every routine is written for statements that see what was committed before they began.
        "default_transaction_isolation": "read committed",
        "default_transaction_read_only": "off",
        "default_transaction_deferrable": "off",
        # How long something may take is said by us, call by call.
        "statement_timeout": "0",
        "lock_timeout": "0",
        "idle_in_transaction_session_timeout": "0",
        "idle_session_timeout": "0",
        # How values read and print.
        "timezone": "UTC",
        "datestyle": "ISO, MDY",
        "intervalstyle": "postgres",
        "bytea_output": "hex",
        "array_nulls": "on",
        "standard_conforming_strings": "on",
        "transform_null_equals": "off",
        # A commit that was not confirmed says so by a warning, and in no other way.
        "client_min_messages": "warning",
    }


# What no connection can say at its start: the setting is newer than our oldest server, or its
# default is what `check_safety` wants to see. A commit waits for its flush, here and at standbys
# that count; who said --allow-unsafe-database has chosen otherwise.
_SAY_LATER = """
SELECT set_config(name, CASE name WHEN 'transaction_timeout' THEN '0' ELSE 'on' END, false)
FROM pg_settings WHERE name = 'transaction_timeout' AND setting <> '0'
   OR name = 'synchronous_commit' AND setting IN ('local', 'remote_write')"""
# While the connection is open its routines have a name in somebody's mouth: retire_routines.
_WHO = """
SELECT pg_backend_pid() AS pid, current_setting('search_path') AS search_path,
       (SELECT system_identifier::text FROM pg_control_system()) AS system,
       CASE WHEN NOT pg_is_in_recovery()
           THEN pg_walfile_name(pg_current_wal_insert_lsn()) END AS log,
       pg_advisory_lock_shared($1)"""


async def _make_usual(connection: Connection) -> None:
    """Say what could not be said at the start, and make sure that what was said was heard."""
    await connection.fetch(_SAY_LATER)
    who = await connection.fetchrow(_WHO, routines_lock())
    if (
        who["pid"] != connection.get_server_pid()
        or who["search_path"] != session_settings()["search_path"]
    ):
        raise ConfigError(POOLER)
    # The name of a file of the log begins with its timeline, in hexadecimal.
    timeline = None if who["log"] is None else int(who["log"][:8], 16)
    connection.standing = Standing(who["system"], timeline)


async def connect(dsn: str, config: Config, planning: Mapping[str, str] | None = None) -> Any:
    """One connection of its own (committer, listener, migration).

    Raises StoreUnavailableError, also while none of several servers takes writes, ConfigError.
    """
    with unreachable_is_unavailable():
        return await _connect(dsn, config, planning)


async def connect_for_upkeep(dsn: str, config: Config) -> Any:
    """A connection whose commits wait for no standby: for what a start writes, and a pulse.

    A log is lost from its end only: whatever was acknowledged to anybody was confirmed by a later
    commit that waited, and has what was written here before it. So a gateway starts, and says why
    nothing is sold, while the standby that commits wait for is away. Raises as `connect`.
    """
    connection = await connect(dsn, config)
    await connection.execute("SET synchronous_commit = local")
    return connection


async def keep_looking(dsn: str, config: Config) -> None:
    """Look from time to time whether another server has become the primary, until cancelled.

    Whoever talks to an old one notices it by a broken connection, or not at all: one that is
    cut off from its cluster alone goes on as before. Returns at once where no other is named.
    """
    target = understand(dsn)
    server, connect_to = server_of(target, config.data), _connecting_to(target, config)
    while len(target.addresses) > 1:
        await asyncio.sleep(LOOK_S)
        await server.look(connect_to)


async def _connect(
    dsn: str, config: Config, planning: Mapping[str, str] | None = None, *, lagging: bool = False
) -> Connection:
    forget_environment()
    with _connecting():
        target = understand(dsn, lagging=lagging)
    connect_to = _connecting_to(target, config, planning)
    return await server_of(target, config.data).connected(connect_to)


def _connecting_to(
    target: Target, config: Config, planning: Mapping[str, str] | None = None
) -> ConnectTo:
    async def connect_to(address: str) -> Connection:
        with _connecting():
            connection: Connection = await asyncpg.connect(
                address,
                timeout=target.timeout_s,
                command_timeout=COMMAND_TIMEOUT_S,
                statement_cache_size=config.statement_cache,
                server_settings=session_settings() | dict(planning or {}),
                connection_class=Connection,
            )
        try:
            await _make_usual(connection)
        except BaseException:
            connection.terminate()
            raise
        return connection

    return connect_to


@contextmanager
def _connecting() -> Iterator[None]:
    """Say what is wrong with a URL or a server that nothing but a change will mend."""
    try:
        yield
    except (
        asyncpg.InvalidAuthorizationSpecificationError,
        asyncpg.InvalidCatalogNameError,
    ) as error:
        raise ConfigError(f"QUANGATE_DATABASE_URL: {error}") from None
    except asyncpg.ProtocolViolationError as error:
        if "startup parameter" not in str(error):
            raise
        raise ConfigError(f"{POOLER} (it says: {error})") from None
    except (asyncpg.exceptions.ClientConfigurationError, ValueError) as error:
        raise ConfigError(f"QUANGATE_DATABASE_URL is not usable: {error}") from None


# What a worker does again and again: by look-up, whatever statistics say. With none (a new table,
# the hours after pg_upgrade) PostgreSQL reads all orders to count the few that a partial index has.
# And planned once, not for each batch's values anew. The connection says so: a function that did
# would be refused where homes are (homes.md 8), and each of its calls would say it again.
BY_LOOK_UP: Final[Mapping[str, str]] = {
    "enable_seqscan": "off", "plan_cache_mode": "force_generic_plan",
}  # fmt: skip
# For lists: in the order of an index besides. With statistics of an empty database PostgreSQL
# reads a history and sorts it instead. Their filters are planned for what was asked.
BY_INDEX: Final[Mapping[str, str]] = {
    "enable_seqscan": "off", "enable_bitmapscan": "off", "enable_sort": "off",
}  # fmt: skip


async def create_pool(
    dsn: str,
    config: Config,
    connections: int,
    planning: Mapping[str, str] | None = None,
    *,
    lagging: bool = False,
) -> Any:
    """A pool of up to `connections`, opened as they are needed. Raises as `connect`.

    `lagging`: for reads alone, of whichever server answers; it need not be there yet.
    """

    async def connected(*_of_the_pool: Any, **_settings: Any) -> Connection:
        return await _connect(dsn, config, planning, lagging=lagging)

    with unreachable_is_unavailable():
        return await asyncpg.create_pool(
            connect=connected,
            min_size=0 if lagging else 1,
            max_size=connections,
            connection_class=Connection,
            reset=_leave_as_it_is,
        )


async def _leave_as_it_is(connection: Any) -> None:
    """Instead of RESET ALL and the like, a round trip after every statement: nobody leaves
    settings or locks behind on a pooled connection. Open transactions are rolled back anyway.
    """
