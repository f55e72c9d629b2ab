"""Imports an uploaded file: one at a time, where the last worker stopped if one was killed.

The file lies in the database, sealed, until its import is over; opened it is in memory only. What
goes on sale does so in one transaction that also says so in the import's row, so that whoever goes
on after a kill knows.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

import structlog

from gateway.codes.upload_rows import TRIES_MAX, Landed, TakenImport, Verdicts
from gateway.ground.command.failures import to_failure
from gateway.ground.desk.refusal import refused
from gateway.ground.desk.rest.quiet_asker import QuietAsker
from gateway.ground.errors import RefusedError, StoreUnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator

log = structlog.get_logger()

PURPOSE: Final = "import"  # what the vault binds the pieces to
LOOK_EVERY_S: Final = 30.0  # for what was left by workers that are gone
TELL_EVERY_S: Final = 1.0
AGAIN_AFTER_S: Final = 5.0
BUSY: Final = frozenset({"import-running", "busy"})  # somebody else's turn in this pool


class Uploads(Protocol):
    """Uploaded files; see upload_store.UploadStore."""

    async def take(self) -> TakenImport | None:
        """The next one, or None."""

    def pieces(self, import_id: int) -> AsyncIterator[bytes]:
        """The sealed file."""

    async def progress(self, import_id: int, bytes_done: int) -> None:
        """Tell how far it is."""

    async def landed(self, import_id: int) -> Landed:
        """What its batch has."""

    async def done(
        self, import_id: int, tally: Mapping[str, int], verdicts: Verdicts, warnings: list[str]
    ) -> None:
        """It is over."""

    async def failed(self, import_id: int, verdicts: Verdicts, error: Mapping[str, str]) -> None:
        """Nothing of it is on sale."""

    async def put_back(self, import_id: int, after_s: float, *, is_free: bool) -> None:
        """It is queued again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenFile:
    """A file to be imported, and who is told of it."""

    path: Path
    taken: TakenImport
    asker: QuietAsker
    verdicts: Verdicts


# Imports an open file into its pool; what `codes import --json` prints. Raises RefusedError.
Import = Callable[[OpenFile], Awaitable[Mapping[str, Any]]]


class UploadedImports:
    """Takes what was uploaded, one after the other."""

    def __init__(
        self, uploads: Uploads, open_piece: Callable[[str, bytes], bytes], run: Import
    ) -> None:
        self._uploads = uploads
        self._open_piece = open_piece
        self._import = run
        self._came = asyncio.Event()

    def came(self) -> None:
        """Something was uploaded, or may have been."""
        self._came.set()

    async def keep_importing(self) -> None:
        """Until it is cancelled."""
        while True:
            self._came.clear()
            try:
                while (taken := await self._uploads.take()) is not None:
                    await self.work(taken)
            except StoreUnavailableError as error:
                log.warning("import.unavailable", error=str(error))
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY_S):
                    await self._came.wait()

    async def work(self, taken: TakenImport) -> None:
        """One import, to its end, or back into the queue."""
        verdicts = Verdicts()
        try:
            if taken.batch_id is not None:  # killed after its codes were on sale
                landed = await self._uploads.landed(taken.id)
                tally = {
                    name: getattr(landed, name) for name in ("imported", "duplicates", "rejected")
                }
                await self._uploads.done(taken.id, tally, verdicts, [])
                return
            await self._run(taken, verdicts)
        except asyncio.CancelledError:
            with suppress(StoreUnavailableError):
                await asyncio.shield(self._uploads.put_back(taken.id, 0.0, is_free=True))
            raise
        except StoreUnavailableError:
            raise  # it stays this worker's, who takes it again
        except Exception as error:  # noqa: BLE001  whatever it is: nothing else tells of it
            await self._fail(taken, verdicts, error)

    async def _run(self, taken: TakenImport, verdicts: Verdicts) -> None:
        if taken.tries > TRIES_MAX:
            raise refused("gave-up", "gave-up", tries=TRIES_MAX)
        done = [0]
        asker = QuietAsker(lambda now, _: done.__setitem__(0, now))
        telling = asyncio.create_task(self._tell(taken.id, done))
        try:
            with memory_file(taken.file) as (path, write):
                async for sealed in self._uploads.pieces(taken.id):
                    await asyncio.to_thread(
                        lambda piece: write(self._open_piece(PURPOSE, piece)), sealed
                    )
                tally = await self._import(
                    OpenFile(path=path, taken=taken, asker=asker, verdicts=verdicts)
                )
        finally:
            telling.cancel()
            await asyncio.gather(telling, return_exceptions=True)
        await self._uploads.done(taken.id, tally, verdicts, asker.warnings)

    async def _fail(self, taken: TakenImport, verdicts: Verdicts, error: Exception) -> None:
        if isinstance(error, RefusedError) and error.code in BUSY:
            await self._uploads.put_back(taken.id, AGAIN_AFTER_S, is_free=True)
            asyncio.get_running_loop().call_later(AGAIN_AFTER_S, self.came)
            return
        failure = to_failure(error)
        if failure.code == "internal":
            log.error("import.failed", import_id=taken.id, error=failure.detail)
        told = {"code": failure.code, "detail": failure.detail}
        await self._uploads.failed(taken.id, verdicts, told)

    async def _tell(self, import_id: int, done: list[int]) -> None:
        told = 0
        while True:
            await asyncio.sleep(TELL_EVERY_S)
            if done[0] != told:
                told = done[0]
                with suppress(StoreUnavailableError):
                    await self._uploads.progress(import_id, told)


@contextmanager
def memory_file(name: str) -> "Iterator[tuple[Path, Callable[[bytes], int]]]":
    """A file that lies on no disk: its path in this process, and what appends to it."""
    descriptor = os.memfd_create(Path(name).name[:64] or "import")
    try:
        with os.fdopen(os.dup(descriptor), "wb", buffering=0) as file:
            yield Path(f"/proc/self/fd/{descriptor}"), file.write
    finally:
        os.close(descriptor)
