"""Staged batches in PostgreSQL: the `StagingStore` of importing and generating codes."""

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from io import BytesIO
from typing import Any, Final

import asyncpg

from gateway.domain.code_batch import ChunkFacts, Known, PoolFacts, StagedBatch
from gateway.domain.errors import InvariantBrokenError, RefusedError
from gateway.store.database import Database, unreachable_is_unavailable
from gateway.store.named_sql import queries

SQL = queries("code_import")
IMPORT_LOCK: Final = 0x5149  # "QI": first key of the advisory lock of a pool's import
FINGERPRINT_BYTES: Final = 16
DISCARD_TIMEOUT_S: Final = 3600.0  # removing millions of staged rows takes minutes at worst


class StagingRows:
    """Batches of codes on one connection of their own."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def pool(self, name: str) -> PoolFacts:
        """The pool of a name. Raises RefusedError when there is none."""
        row = await self._connection.fetchrow(SQL["pool"], name)
        if row is None:
            raise RefusedError(
                "not-found",
                f"there is no pool {name!r}; `quangate pool list` shows those there are",
            )
        return PoolFacts(
            id=row["id"],
            size=row["size"],
            ignore_case=row["case_insensitive"],
            ignore_spaces=row["ignore_spaces"],
            has_neighbours=row["has_neighbours"],
        )

    @asynccontextmanager
    async def exclusively(self, pool_id: int) -> AsyncIterator[None]:
        """Hold the pool's import lock; a connection that ends lets go of it."""
        if not await self._connection.fetchval(SQL["lock_pool"], IMPORT_LOCK, pool_id):
            raise RefusedError(
                "import-running",
                "another import into this pool is running; wait until it has ended",
            )
        try:
            with _full_disk_is_refused():
                yield
        finally:
            if not self._connection.is_closed():
                await self._connection.fetchval(SQL["unlock_pool"], IMPORT_LOCK, pool_id)

    async def begin(self, pool: PoolFacts, kind: str, source: str, digest: bytes) -> StagedBatch:
        """The staged batch with this digest, or a new one after discarding any other."""
        staged = await self._connection.fetchrow(SQL["staged"], pool.id, digest)
        if staged is not None and staged["resumable"]:
            return _batch(pool.id, staged)
        if staged is not None:
            await self.discard(staged["id"])
        row = await self._connection.fetchrow(SQL["begin"], pool.id, kind, source, digest)
        return _batch(pool.id, row)

    async def set_data_key(self, batch_id: int, wrapped: bytes) -> None:
        """Keep a batch's wrapped data key."""
        await self._connection.execute(SQL["set_data_key"], batch_id, wrapped)

    async def stage(
        self,
        pool: PoolFacts,
        batch_id: int,
        fingerprints: bytes,
        chunk: ChunkFacts,
        seal: Callable[[list[int]], Awaitable[bytes]],
    ) -> Known:
        """Add one chunk: fingerprints, sealed rows and progress, or nothing."""
        async with self._connection.transaction():
            # Staged rows may be lost with the server: then the import goes on from further back.
            await self._connection.execute("SET LOCAL synchronous_commit = off")
            known = await self._stage_fingerprints(pool, batch_id, fingerprints)
            dropped = known.dropped
            if len(dropped) < chunk.candidates:
                await self._copy(await seal(dropped))
            advanced = await self._connection.fetchval(
                SQL["advance"], batch_id, chunk.candidates - len(dropped),
                chunk.repeats + len(dropped), chunk.rejected, chunk.last_line, chunk.bytes_done,
            )  # fmt: skip
            if advanced is None:
                raise InvariantBrokenError(f"batch {batch_id} is not staged any more")
        return known

    async def _stage_fingerprints(
        self, pool: PoolFacts, batch_id: int, fingerprints: bytes
    ) -> Known:
        elsewhere = 0
        if pool.has_neighbours:
            elsewhere = await self._connection.fetchval(
                SQL["count_elsewhere"], pool.id, fingerprints
            )
        rows = await self._connection.fetch(
            SQL["stage_fingerprints"], pool.id, batch_id, fingerprints
        )
        dropped = [row["i"] for row in rows]
        if not dropped:
            return Known(in_file=(), in_pool=(), elsewhere=elsewhere)
        own_rows = await self._connection.fetch(
            SQL["of_this_batch"], pool.id, batch_id, _as_uuids(fingerprints, dropped)
        )
        own = {dropped[row["i"]] for row in own_rows}
        return Known(
            in_file=sorted(own),
            in_pool=[i for i in dropped if i not in own],
            elsewhere=elsewhere,
        )

    async def _copy(self, payload: bytes) -> None:
        await self._connection.copy_to_table(
            "code",
            source=BytesIO(payload),
            columns=["pool_id", "seq", "batch_id", "sealed"],
            format="binary",
        )

    async def preview(self, pool: PoolFacts, batch_id: int, fingerprints: bytes) -> Known:
        """What `stage` would find; remembers what it was shown on this connection only."""
        await self._connection.execute(SQL["create_preview"])
        rows = await self._connection.fetch(
            SQL["preview_fingerprints"], pool.id, batch_id, fingerprints
        )
        elsewhere = 0
        if pool.has_neighbours:
            elsewhere = await self._connection.fetchval(
                SQL["count_elsewhere"], pool.id, fingerprints
            )
        return Known(
            in_file=[row["i"] for row in rows if not row["in_pool"]],
            in_pool=[row["i"] for row in rows if row["in_pool"]],
            elsewhere=elsewhere,
        )

    async def finish(self, batch_id: int) -> None:
        """Put a staged batch on sale; the pool's new generation tells the running workers."""
        async with self._connection.transaction():
            row = await self._connection.fetchrow(SQL["finish_batch"], batch_id)
            if row is None:
                raise InvariantBrokenError(f"batch {batch_id} is not staged any more")
            size = await self._connection.fetchval(
                SQL["extend_pool"], row["pool_id"], row["lo"], row["imported"]
            )
            if size is None:
                raise InvariantBrokenError(f"pool {row['pool_id']} does not end at {row['lo']}")

    async def discard(self, batch_id: int) -> None:
        """Take a staged batch away as if it had never been; its row stays, as discarded."""
        async with self._connection.transaction():
            row = await self._connection.fetchrow(SQL["batch"], batch_id)
            await self._connection.execute(
                SQL["discard_codes"], row["pool_id"], row["lo"], batch_id,
                timeout=DISCARD_TIMEOUT_S,
            )  # fmt: skip
            await self._connection.execute(
                SQL["discard_fingerprints"], row["pool_id"], batch_id, timeout=DISCARD_TIMEOUT_S
            )
            await self._connection.execute(SQL["discard_batch"], batch_id)

    async def stats(self, name: str) -> Mapping[str, int]:
        """Where each code of the pool is. The numbers are of one instant and add up (I3)."""
        await self.pool(name)
        return dict(await self._connection.fetchrow(SQL["stats"], name))

    async def batches(
        self, name: str, batch_id: int | None = None, limit: int = 50
    ) -> Sequence[Mapping[str, Any]]:
        """A pool's batches, newest first."""
        pool = await self.pool(name)
        rows = await self._connection.fetch(SQL["batches"], pool.id, batch_id, limit)
        return [dict(row) for row in rows]


