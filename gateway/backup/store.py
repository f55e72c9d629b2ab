"""What backups ask the database they are taken from."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.backup.rules import Note
from gateway.ground.sql.books import unreachable_is_unavailable
from gateway.ground.sql.declared import Statement, Statements


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server as a backup of it has to know it; `bytes` is about how large it is."""

    major: int
    role: str
    may_replicate: bool
    superuser: str
    database: str
    has_tablespaces: bool
    wal_level: str
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """The database's clock, and the end of its log."""

    at: datetime
    lsn: str


class SQL(Statements, file="backup/queries"):
    """Backups."""

    server: Statement[[], Server]
    now_and_here: Statement[[], Moment]
    keeps_backups: Statement[[], bool]
    keep: Statement[[datetime, str, str, int, str], None]
    age_s: Statement[[], float]
    missing_follower: Statement[[], str]


class BackupStore:
    """Over a pool or one connection."""

    def __init__(self, on: Any) -> None:
        self._on = on

    async def server(self) -> Server:
        """What it is."""
        with unreachable_is_unavailable():
            return await SQL.server.only(self._on)

    async def moment(self) -> Moment:
        """Now."""
        with unreachable_is_unavailable():
            return await SQL.now_and_here.only(self._on)

    async def keep(self, note: Note, path: str) -> bool:
        """Remember a good backup; False: this database is of a release that has no place for it."""
        with unreachable_is_unavailable():
            if not await SQL.keeps_backups.only(self._on):
                return False
            await SQL.keep.run(self._on, note.ended_at, note.kind, path, note.bytes, note.lsn)
            return True

    async def age_s(self) -> float | None:
        """How old the last good backup is; None: there was none."""
        with unreachable_is_unavailable():
            return await SQL.age_s.one(self._on)

    async def missing_follower(self) -> str | None:
        """The follower that commits wait for, when it is not here."""
        with unreachable_is_unavailable():
            found = await SQL.missing_follower.one(self._on)
        return None if found is None else found.strip('"')
