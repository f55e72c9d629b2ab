"""Uploaded files in PostgreSQL, as a worker imports them."""

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any
from uuid import UUID

from gateway.codes.upload_rows import Landed, TakenImport, Verdicts
from gateway.ground.sql.books import unreachable_is_unavailable
from gateway.ground.sql.declared import Statement, Statements


class SQL(Statements, file="codes/upload_queries"):
    """Uploaded files."""

    take_import: Statement[[UUID], TakenImport]
    piece: Statement[[int, int], bytes]
    note_progress: Statement[[int, int], None]
    note_batch: Statement[[int, int], None]
    batch_of_import: Statement[[int], Landed]
    end_import: Statement[
        [int, str, int | None, int | None, int | None, str | None, str | None, str | None], None
    ]
    forget_pieces: Statement[[int], None]
    put_back: Statement[[int, float, bool], None]


class UploadStore:
    """The imports of all workers; `worker_id` is who takes them."""

    def __init__(self, pool: Any, worker_id: UUID) -> None:
        self._pool = pool
        self._worker_id = worker_id

    async def take(self) -> TakenImport | None:
        """The next one, this worker's from now on; None: there is none."""
        with unreachable_is_unavailable():
            return await SQL.take_import.one(self._pool, self._worker_id)

    async def pieces(self, import_id: int) -> AsyncIterator[bytes]:
        """The sealed file, piece by piece."""
        n = 0
        with unreachable_is_unavailable():
            while (sealed := await SQL.piece.one(self._pool, import_id, n)) is not None:
                yield sealed
                n += 1

    async def progress(self, import_id: int, bytes_done: int) -> None:
        """Tell how far it is."""
        with unreachable_is_unavailable():
            await SQL.note_progress.run(self._pool, import_id, bytes_done)

    async def landed(self, import_id: int) -> Landed:
        """What its batch has, which is on sale."""
        with unreachable_is_unavailable():
            return await SQL.batch_of_import.only(self._pool, import_id)

    async def done(
        self, import_id: int, tally: Mapping[str, int], verdicts: Verdicts, warnings: list[str]
    ) -> None:
        """It is over; the file is forgotten."""
        values = (tally["imported"], tally["duplicates"], tally["rejected"])
        told = json.dumps(verdicts.told())
        await self._end(import_id, "done", *values, told, json.dumps(warnings), None)

    async def failed(self, import_id: int, verdicts: Verdicts, error: Mapping[str, str]) -> None:
        """Nothing of it is on sale, and nothing will be; the file is forgotten."""
        told = json.dumps(verdicts.told())
        await self._end(import_id, "failed", None, None, None, told, None, json.dumps(error))

    async def _end(self, import_id: int, state: str, *values: Any) -> None:
        with unreachable_is_unavailable():
            async with self._pool.acquire() as connection, connection.transaction():
                await SQL.end_import.run(connection, import_id, state, *values)
                await SQL.forget_pieces.run(connection, import_id)

    async def put_back(self, import_id: int, after_s: float, *, is_free: bool) -> None:
        """It is queued again; `is_free`: the try counts for nothing."""
        with unreachable_is_unavailable():
            await SQL.put_back.run(self._pool, import_id, after_s, is_free)


async def note_batch(connection: Any, import_id: int, batch_id: int) -> None:
    """In the transaction that puts the batch on sale."""
    await SQL.note_batch.run(connection, import_id, batch_id)
