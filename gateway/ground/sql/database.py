"""Connections, and the checks a database must pass before it may hold money."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import asyncpg
import structlog

from gateway.ground.config import Config
from gateway.ground.errors import ConfigError, StoreUnavailableError
from gateway.ground.sql.books import Connection, unreachable_is_unavailable
from gateway.ground.sql.dsn import POOLER, forget_environment, understand
from gateway.ground.sql.embedded import EmbeddedServer, no_shop
from gateway.ground.sql.migrate import routines_lock, routines_schema
from gateway.ground.sql.preparing import GATEWAY_ROLE, prepare_embedded, prepare_own
from gateway.ground.sql.roles import SQL

log = structlog.get_logger()

SERVER_VERSION_MIN = 150_000  # PostgreSQL 15
CHANNEL = "quangate"  # NOTIFY channel: payload 'catalog', 'pool:<id>', 'recall:<id>', …
COMMAND_TIMEOUT_S = 30.0
REVIVE_S = 0.5  # how often we look whether the embedded server lives


@dataclass(slots=True)
class Database:
    """An open database: its connection string, a pool, and the embedded server if it is ours."""

    dsn: str
    pool: Any
    embedded: EmbeddedServer | None

    async def keep_alive(self) -> None:
        """Start the embedded server again whenever it dies; runs until it is cancelled."""
        server = self.embedded
        while server is not None:
            await asyncio.sleep(REVIVE_S)
            try:
                if await asyncio.to_thread(server.revive):
                    log.error("database.restarted")
            except StoreUnavailableError as error:
                log.warning("database.not_restarted", error=str(error))

    def hurry(self) -> None:
        """Close at once, where there is no time to see the embedded server stop."""
        self.pool.terminate()
        if self.embedded is not None:
            self.embedded.hurry()

    async def close(self) -> None:
        """Close the connections and, as its last user, stop the embedded server."""
        try:
            async with asyncio.timeout(5):
                await self.pool.close()
        except TimeoutError:
            self.pool.terminate()
        if self.embedded is not None:
            await asyncio.to_thread(self.embedded.release)


async def open_database(
    config: Config,
    *,
    connections: int,
    migrate: bool = True,
    quiet: bool = False,
    may_make: bool = True,
    planning: Mapping[str, str] | None = None,
) -> Database:
    """Reach the configured database, or start the embedded one; migrated and checked.

    `quiet`: say nothing of a role that may do too much; a start says it, not every command.
    `planning`: how the pool's connections plan, see below.
    Raises StoreUnavailableError when it cannot be reached, ConfigError when it may not be used,
    RefusedError when it holds no shop yet and none may be made.
    """
    embedded: EmbeddedServer | None = None
    dsn = config.database_url
    if dsn is None:
        embedded = EmbeddedServer(config.data)
        await asyncio.to_thread(embedded.start, may_make=may_make)
        dsn = embedded.dsn_of(GATEWAY_ROLE)
    try:
        if not may_make:
            await _require_shop(dsn if embedded is None else embedded.dsn, config)
        if migrate:
            await prepare(config, embedded, quiet=quiet)
        elif embedded is not None and not await _has_gateway_role(embedded, config):
            dsn = embedded.dsn  # an older release's directory, which nobody may change now
        pool = await create_pool(dsn, config, connections, planning)
    except BaseException:
        if embedded is not None:
            await asyncio.to_thread(embedded.release)
        raise
    return Database(dsn=dsn, pool=pool, embedded=embedded)


async def prepare(config: Config, embedded: EmbeddedServer | None, *, quiet: bool) -> None:
    """Migrate, under the owner's role, and give the gateway's its rights. Raises ConfigError."""
    check = partial(check_safety, allow_unsafe=config.allow_unsafe_database)
    async with AsyncExitStack() as opened_here:

        async def connection(dsn: str) -> Any:
            made = await connect(dsn, config)
            opened_here.push_async_callback(made.close)
            return made

        if embedded is not None:
            await prepare_embedded(await connection(embedded.dsn), check)
            return
        working = await connection(str(config.database_url))
        owner = await connection(config.owner_url) if config.owner_url is not None else None
        await prepare_own(working, owner, check, quiet=quiet)


async def _has_gateway_role(embedded: EmbeddedServer, config: Config) -> bool:
    connection = await connect(embedded.dsn, config)
    try:
        return await SQL.has_role.one(connection, GATEWAY_ROLE) is not None
    finally:
        await connection.close()


async def _require_shop(dsn: str, config: Config) -> None:
    connection = await connect(dsn, config)
    try:
        found = await connection.fetchval("SELECT to_regclass('public.migration') IS NOT NULL")
    finally:
        await connection.close()
    if not found:
        raise no_shop(config.data if config.database_url is None else "that database")


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
       pg_advisory_lock_shared($1)"""


