"""Whether a backup is what it was when it was taken."""

import asyncio
import hashlib
from pathlib import Path
from typing import Final

from gateway.backup.client_programs import ProgramFailedError, run
from gateway.backup.rules import Kind, Note
from gateway.ground.desk.refusal import refused
from gateway.ground.errors import RefusedError

DUMP: Final = "quangate.dump"


async def verify(path: Path, note: Note | None = None) -> None:
    """That it is what its manifest or its digest says, to the last byte. Raises RefusedError.

    A base backup says it itself, with its log; a dump needs its note.
    """
    if note is not None and note.kind is Kind.LOGICAL:
        await _verify_dump(path / DUMP, note.digest)
        return
    try:
        await run("pg_verifybackup", "--quiet", "--exit-on-error", str(path))
    except ProgramFailedError as error:
        raise refused("bad-backup", "bad-manifest", path=path, detail=error.said[-500:]) from None


async def is_good(path: Path, note: Note) -> bool:
    """Whether it is."""
    try:
        await verify(path, note)
    except RefusedError:
        return False
    return True


async def _verify_dump(dump: Path, digest: str) -> None:
    try:
        same = await asyncio.to_thread(digest_of, dump) == digest
        if same:
            await run("pg_restore", "--file=/dev/null", str(dump))
    except OSError as error:
        raise refused("bad-backup", "dump-unreadable", path=dump, detail=error.strerror) from None
    except ProgramFailedError as error:
        raise refused(
            "bad-backup", "dump-unreadable", path=dump, detail=error.said[-500:]
        ) from None
    if not same:
        raise refused("bad-backup", "dump-differs", path=dump)


def digest_of(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
