"""Staged batches in PostgreSQL: the `StagingStore` of importing and generating codes."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from io import BytesIO
from typing import Any, Final

import asyncpg

from gateway.codes import administration
from gateway.codes.import_rows import (
    BatchPlace,
    BegunRow,
    FinishedRow,
    KnownRow,
    PoolRow,
    StagedRow,
)
from gateway.codes.rules import Known, PoolFacts, StageableChunk, StagedBatch
from gateway.ground.desk.port import not_found
from gateway.ground.desk.refusal import refused, wrong
from gateway.ground.desk.transaction import Note
from gateway.ground.errors import InvariantBrokenError
from gateway.ground.sql.books import again, unreachable_is_unavailable
from gateway.ground.sql.database import Database
from gateway.ground.sql.declared import Statement, Statements

IMPORT_LOCK: Final = 0x5149  # "QI": first key of the advisory lock of a pool's import
# Staged rows may be lost with the server: then the import goes on from further back.
MAY_BE_LOST: Final = "SET LOCAL synchronous_commit = off"
LAY_OUT_TIMEOUT_S: Final = 600.0  # sorting millions of expiries takes a minute at worst
DISCARD_TIMEOUT_S: Final = 3600.0  # removing millions of staged rows takes minutes at worst


class SQL(Statements, file="codes/import_queries"):
    """Staged batches."""

    pool: Statement[[str], PoolRow]
    now_s: Statement[[], int]
    lock_pool: Statement[[int, int], bool]
    unlock_pool: Statement[[int, int], bool]
    staged: Statement[[int, bytes], StagedRow]
    begin: Statement[[int, str, str, bytes], BegunRow]
    set_data_key: Statement[[int, bytes], None]
    known_fingerprints: Statement[[bytes], KnownRow]
    advance: Statement[[int, int, int, int, int, int, bool], int]
    finish_batch: Statement[[int], FinishedRow]
    extend_pool: Statement[[int, int, int], int]
    offer_expiring: Statement[[int, int, int], None]
    batch: Statement[[int], BatchPlace]
    discard_codes: Statement[[int, int, int], None]
    discard_fingerprints: Statement[[int, int], None]
    discard_batch: Statement[[int], None]
    create_preview: Statement[[], None]
    preview_fingerprints: Statement[[bytes], int]


class StagingRows:
    """Batches of codes on two connections of their own: one copies codes, one all else.

    Codes are committed just before the fingerprints and the progress that tells of them. A
    kill in between leaves codes behind a batch's end, which going on removes first.
    """

    def __init__(self, connection: Any, codes: Any, note: Note | None = None) -> None:
        self._connection = connection
        self._codes = codes
        self._note = note
        # Until a chunk meets a known code, looking them all up first is wasted.
        self._expect_known = False

    async def now_s(self) -> int:
        """The database's clock, in Unix seconds: it decides what has expired."""
        return await SQL.now_s.only(self._connection)

    async def pool(self, name: str) -> PoolFacts:
        """The pool of a name. Raises RefusedError when there is none."""
        return await read_pool(self._connection, name)

    @asynccontextmanager
    async def exclusively(self, pool_id: int) -> AsyncIterator[None]:
        """Hold the pool's import lock; a connection that ends lets go of it."""
        if not await SQL.lock_pool.one(self._connection, IMPORT_LOCK, pool_id):
            raise refused("import-running", "import-running", "pool")
        try:
            with _full_disk_is_refused():
                yield
        finally:
            if not self._connection.is_closed():
                await SQL.unlock_pool.one(self._connection, IMPORT_LOCK, pool_id)

    async def begin(self, pool: PoolFacts, kind: str, source: str, digest: bytes) -> StagedBatch:
        """The staged batch with this digest, or a new one after discarding any other."""
        staged = await SQL.staged.one(self._connection, pool.id, digest)
        if staged is not None and staged.resumable:
            end = staged.lo + staged.imported
            await SQL.discard_codes.run(self._connection, pool.id, end, staged.id)
            return _batch(pool.id, staged)
        if staged is not None:
            await self.discard(staged.id)
        row = await SQL.begin.one(self._connection, pool.id, kind, source, digest)
        if row is None:
            raise wrong("pool-bought", "pool")
        return _batch(pool.id, row, discarded=None if staged is None else staged.source)

    async def set_data_key(self, batch_id: int, wrapped: bytes) -> None:
        """Keep a batch's wrapped data key."""
        await SQL.set_data_key.run(self._connection, batch_id, wrapped)

    async def stage(self, pool: PoolFacts, batch_id: int, chunk: StageableChunk) -> Known:
        """Add one chunk: fingerprints, sealed rows and progress, or nothing."""
        return await again(lambda: self._stage(pool, batch_id, chunk))

    async def _stage(self, pool: PoolFacts, batch_id: int, chunk: StageableChunk) -> Known:
        async with self._connection.transaction():
            await self._connection.execute(MAY_BE_LOST)
            known = await self._stage_rows(pool, batch_id, chunk)
            facts, dropped = chunk.facts, len(known.dropped)
            advanced = await SQL.advance.one(
                self._connection, batch_id, facts.candidates - dropped, facts.repeats + dropped,
                facts.rejected, facts.last_line, facts.bytes_done, facts.expiring,
            )  # fmt: skip
            if advanced is None:
                raise InvariantBrokenError(f"batch {batch_id} is not staged any more")
        return known

    async def _stage_rows(self, pool: PoolFacts, batch_id: int, chunk: StageableChunk) -> Known:
        if not (pool.has_neighbours or self._expect_known):
            if await self._stage_as_new(chunk):
                return Known()
            self._expect_known = True
        known = await self._known(pool, batch_id, chunk.fingerprints)
        if len(known.dropped) < chunk.facts.candidates:
            await self._copy(chunk, known.dropped)
        return known

    async def _stage_as_new(self, chunk: StageableChunk) -> bool:
        """Add a chunk as if the database knew none of it; False if it does."""
        if chunk.facts.candidates == 0:
            return True
        try:
            async with self._connection.transaction():
                await self._copy(chunk, [])
        except asyncpg.UniqueViolationError:
            return False
        return True

    async def _copy(self, chunk: StageableChunk, dropped: list[int]) -> None:
        """Copy fingerprints and sealed codes at the same time; all of the codes, or none."""
        async with self._codes.transaction():
            await self._codes.execute(MAY_BE_LOST)
            codes = asyncio.ensure_future(self._copy_codes(chunk, dropped))
            try:
                await self._copy_fingerprints(await chunk.fingerprint_rows(dropped))
            finally:
                await asyncio.gather(codes, return_exceptions=True)
            await codes

    async def _known(self, pool: PoolFacts, batch_id: int, fingerprints: bytes) -> Known:
        """Which fingerprints the database has, by whose they are."""
        rows = await SQL.known_fingerprints.all(self._connection, fingerprints)
        here = [row for row in rows if row.pool_id == pool.id]
        return Known(
            in_file=sorted(row.i for row in here if row.batch_id == batch_id),
            in_pool=sorted(row.i for row in here if row.batch_id != batch_id),
            elsewhere=len({row.i for row in rows} - {row.i for row in here}),
        )

    async def _copy_fingerprints(self, payload: bytes) -> None:
        await self._connection.copy_to_table(
            "code_fingerprint",
            source=BytesIO(payload),
            columns=["fingerprint", "pool_id", "batch_id", "seq"],
            format="binary",
        )

    async def _copy_codes(self, chunk: StageableChunk, dropped: list[int]) -> None:
        await self._codes.copy_to_table(
            "code",
            source=BytesIO(await chunk.code_rows(dropped)),
            columns=["pool_id", "seq", "batch_id", "sealed", "expires_at"],
            format="binary",
        )

    async def preview(self, pool: PoolFacts, batch_id: int, fingerprints: bytes) -> Known:
        """What `stage` would find; remembers what it was shown on this connection only."""
        await SQL.create_preview.run(self._connection)
        shown = await SQL.preview_fingerprints.all(self._connection, fingerprints)
        known = await self._known(pool, batch_id, fingerprints)
        in_pool = set(known.in_pool)
        return Known(
            # What this batch staged is no repetition the first time it is shown.
            in_file=sorted(i for i in shown if i not in in_pool),
            in_pool=known.in_pool,
            elsewhere=known.elsewhere,
        )

    async def finish(self, batch_id: int) -> None:
        """Put a staged batch on sale; the pool's new generation tells the running workers."""
        await again(lambda: self._finish(batch_id))

    async def _finish(self, batch_id: int) -> None:
        async with self._connection.transaction():
            row = await SQL.finish_batch.one(self._connection, batch_id)
            if row is None:
                raise InvariantBrokenError(f"batch {batch_id} is not staged any more")
            size = await SQL.extend_pool.one(self._connection, row.pool_id, row.lo, row.imported)
            if size is None:
                raise InvariantBrokenError(f"pool {row.pool_id} does not end at {row.lo}")
            if row.expiring:
                await SQL.offer_expiring.within(LAY_OUT_TIMEOUT_S).run(
                    self._connection, row.pool_id, row.lo, size
                )
            if self._note is not None:
                batch = await administration.SQL.trace_batch.one(self._connection, batch_id)
                await self._note(self._connection, {"batch": batch})

    async def discard(self, batch_id: int) -> None:
        """Take a staged batch away as if it had never been; its row stays, as discarded."""
        await again(lambda: self._discard(batch_id))

    async def _discard(self, batch_id: int) -> None:
        async with self._connection.transaction():
            row = await SQL.batch.only(self._connection, batch_id)
            await SQL.discard_codes.within(DISCARD_TIMEOUT_S).run(
                self._connection, row.pool_id, row.lo, batch_id
            )
            await SQL.discard_fingerprints.within(DISCARD_TIMEOUT_S).run(
                self._connection, row.pool_id, batch_id
            )
            await SQL.discard_batch.run(self._connection, batch_id)