async def _make_usual(connection: Any) -> None:
    """Settle what could not be said at the start, and make sure that what was said was heard."""
    await connection.fetch(_SAY_LATER)
    who = await connection.fetchrow(_WHO, routines_lock())
    if (
        who["pid"] != connection.get_server_pid()
        or who["search_path"] != session_settings()["search_path"]
    ):
        connection.terminate()
        raise ConfigError(POOLER)


async def connect(dsn: str, config: Config, planning: Mapping[str, str] | None = None) -> Any:
    """One connection of its own (committer lane, listener, migration)."""
    with unreachable_is_unavailable(), _connecting():
        connection = await asyncpg.connect(
            **_how_to_connect(dsn, config, planning), connection_class=Connection
        )
        await _make_usual(connection)
    return connection


def _how_to_connect(
    dsn: str, config: Config, planning: Mapping[str, str] | None = None
) -> dict[str, Any]:
    forget_environment()
    target = understand(dsn)
    return {
        "dsn": target.url,
        "timeout": target.timeout_s,
        "command_timeout": COMMAND_TIMEOUT_S,
        "statement_cache_size": config.statement_cache,
        "server_settings": session_settings() | dict(planning or {}),
    }


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
BY_LOOK_UP: Final[Mapping[str, str]] = {"enable_seqscan": "off"}
# For lists: in the order of an index besides. With statistics of an empty database PostgreSQL
# reads a history and sorts it instead.
BY_INDEX: Final[Mapping[str, str]] = {
    **BY_LOOK_UP, "enable_bitmapscan": "off", "enable_sort": "off",
}  # fmt: skip


async def create_pool(
    dsn: str, config: Config, connections: int, planning: Mapping[str, str] | None = None
) -> Any:
    """A pool of up to `connections`, opened as they are needed."""
    with unreachable_is_unavailable(), _connecting():
        return await asyncpg.create_pool(
            **_how_to_connect(dsn, config, planning),
            min_size=1,
            max_size=connections,
            connection_class=Connection,
            init=_make_usual,
            reset=_leave_as_it_is,
        )


async def _leave_as_it_is(connection: Any) -> None:
    """Instead of RESET ALL and the like, a round trip after every statement: nobody leaves
    settings or locks behind on a pooled connection. Open transactions are rolled back anyway.
    """


@asynccontextmanager
async def opened(
    config: Config, *, connections: int = 2, may_make: bool = True
) -> AsyncIterator[Database]:
    """The database for one command of the command line."""
    database = await open_database(config, connections=connections, quiet=True, may_make=may_make)
    try:
        yield database
    finally:
        await database.close()


async def check_safety(connection: Any, *, allow_unsafe: bool) -> None:
    """Refuse a database that may lose what it acknowledged (faults 30), unless told otherwise."""
    version = int(await connection.fetchval("SHOW server_version_num"))
    if version < SERVER_VERSION_MIN:
        raise ConfigError(f"PostgreSQL 15 or newer is needed, this is {version // 10_000}")
    encoding = await connection.fetchval("SHOW server_encoding")
    if encoding != "UTF8":
        raise ConfigError(f"the database must be encoded in UTF8, not {encoding}")
    for setting, unsafe in (
        ("fsync", {"off"}),
        ("synchronous_commit", {"off"}),
        ("full_page_writes", {"off"}),
    ):
        value = await connection.fetchval(f"SHOW {setting}")
        if value not in unsafe:
            continue
        if not allow_unsafe:
            raise ConfigError(
                f"{setting} is {value}: acknowledged orders could be lost. Turn it on, "
                "or start with --allow-unsafe-database if nothing here is worth money."
            )
        log.warning("database.unsafe", setting=setting, value=value)
