"""Which backup is restored from: the one that is named, or the newest good one of a place."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from gateway.backup.place import WAL, Place, read_note
from gateway.backup.rules import Kind, Note, newest_first
from gateway.backup.verify import verify
from gateway.ground.desk.refusal import refused
from gateway.ground.errors import RefusedError
from gateway.ground.moment import rfc3339


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A good backup, and the log beside it that goes on from there, if it is wanted."""

    path: Path
    note: Note
    wal: Path | None


async def choose(
    source: Path, to: datetime | None, passed_over: Callable[[RefusedError], None]
) -> Chosen:
    """A good backup from which `to` (None: the end) can be reached. Raises RefusedError.

    A place's newest backup that is not good any more is passed over, which is told.
    """
    if to is not None and to > datetime.now(UTC):
        raise refused("out-of-reach", "moment-to-come", moment=rfc3339(to))
    alone = read_note(source)
    if alone is not None:
        one = _one(source, alone, to)
        await verify(one.path, one.note)
        return one
    for fit in _of_place(source, to):
        try:
            await verify(fit.path, fit.note)
        except RefusedError as error:
            passed_over(error)
            continue
        return fit
    raise refused("no-backup", "no-good-backup", source=source)


def _of_place(source: Path, to: datetime | None) -> list[Chosen]:
    """Those that may do, the newest first; there are some. Raises RefusedError."""
    if not source.is_dir():
        raise refused("no-backup", "no-backup-there", source=source)
    place = Place(path=source.resolve())
    notes = place.backups()
    fit = newest_first(notes.items(), to)
    if not fit:
        raise _none_fits(source, notes, to)
    wal = place.wal if place.wal.is_dir() else None
    return [
        Chosen(path=place.path / name, note=one, wal=wal if one.kind is Kind.BASE else None)
        for name, one in fit
    ]


def _one(path: Path, note: Note, to: datetime | None) -> Chosen:
    if to is not None and note.kind is Kind.LOGICAL:
        raise refused("out-of-reach", "moment-of-dump", moment=rfc3339(to))
    if to is not None and to < note.ended_at:
        raise _too_early(to, note)
    beside = path.resolve().parent / WAL
    wanted = to is not None and beside.is_dir()
    return Chosen(path=path.resolve(), note=note, wal=beside if wanted else None)


def _none_fits(source: Path, notes: dict[str, Note], to: datetime | None) -> RefusedError:
    bases = [note for note in notes.values() if note.kind is Kind.BASE]
    if to is None or not bases:
        return refused("no-backup", "no-whole-backup", source=source)
    return _too_early(to, min(bases, key=lambda note: note.ended_at))


def _too_early(to: datetime, oldest: Note) -> RefusedError:
    return refused(
        "out-of-reach", "moment-too-early", moment=rfc3339(to), ended_at=rfc3339(oldest.ended_at)
    )
