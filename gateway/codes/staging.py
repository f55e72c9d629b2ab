"""Staging: chunks of sealed codes behind a pool's end, put on sale all at once.

Shared by importing and generating. A chunk is one transaction; a batch is on sale only after
`finish`. Plaintext stays in the native core.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from gateway.codes.rules import (
    ChunkFacts,
    Known,
    PoolFacts,
    StageableChunk,
    StagedBatch,
    Tally,
)
from gateway.ground.native import ParsedBatch, Vault

# Rows of one transaction. From 5,000 to 50,000 the rate hardly changes; this many keep a chunk's
# plaintext, fingerprints and sealed rows below ten megabytes.
CHUNK_ROWS = 20_000


class StagingStore(Protocol):
    """The batches of one pool, on one connection; see import_store.StagingRows."""

    def exclusively(self, pool_id: int) -> AbstractAsyncContextManager[None]:
        """Hold the pool's import lock. Raises RefusedError when another import holds it."""

    async def begin(self, pool: PoolFacts, kind: str, source: str, digest: bytes) -> StagedBatch:
        """The staged batch to go on with, or a new one after discarding any other."""

    async def set_data_key(self, batch_id: int, wrapped: bytes) -> None:
        """Keep a batch's wrapped data key."""

    async def stage(self, pool: PoolFacts, batch_id: int, chunk: StageableChunk) -> Known:
        """Add one chunk in one transaction."""

    async def preview(self, pool: PoolFacts, batch_id: int, fingerprints: bytes) -> Known:
        """What `stage` would find, changing nothing."""

    async def finish(self, batch_id: int) -> None:
        """Put a staged batch on sale."""

    async def discard(self, batch_id: int) -> None:
        """Take a staged batch away as if it had never been."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where codes are brought to."""

    store: StagingStore
    vault: Vault
    pool: PoolFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Rows with their fingerprints."""

    rows: ParsedBatch
    fingerprints: bytes
    facts: ChunkFacts


def fingerprinted(rows: ParsedBatch, vault: Vault, bytes_done: int) -> Chunk:
    """The rows as a chunk; computes, so it belongs into a thread."""
    fingerprints = rows.fingerprints(vault)
    repeats, candidates = rows.counts()
    facts = ChunkFacts(
        candidates=candidates,
        repeats=repeats,
        rejected=rows.rejected(),
        last_line=rows.last_line(),
        bytes_done=bytes_done,
        expiring=rows.expiring(),
    )
    return Chunk(rows=rows, fingerprints=fingerprints, facts=facts)


async def read_ahead(read: Callable[[], Chunk | None]) -> AsyncGenerator[Chunk, None]:
    """Chunks from a blocking `read`, one ahead: parsing goes on while the database works."""
    upcoming = asyncio.create_task(asyncio.to_thread(read))
    try:
        while (chunk := await upcoming) is not None:
            upcoming = asyncio.create_task(asyncio.to_thread(read))
            yield chunk
    finally:
        # A thread cannot be cancelled; what it reads is of no use any more.
        await asyncio.gather(upcoming, return_exceptions=True)


async def open_batch(target: Target, *, kind: str, source: str, digest: bytes) -> StagedBatch:
    """The batch to stage into, its data key loaded."""
    batch = await target.store.begin(target.pool, kind, source, digest)
    if batch.data_key is None:
        await target.store.set_data_key(batch.id, target.vault.new_dek(batch.id))
    else:
        target.vault.load_dek(batch.id, batch.data_key)
    return batch


async def stage_chunk(target: Target, batch: StagedBatch, chunk: Chunk, seq: int) -> Known:
    """Add a chunk whose first kept code gets the number `seq`."""
    rows, pool_id = chunk.rows, target.pool.id

    async def fingerprint_rows(dropped: list[int]) -> bytes:
        return await asyncio.to_thread(rows.fingerprint_rows, pool_id, batch.id, seq, dropped)

    async def code_rows(dropped: list[int]) -> bytes:
        return await asyncio.to_thread(
            rows.copy_rows, target.vault, pool_id, batch.id, seq, dropped
        )

    stageable = StageableChunk(
        facts=chunk.facts,
        fingerprints=chunk.fingerprints,
        fingerprint_rows=fingerprint_rows,
        code_rows=code_rows,
    )
    return await target.store.stage(target.pool, batch.id, stageable)


def committed(batch: StagedBatch) -> Tally:
    """What earlier runs of the same import brought into the batch."""
    return Tally(imported=batch.imported, duplicates=batch.duplicates, rejected=batch.rejected)
