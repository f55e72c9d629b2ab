"""From a supplier's file to codes on sale.

Chunk by chunk a file is parsed, compared with the pool through the blind index, sealed and
staged; one last transaction puts all of it on sale. A killed import leaves a staged batch that
nobody can buy from: the same file goes on where it stopped, another one discards it.
"""

import hashlib
import json
import secrets
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from gateway.codes.rules import Known, StagedBatch, Tally
from gateway.codes.staging import (
    CHUNK_ROWS,
    Chunk,
    Target,
    committed,
    fingerprinted,
    open_batch,
    read_ahead,
    stage_chunk,
)
from gateway.ground.desk.refusal import refused
from gateway.ground.errors import RefusedError
from gateway.ground.native import CodeFile
from gateway.ground.native_errors import CodeFileError

JUDGED_ROWS_MIN = 5  # of fewer lines a fifth says nothing
REPORT_HEADER = "line,verdict,reason\n"


class Report(Protocol):
    """Where per-line verdicts go."""

    def write(self, text: str, /) -> object:
        """Append."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportJob:
    """One run of an import."""

    source: str  # the file's name, for people
    digest: bytes  # of the file and the flags: finds what to go on with
    dry_run: bool = False
    strict: bool = False  # one rejected line discards everything
    report: Report | None = None
    progress: Callable[[int], None] = lambda _: None  # is told the bytes done


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOutcome:
    """What became of the file; `batch_id` None after a dry run."""

    batch_id: int | None
    tally: Tally
    resumed_after_line: int = 0
    discarded: str | None = None  # the source of an unfinished import that this one replaced


def digest_of(path: Path | None, flags: Mapping[str, Any]) -> bytes:
    """SHA-256 of a file and the flags it is read with; random for the standard input.

    The chunk size belongs to it: going on relies on the same borders.
    """
    if path is None:
        return secrets.token_bytes(32)
    with path.open("rb") as file:
        content = hashlib.file_digest(file, "sha256").hexdigest()
    text = json.dumps([content, CHUNK_ROWS, dict(flags)], sort_keys=True)
    return hashlib.sha256(text.encode()).digest()


async def import_codes(target: Target, file: CodeFile, job: ImportJob) -> ImportOutcome:
    """Import a file into a pool: all of it is on sale at the end, or nothing.

    Raises RefusedError when another import of this pool runs, or in strict mode for a rejected
    line. After any other error or a kill the same call goes on where the last one stopped.
    """
    if job.report is not None:
        job.report.write(REPORT_HEADER)
    async with target.store.exclusively(target.pool.id):
        if job.dry_run:
            return await _preview(target, file, job)
        batch = await open_batch(target, kind="import", source=job.source, digest=job.digest)
        tally = await _stage(target, batch, file, job)
        if _is_no_code_file(file, tally):
            await target.store.discard(batch.id)
            raise _unlike_a_code_file(tally)
        if job.strict and tally.rejected:
            await target.store.discard(batch.id)
            raise _strictly_refused(tally)
        await target.store.finish(batch.id)
    return ImportOutcome(
        batch_id=batch.id,
        tally=tally,
        resumed_after_line=batch.lines_done,
        discarded=batch.discarded,
    )


async def _preview(target: Target, file: CodeFile, job: ImportJob) -> ImportOutcome:
    tally = Tally()
    async with aclosing(_chunks(target, file)) as chunks:
        async for chunk in chunks:
            # No batch has the number 0: whatever the pool knows is the pool's.
            known = await target.store.preview(target.pool, 0, chunk.fingerprints)
            tally = tally.plus(chunk.facts, known)
            _tell(job, chunk, known)
    if _is_no_code_file(file, tally):
        raise _unlike_a_code_file(tally)
    if job.strict and tally.rejected:
        raise _strictly_refused(tally)
    return ImportOutcome(batch_id=None, tally=tally)


async def _stage(target: Target, batch: StagedBatch, file: CodeFile, job: ImportJob) -> Tally:
    tally = committed(batch)
    async with aclosing(_chunks(target, file)) as chunks:
        async for chunk in chunks:
            if chunk.facts.last_line <= batch.lines_done:
                await _pass_by(target, batch, chunk, job)
                continue
            known = await stage_chunk(target, batch, chunk, seq=batch.lo + tally.imported)
            tally = tally.plus(chunk.facts, known)
            _tell(job, chunk, known)
    return tally


async def _pass_by(target: Target, batch: StagedBatch, chunk: Chunk, job: ImportJob) -> None:
    """A chunk that an earlier run committed: its verdicts are found again, for the report only."""
    if job.report is None:
        job.progress(chunk.facts.bytes_done)
        return
    _tell(job, chunk, await target.store.preview(target.pool, batch.id, chunk.fingerprints))


def _tell(job: ImportJob, chunk: Chunk, known: Known) -> None:
    if job.report is not None:
        job.report.write(chunk.rows.report([*known.in_file], [*known.in_pool]))
    job.progress(chunk.facts.bytes_done)


def _is_no_code_file(file: CodeFile, tally: Tally) -> bool:
    """A guessed shape under which more than a fifth is rejected is the wrong one."""
    rows = tally.imported + tally.duplicates + tally.rejected
    return rows >= JUDGED_ROWS_MIN and file.guessed() and tally.rejected * 5 > rows


def _unlike_a_code_file(tally: Tally) -> RefusedError:
    return refused("unreadable-file", "no-code-file", "file", rejected=tally.rejected)


def _strictly_refused(tally: Tally) -> RefusedError:
    return refused("rejected-lines", "rejected-lines", "file", rejected=tally.rejected)


def _chunks(target: Target, file: CodeFile) -> AsyncGenerator[Chunk, None]:
    def read() -> Chunk | None:
        try:
            rows = file.next_batch(CHUNK_ROWS)
        except CodeFileError as error:
            raise refused("unreadable-file", "code-file", "file", detail=str(error)) from None
        if rows is None:
            return None
        bytes_done, _ = file.progress()
        return fingerprinted(rows, target.vault, bytes_done)

    return read_ahead(read)
