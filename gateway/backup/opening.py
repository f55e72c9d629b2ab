"""What a backup is taken from: the embedded server, running or not, or somebody's own."""

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from gateway.backup.client_programs import Source, own_server
from gateway.ground.config import Config
from gateway.ground.sql.connecting import create_pool
from gateway.ground.sql.database import open_database


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A shop's server: `pool` is of whoever may copy it, as is `source`."""

    pool: Any
    source: Source
    embedded: bool
    keep_alive: Callable[[], Coroutine[Any, Any, None]]  # runs until cancelled


@asynccontextmanager
async def opened_server(config: Config) -> AsyncIterator[Opened]:
    """The server of a shop that is there; it is not migrated, whatever made it.

    Raises RefusedError where there is no shop, StoreUnavailableError, ConfigError.
    """
    database = await open_database(config, connections=1, migrate=False, quiet=True, may_make=False)
    try:
        with ExitStack() as stack:
            if database.embedded is not None:
                dsn = database.embedded.dsn
                source = Source(
                    arguments=(f"--dbname={dsn}",), descriptors=database.embedded.descriptors
                )
            else:
                dsn = config.owner_url or database.dsn
                source = stack.enter_context(own_server(dsn))
            pool = await create_pool(dsn, config, 2)
            try:
                yield Opened(
                    pool=pool,
                    source=source,
                    embedded=database.embedded is not None,
                    keep_alive=database.keep_alive,
                )
            finally:
                pool.terminate()
    finally:
        await database.close()
