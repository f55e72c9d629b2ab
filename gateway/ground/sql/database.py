"""An open database, and the checks a database must pass before it may hold money."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog

from gateway.ground.config import Config
from gateway.ground.errors import ConfigError, StoreUnavailableError
from gateway.ground.sql.connecting import connect, connect_for_upkeep, create_pool
from gateway.ground.sql.embedded import EmbeddedServer, no_shop
from gateway.ground.sql.preparing import GATEWAY_ROLE, prepare_embedded, prepare_own
from gateway.ground.sql.roles import SQL

log = structlog.get_logger()

SERVER_VERSION_MIN = 150_000  # PostgreSQL 15
ANNOUNCEMENTS = "quangate"  # NOTIFY channel: payload 'catalog', 'pool:<id>', 'recall:<id>', …
DEFAULT_OF = "SELECT reset_val FROM pg_settings WHERE name = $1"
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
            made = await connect_for_upkeep(dsn, config)
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
        # What connections have by default, whatever this one was told for itself.
        value = await connection.fetchval(DEFAULT_OF, setting)
        if value not in unsafe:
            continue
        if not allow_unsafe:
            raise ConfigError(
                f"{setting} is {value}: acknowledged orders could be lost. Turn it on, "
                "or start with --allow-unsafe-database if nothing here is worth money."
            )
        log.warning("database.unsafe", setting=setting, value=value)
