"""Taking a backup: PostgreSQL's own base backup while orders flow, verified before it counts."""

import asyncio
import errno
import json
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

from gateway.backup.client_programs import ProgramFailedError, Source, run
from gateway.backup.forget import forget
from gateway.backup.place import Place, size_of
from gateway.backup.rules import Kind, Note
from gateway.backup.verify import verify
from gateway.ground.desk.refusal import refused
from gateway.ground.errors import ConfigError, StoreUnavailableError
from gateway.ground.sql.embedded import programs

DONE_KB: Final = re.compile(r"\s*(\d+)/\d+ kB")


class ServerFacts(Protocol):
    """See store.Server."""

    @property
    def major(self) -> int: ...
    @property
    def role(self) -> str: ...
    @property
    def may_replicate(self) -> bool: ...
    @property
    def superuser(self) -> str: ...
    @property
    def database(self) -> str: ...
    @property
    def has_tablespaces(self) -> bool: ...
    @property
    def wal_level(self) -> str: ...
    @property
    def bytes(self) -> int: ...


class MomentFacts(Protocol):
    """See store.Moment."""

    @property
    def at(self) -> datetime: ...
    @property
    def lsn(self) -> str: ...


class Books(Protocol):
    """The server a backup is taken from; see store.BackupStore."""

    async def server(self) -> ServerFacts: ...
    async def moment(self) -> MomentFacts: ...
    async def keep(self, note: Note, path: str) -> bool: ...


class Watcher(Protocol):
    """Whoever looks on; see ground.desk.job.Asker."""

    def warn(self, text: str) -> None: ...

    def progress(
        self, what: str, total: int | None, *, in_bytes: bool = False
    ) -> AbstractContextManager[Callable[[int], None]]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How much a base backup may ask of the server that orders are taken with.

    `max_rate` as pg_basebackup has it (kB a second, or with M); `spread`: the checkpoint it begins
    with is written over the time that checkpoints have there, and the backup waits for it.
    """

    max_rate: str | None = None
    spread: bool = False

    def arguments(self) -> list[str]:
        """Of pg_basebackup."""
        rate = [] if self.max_rate is None else [f"--max-rate={self.max_rate}"]
        return [f"--checkpoint={'spread' if self.spread else 'fast'}", *rate]


QUICKLY: Final = Pace()
MAX_RATE: Final = re.compile(r"([1-9][0-9]{0,6})([kM]?)\Z")
RATE_KB: Final = range(32, 1024 * 1024 + 1)


def read_max_rate(text: str) -> str:
    """A rate between 32 kB and 1024 MB a second. Raises ValueError."""
    found = MAX_RATE.match(text)
    if not found or int(found[1]) * (1024 if found[2] == "M" else 1) not in RATE_KB:
        raise ValueError(f"{text!r} is no rate: kB a second, or MB as in 40M; from 32 to 1024M")
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Taking:
    """What a backup is taken with."""

    books: Books
    source: Source
    embedded: bool  # the server is ours
    place: Place
    watcher: Watcher
    pace: Pace = QUICKLY


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A good backup."""

    path: Path
    note: Note


async def check_server(books: Books) -> ServerFacts:
    """That its files can be copied and opened by this release. Raises ConfigError, RefusedError."""
    server = await books.server()
    ours = programs.major_version()
    if server.major != ours:
        raise refused("another-major", "server-of-other-major", theirs=server.major, ours=ours)
    if not server.may_replicate:
        raise ConfigError(replication_wanted(server.role))
    if server.has_tablespaces:
        raise refused("tablespaces", "tablespaces")
    if server.wal_level == "minimal":
        raise ConfigError("wal_level is minimal: set it to replica, and start the server anew")
    return server


def replication_wanted(role: str) -> str:
    """What to do where a role may not be sent the log."""
    return (
        f"the role {role} may not replicate, which a backup is by: as a superuser run"
        f"  ALTER ROLE {role} REPLICATION;  and let pg_hba.conf have a line"
        f"  host replication {role} ADDRESS scram-sha-256  (then SELECT pg_reload_conf();),"
        " or name another role by --owner-url (QUANGATE_OWNER_URL)"
    )


async def take(taking: Taking, keep: int | None) -> Taken:
    """Take a base backup, verify it, and then remove all good ones but the `keep` newest.

    Killed at any time it leaves nothing that could be taken for a backup. Raises RefusedError,
    ConfigError, ProgramFailedError; then nothing is removed.
    """
    server = await check_server(taking.books)
    with taking.place.growing() as growing:
        await _copy(taking, server, growing)
        moment = await taking.books.moment()
        await verify(growing)
        note = _note(growing, server, moment.at, embedded=taking.embedded)
        path = await finished(taking.place, growing, note)
    await remember(taking, note, path, keep)
    return Taken(path=path, note=note)


async def _copy(taking: Taking, server: ServerFacts, growing: Path) -> None:
    with taking.watcher.progress("backing up", server.bytes, in_bytes=True) as done:

        def heard(line: str) -> None:
            if found := DONE_KB.match(line):
                done(int(found[1]) * 1024)

        try:
            await run(
                "pg_basebackup", f"--pgdata={growing}", "--wal-method=stream",
                "--progress", "--no-password", *taking.pace.arguments(),
                source=taking.source, heard=heard,
            )  # fmt: skip
        except ProgramFailedError as error:
            raise understood(error, server.role) from None


async def finished(place: Place, growing: Path, note: Note) -> Path:
    """Make a backup of what is whole. Raises RefusedError where there is no room for its note."""
    try:
        return await asyncio.to_thread(place.finish, growing, note)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise refused("disk-full", "no-room-for-backup") from None


def understood(error: ProgramFailedError, role: str) -> Exception:
    """A program's failure in our words, where they say what to do."""
    said = error.said
    if "pg_hba.conf" in said or "permission denied to start WAL sender" in said:
        return ConfigError(f"{replication_wanted(role)}. The server says: {said[-400:]}")
    if "max_wal_senders" in said:
        return ConfigError(
            "the server sends its log to as many as it may already: raise max_wal_senders by three"
            " and start it anew (the embedded one: start the gateway anew)"
        )
    if "No space left on device" in said:
        return refused("disk-full", "no-room-for-backup")
    return error


def _note(path: Path, server: ServerFacts, ended_at: datetime, *, embedded: bool) -> Note:
    manifest = json.loads((path / "backup_manifest").read_bytes())
    first, last = manifest["WAL-Ranges"][0], manifest["WAL-Ranges"][-1]
    return Note(
        kind=Kind.BASE,
        ended_at=ended_at,
        bytes=size_of(path),
        lsn=last["End-LSN"],
        start_lsn=first["Start-LSN"],
        timeline=last["Timeline"],
        system=str(manifest.get("System-Identifier", "")),
        major=server.major,
        embedded=embedded,
        superuser=server.superuser,
        database=server.database,
    )


async def remember(taking: Taking, note: Note, path: Path, keep: int | None) -> None:
    """Let the shop know of a good backup, and remove those that are too many. That it does not
    know is no reason to have none."""
    try:
        if not await taking.books.keep(note, str(path)):
            taking.watcher.warn(
                "this shop is of a release that does not remember its backups: until it is served"
                " by this one, the metrics do not know of it"
            )
    except StoreUnavailableError as error:
        taking.watcher.warn(f"the backup is good, the metrics may not know of it: {error}")
    if keep is not None:
        await forget(taking.place, note, keep, taking.watcher.warn)
