"""Finding and voiding codes in PostgreSQL: the `VoidStore` of void.py."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from gateway.codes.import_store import read_pool
from gateway.codes.rules import BatchOnSale, PoolFacts
from gateway.ground.desk.refusal import refused
from gateway.ground.desk.transaction import Note
from gateway.ground.sql.books import unreachable_is_unavailable
from gateway.ground.sql.database import Database
from gateway.ground.sql.declared import Statement, Statements


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRange:
    """Where a batch lies."""

    lo: int
    imported: int
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRow:
    """A batch on sale; see BatchOnSale."""

    id: int
    lo: int
    imported: int
    data_key: bytes = field(repr=False)


class SQL(Statements, file="codes/void_queries"):
    """Codes that must not be sold."""

    batch_range: Statement[[int, int], BatchRange]
    batches_with: Statement[[int, bytes], BatchRow]
    records: Statement[[int, int, int], bytes]
    void: Statement[[int, Sequence[int], str], int]


class VoidRows:
    """Codes of pools, on one connection."""

    def __init__(self, connection: Any, note: Note | None = None) -> None:
        self._connection = connection
        self._note = note

    async def pool(self, name: str) -> PoolFacts:
        """The pool of a name. Raises RefusedError when there is none."""
        return await read_pool(self._connection, name)

    async def batch_range(self, pool_id: int, batch_id: int) -> range:
        """The numbers of a batch on sale. Raises RefusedError when there is none."""
        row = await SQL.batch_range.one(self._connection, pool_id, batch_id)
        if row is None or row.state != "on_sale":
            raise refused("not-found", "no-batch-on-sale", "batch", batch=str(batch_id))
        return range(row.lo, row.lo + row.imported)

    async def batches_with(self, pool_id: int, fingerprints: bytes) -> Sequence[BatchOnSale]:
        """The batches on sale that have any of the fingerprints."""
        rows = await SQL.batches_with.all(self._connection, pool_id, fingerprints)
        return [
            BatchOnSale(
                id=row.id,
                numbers=range(row.lo, row.lo + row.imported),
                data_key=row.data_key,
            )
            for row in rows
        ]

    async def records(self, pool_id: int, numbers: range) -> bytes:
        """The sealed records of a range, packed."""
        return await SQL.records.only(self._connection, pool_id, numbers.start, numbers.stop)

    async def void(self, pool_id: int, seqs: Sequence[int], reason: str) -> int:
        """Make codes unsaleable, their leases revoked first; how many were still unsold."""
        async with self._connection.transaction():
            voided = await SQL.void.only(self._connection, pool_id, seqs, reason)
            if self._note is not None:
                kept = len(seqs) - voided
                await self._note(self._connection, {"voided": voided, "kept": kept})
        return voided


@asynccontextmanager
async def voiding(database: Database, note: Note | None = None) -> AsyncIterator[VoidRows]:
    """A connection for finding and voiding codes; `note` is called in each transaction."""
    with unreachable_is_unavailable():
        async with database.pool.acquire() as connection:
            yield VoidRows(connection, note)