async def read_pool(connection: Any, name: str) -> PoolFacts:
    """The pool of a name. Raises RefusedError when there is none."""
    row = await SQL.pool.one(connection, name)
    if row is None:
        raise not_found("pool", name)
    return PoolFacts(
        id=row.id,
        size=row.size,
        ignore_case=row.case_insensitive,
        ignore_spaces=row.ignore_spaces,
        has_neighbours=row.has_neighbours,
    )


@asynccontextmanager
async def staging(database: Database, note: Note | None = None) -> AsyncIterator[StagingRows]:
    """Batches on connections that plan each statement for the tables as they are now.

    `note` is called in the transaction that puts a batch on sale, with what there is then.
    A plan made while a table was empty would read all of it again for every later chunk.
    """
    pool = database.pool
    with unreachable_is_unavailable():
        async with pool.acquire() as connection, pool.acquire() as codes:
            await connection.execute("SET plan_cache_mode = force_custom_plan")
            yield StagingRows(connection, codes, note)


@contextmanager
def _full_disk_is_refused() -> Iterator[None]:
    try:
        yield
    except asyncpg.DiskFullError as error:
        raise refused("disk-full", "disk-full", detail=str(error)) from None


def _batch(pool_id: int, row: BegunRow, discarded: str | None = None) -> StagedBatch:
    return StagedBatch(
        id=row.id,
        pool_id=pool_id,
        lo=row.lo,
        imported=row.imported,
        duplicates=row.duplicates,
        rejected=row.rejected,
        lines_done=row.lines_done,
        data_key=row.data_key,
        discarded=discarded,
    )
