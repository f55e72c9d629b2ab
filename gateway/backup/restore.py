"""Restoring: a backup, and the log beside it, become a shop whose sales are closed."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from gateway.backup.choose import Chosen, choose
from gateway.backup.client_programs import ProgramFailedError, Source, run
from gateway.backup.place import size_of
from gateway.backup.recover import lay_out, recover
from gateway.backup.rules import Kind, Note
from gateway.backup.staging import Staging, check_empty, staged
from gateway.backup.take import Watcher
from gateway.backup.verify import DUMP
from gateway.ground.desk.refusal import refused
from gateway.ground.errors import RefusedError
from gateway.ground.sql.embedded import EmbeddedServer, programs


class Hand(Protocol):
    """What is done to the shop before anybody uses it; see restoring_store.RestoringStore."""

    async def adopt(self, note: Note) -> None: ...
    async def close_sales(self, source: str, fallback: datetime) -> datetime: ...


class MakeHand(Protocol):
    """On the server of a staging."""

    def __call__(self, server: EmbeddedServer) -> Hand: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """A shop that was restored, from which backup, and up to when it is whole."""

    path: Path
    to: datetime


async def restore(
    source: Path,
    to: datetime | None,
    data: Path,
    hand: MakeHand,
    watcher: Watcher,
    *,
    passed_over: Callable[[RefusedError], None],
) -> Restored:
    """Make a shop in an empty directory; killed or refused it leaves none.

    `to`: the moment to restore to, None: the last there is. `passed_over` is told of each backup
    that is not good any more. Raises RefusedError, ConfigError.
    """
    check_empty(data)
    chosen = await choose(source, to, passed_over)
    _check_major(chosen)
    async with staged(data) as staging:
        server = EmbeddedServer(staging.path)
        try:
            await _fill(chosen, staging, server, to, watcher)
            owner = hand(server)
            if chosen.note.kind is Kind.BASE and not chosen.note.embedded:
                await owner.adopt(chosen.note)
            whole_to = await owner.close_sales(str(chosen.path), chosen.note.ended_at)
        finally:
            await asyncio.to_thread(server.release)
        await asyncio.to_thread(staging.finish)
    return Restored(path=chosen.path, to=whole_to)


def _check_major(chosen: Chosen) -> None:
    ours, theirs = programs.major_version(), chosen.note.major
    if chosen.note.kind is Kind.BASE and theirs != ours:
        raise refused(
            "another-major", "backup-of-other-major", path=chosen.path, theirs=theirs, ours=ours
        )


async def _fill(
    chosen: Chosen, staging: Staging, server: EmbeddedServer, to: datetime | None, watcher: Watcher
) -> None:
    """Put what was backed up into the staging's cluster, running."""
    if chosen.note.kind is Kind.LOGICAL:
        await asyncio.to_thread(server.start)
        await _load(chosen, server, watcher)
        return
    with watcher.progress("copying", size_of(chosen.path), in_bytes=True) as done:
        await asyncio.to_thread(lay_out, chosen, staging.cluster, done)
    with watcher.progress("recovering", None):
        await recover(server, staging.cluster, chosen, to)


async def _load(chosen: Chosen, server: EmbeddedServer, watcher: Watcher) -> None:
    dsn = server.dsn
    with watcher.progress("loading", None):
        try:
            await run(
                "pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", "--clean",
                "--if-exists", "--single-transaction", str(chosen.path / DUMP),
                source=Source(arguments=(f"--dbname={dsn}",), descriptors=server.descriptors),
            )  # fmt: skip
        except ProgramFailedError as error:
            raise refused(
                "bad-backup", "dump-not-loaded", path=chosen.path, detail=error.said[-800:]
            ) from None
