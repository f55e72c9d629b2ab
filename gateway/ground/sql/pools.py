"""The connections of a worker, in parts that cannot take one another's (found.md §6).

What orders need to go on (leases, readiness, the catalog), what partners read, their lists and
statements, and what happens behind the scenes: each has connections of its own. Whoever gets
none within a while is told so, instead of waiting for as long as somebody else likes.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from gateway.ground.config import Config
from gateway.ground.shares import Shares
from gateway.ground.sql.connecting import BY_INDEX, BY_LOOK_UP, create_pool
from gateway.ground.sql.database import Database, open_database
from gateway.ground.sql.dsn import CONNECT_TIMEOUT_S

DESK_CONNECTIONS: Final = 2  # what operators do by API takes no more, nor anything from partners
OF_ITS_OWN: Final = 3 + DESK_CONNECTIONS  # of a worker: two that commit, one that listens, the desk
FOR_COMMANDS: Final = 4  # of the command line, two commands at a time
FOR_AN_AUDIT: Final = 1  # asked for by API: one at a time of the whole shop
CONTROL_WAIT_S: Final = 5.0
READS_WAIT_S: Final = 2.0
LISTS_WAIT_S: Final = 3.0
DESK_WAIT_S: Final = 5.0
BACKGROUND_WAIT_S: Final = 10.0
WAITING_MAX: Final = 256  # statements of one partner that wait for a connection


class BoundedPool:
    """A pool whose connections are had by turns, or not at all: OverloadedError after a while."""

    def __init__(self, pool: Any, shares: Shares, owner: int | None = None) -> None:
        self._pool = pool
        self._shares = shares
        self._owner = owner

    @property
    def shares(self) -> Shares:
        """Who has its connections, and how many wait for one."""
        return self._shares

    def of(self, partner_id: int) -> "BoundedPool":
        """The same, in the name of a partner: it takes turns with others and cannot have all."""
        return BoundedPool(self._pool, self._shares, partner_id)

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[Any]:
        """A connection, for the time of the block."""
        async with (
            self._shares.held(self._owner),
            self._pool.acquire(timeout=CONNECT_TIMEOUT_S) as connection,
        ):
            yield connection

    async def fetch(self, statement: str, *arguments: Any) -> Any:
        """All rows."""
        async with self.acquire() as connection:
            return await connection.fetch(statement, *arguments)

    async def fetchrow(self, statement: str, *arguments: Any) -> Any:
        """The first row, or None."""
        async with self.acquire() as connection:
            return await connection.fetchrow(statement, *arguments)

    async def fetchval(self, statement: str, *arguments: Any) -> Any:
        """The first row's first column, or None."""
        async with self.acquire() as connection:
            return await connection.fetchval(statement, *arguments)

    async def execute(self, statement: str, *arguments: Any) -> Any:
        """No rows."""
        async with self.acquire() as connection:
            return await connection.execute(statement, *arguments)

    async def copy_from_query(self, statement: str, *arguments: Any, **options: Any) -> Any:
        """The rows as a file, written by PostgreSQL."""
        async with self.acquire() as connection:
            return await connection.copy_from_query(statement, *arguments, **options)

    async def close(self) -> None:
        """Close the connections; those at work are cut off after a while."""
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S / 2):
                await self._pool.close()
        except TimeoutError:
            self._pool.terminate()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pools:
    """What a worker's parts ask the database through; `database` is closed with them."""

    database: Database
    control: BoundedPool
    reads: BoundedPool
    lists: BoundedPool
    background: BoundedPool
    desk: BoundedPool
    replica: BoundedPool | None  # none is configured

    def by_name(self) -> Mapping[str, BoundedPool]:
        """All of them."""
        return {
            "control": self.control,
            "reads": self.reads,
            "lists": self.lists,
            "background": self.background,
            "desk": self.desk,
            **({"replica": self.replica} if self.replica is not None else {}),
        }

    async def close(self) -> None:
        """Close every connection, and the database with its own."""
        await self.close_own()
        await self.database.close()

    async def close_own(self) -> None:
        """Close every connection but the database's own."""
        await asyncio.gather(
            *(pool.close() for pool in self.by_name().values() if pool is not self.control)
        )


class PoolSizes(NamedTuple):
    """How many connections of a worker are for what."""

    control: int
    reads: int
    lists: int
    background: int


def pool_sizes(config: Config) -> PoolSizes:
    """A quarter each, and what is left over for the background."""
    quarter = config.database_connections // 4
    return PoolSizes(quarter, quarter, quarter, config.database_connections - 3 * quarter)


def connections_needed(config: Config) -> int:
    """How many all workers may have at once, with their supervisor's and a command's.

    One worker more than are configured: while workers are replaced a new one begins before the old
    one has ended, and then there is a supervisor also where there was none.
    """
    worker = config.database_connections + OF_ITS_OWN
    return (config.workers + 1) * worker + 1 + FOR_COMMANDS + FOR_AN_AUDIT


async def open_worker_database(config: Config, *, migrate: bool) -> Database:
    """A worker's database, with the connections that `open_pools` makes its control of.

    Raises what `open_database` raises.
    """
    return await open_database(
        config, connections=pool_sizes(config).control, migrate=migrate, planning=BY_LOOK_UP
    )


async def open_pools(database: Database, config: Config) -> Pools:
    """The pools of a worker over its database, whose own pool becomes the one for control.

    All or none. Raises StoreUnavailableError.
    """
    sizes = pool_sizes(config)
    opened: list[BoundedPool] = []
    async with AsyncExitStack() as half_open:
        for size, wait_s, own, planning in (
            # Partners share these: one that does too much leaves a connection to the others.
            (sizes.reads, READS_WAIT_S, max(1, sizes.reads - 1), BY_INDEX),
            (sizes.lists, LISTS_WAIT_S, max(1, sizes.lists - 1), BY_INDEX),
            (sizes.background, BACKGROUND_WAIT_S, sizes.background, BY_LOOK_UP),
            (DESK_CONNECTIONS, DESK_WAIT_S, DESK_CONNECTIONS, BY_INDEX),
        ):
            pool = await create_pool(database.dsn, config, size, planning)
            opened.append(BoundedPool(pool, _shares(size, wait_s, own)))
            half_open.push_async_callback(opened[-1].close)
        replica = await _open_replica(config, sizes)
        half_open.pop_all()
    reads, lists, background, desk = opened
    control = BoundedPool(database.pool, _shares(sizes.control, CONTROL_WAIT_S, sizes.control))
    return Pools(
        database=database,
        control=control,
        reads=reads,
        lists=lists,
        background=background,
        desk=desk,
        replica=replica,
    )


async def _open_replica(config: Config, sizes: "PoolSizes") -> BoundedPool | None:
    """As many connections as reads have at the primary; it need not be there yet."""
    if config.replica_url is None:
        return None
    size = sizes.reads
    pool = await create_pool(config.replica_url, config, size, BY_INDEX, lagging=True)
    return BoundedPool(pool, _shares(size, READS_WAIT_S, max(1, size - 1)))


def _shares(size: int, wait_s: float, own: int) -> Shares:
    return Shares(total=size, own=own, waiting_max=WAITING_MAX, wait_s=wait_s)
