"""Taking unsold codes off sale for good: a batch, a range of numbers, or the codes of a file.

Leases over them are revoked first, so that none can still be sold when this returns (faults 77).
A code is found by its fingerprint; which number it has, the sealed records of its batch tell,
opened and compared inside the native core. Delivered codes stay delivered.
"""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Final, Protocol

from gateway.codes.rules import BatchOnSale, PoolFacts, VoidTally
from gateway.ground.desk.refusal import refused, wrong
from gateway.ground.native import CodeFile, Vault, find_codes
from gateway.ground.native_errors import CodeFileError

# Codes of one transaction, and records opened at once: a few megabytes each.
CHUNK_CODES: Final = 50_000


class VoidStore(Protocol):
    """Codes of pools; see void_store.VoidRows."""

    async def batch_range(self, pool_id: int, batch_id: int) -> range:
        """The numbers of a batch on sale. Raises RefusedError when there is none."""

    async def batches_with(self, pool_id: int, fingerprints: bytes) -> Sequence[BatchOnSale]:
        """The batches on sale that have any of the fingerprints."""

    async def records(self, pool_id: int, numbers: range) -> bytes:
        """The sealed records of a range, packed."""

    async def void(self, pool_id: int, seqs: Sequence[int], reason: str) -> int:
        """Make codes unsaleable; how many were still unsold."""


async def void_batch(store: VoidStore, pool: PoolFacts, batch_id: int, reason: str) -> VoidTally:
    """Void what is unsold of a batch. Doing it again changes nothing."""
    return await _void(store, pool, await store.batch_range(pool.id, batch_id), reason)


async def void_numbers(store: VoidStore, pool: PoolFacts, numbers: range, reason: str) -> VoidTally:
    """Void what is unsold of a range of numbers. Raises RefusedError beyond the pool's end."""
    if not (0 <= numbers.start < numbers.stop <= pool.size):
        raise wrong("numbers-of-pool", "seq", last=pool.size - 1)
    return await _void(store, pool, numbers, reason)


async def void_file(
    store: VoidStore, vault: Vault, pool: PoolFacts, file: CodeFile, reason: str
) -> VoidTally:
    """Void the codes of a file, read as an import reads it; lines without a code are unknown."""
    fingerprints, asked = await asyncio.to_thread(_read_fingerprints, file, vault)
    found: list[int] = []
    for batch in await store.batches_with(pool.id, fingerprints):
        vault.load_dek(batch.id, batch.data_key)
        for numbers in _chunks(batch.numbers):
            packed = await store.records(pool.id, numbers)
            found += await asyncio.to_thread(
                find_codes, vault, pool.id, numbers.start, packed, fingerprints,
                ignore_case=pool.ignore_case, ignore_spaces=pool.ignore_spaces,
            )  # fmt: skip
    tally = await _void(store, pool, found, reason)
    return VoidTally(voided=tally.voided, kept=tally.kept, unknown=asked - len(found))


def _read_fingerprints(file: CodeFile, vault: Vault) -> tuple[bytes, int]:
    """The fingerprints of a file's codes, each once per chunk, and how many rows it has."""
    parts, asked = [], 0
    try:
        while (rows := file.next_batch(CHUNK_CODES)) is not None:
            parts.append(rows.fingerprints(vault))
            asked += len(rows) - rows.counts()[0]
    except CodeFileError as error:
        raise refused("unreadable-file", "code-file", "file", detail=str(error)) from None
    return b"".join(parts), asked


async def _void(store: VoidStore, pool: PoolFacts, seqs: Sequence[int], reason: str) -> VoidTally:
    voided = 0
    for start in range(0, len(seqs), CHUNK_CODES):
        voided += await store.void(pool.id, seqs[start : start + CHUNK_CODES], reason)
    return VoidTally(voided=voided, kept=len(seqs) - voided)


def _chunks(numbers: range) -> Iterator[range]:
    for start in range(0, len(numbers), CHUNK_CODES):
        yield numbers[start : start + CHUNK_CODES]