@asynccontextmanager
async def staging(database: Database) -> AsyncIterator[StagingRows]:
    """Batches on a connection that plans each statement for the tables as they are now.

    A plan made while a table was empty would read all of it again for every later chunk.
    """
    with unreachable_is_unavailable():
        async with database.pool.acquire() as connection:
            await connection.execute("SET plan_cache_mode = force_custom_plan")
            yield StagingRows(connection)


@contextmanager
def _full_disk_is_refused() -> Iterator[None]:
    try:
        yield
    except asyncpg.DiskFullError as error:
        raise RefusedError(
            "disk-full",
            f"the database has no room left ({error}); nothing of this is on sale. Make room and "
            "run the same command again: it goes on where it stopped.",
        ) from None


def _batch(pool_id: int, row: Mapping[str, Any]) -> StagedBatch:
    return StagedBatch(
        id=row["id"],
        pool_id=pool_id,
        lo=row["lo"],
        imported=row["imported"],
        duplicates=row["duplicates"],
        rejected=row["rejected"],
        lines_done=row["lines_done"],
        data_key=row["data_key"],
    )


def _as_uuids(fingerprints: bytes, indices: Sequence[int]) -> list[uuid.UUID]:
    size = FINGERPRINT_BYTES
    return [uuid.UUID(bytes=fingerprints[i * size : (i + 1) * size]) for i in indices]
