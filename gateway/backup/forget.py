"""Removing backups that are too old: good ones alone, and only after a good new one."""

import asyncio
from collections.abc import Callable

from gateway.backup.client_programs import run
from gateway.backup.place import Place
from gateway.backup.rules import Kind, Note, too_many
from gateway.backup.verify import is_good


async def forget(place: Place, new: Note, keep: int, warn: Callable[[str], None]) -> None:
    """Remove the good backups of the kind of a new one but the `keep` newest; what is not good
    stays, and does not count. And the log that a follower keeps, as far as none needs it."""
    good = []
    for name, note in place.backups().items():
        if note.kind is not new.kind:
            continue
        if note == new or await is_good(place.path / name, note):
            good.append((name, note.ended_at))
        else:
            warn(f"{place.path / name} is not good any more: it was left alone")
    for name in too_many(good, keep):
        await asyncio.to_thread(place.remove, name)
    if new.kind is Kind.BASE:
        await _forget_log(place)


async def _forget_log(place: Place) -> None:
    """Remove what a follower received before the oldest backup that is left began."""
    bases = {name: note for name, note in place.backups().items() if note.kind is Kind.BASE}
    if not bases or not place.wal.is_dir():
        return
    oldest = min(bases, key=lambda name: bases[name].ended_at)
    segments = sorted((place.path / oldest / "pg_wal").glob("[0-9A-F]" * 24))
    if segments:
        await run("pg_archivecleanup", str(place.wal), segments[0].name)
