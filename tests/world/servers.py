"""Two PostgreSQL servers of a test alone: a primary and its standby; killed, promoted, started."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import asyncpg

from gateway.ground.sql.connecting import session_settings
from gateway.ground.sql.embedded import DATABASE_USER, EmbeddedServer, programs
from gateway.orders.lost_tail import AcknowledgedLost
from tests.world.partner import eventually

PORT = 5432


async def nothing_lost(lost: AcknowledgedLost) -> None:
    """For a lane whose database stays what it is."""
    raise AssertionError(lost)


class Member:
    """One of them."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.server = EmbeddedServer(data)

    @property
    def cluster(self) -> Path:
        """PostgreSQL's directory; its socket lies there, too."""
        return self.data / "postgres"

    async def start(self) -> None:
        """Start it, or start it again."""
        if not await asyncio.to_thread(self.server.revive):
            await asyncio.to_thread(self.server.start)

    async def follow(self, primary: "Member") -> None:
        """Become a standby of `primary`, from a copy, and start."""
        self.cluster.mkdir(mode=0o700)
        programs.hand_over(self.cluster)
        code, said = await asyncio.to_thread(
            programs.run, "pg_basebackup", "-D", programs.HERE, "-h", str(primary.cluster),
            "-U", DATABASE_USER, "-X", "stream", "-c", "fast", "-R", cluster=self.cluster,
        )  # fmt: skip
        assert code == 0, said
        await self.start()

    async def promote(self) -> None:
        """Make a primary of a standby."""
        code, said = await asyncio.to_thread(
            programs.run, "pg_ctl", "-D", programs.HERE, "-w", "promote", cluster=self.cluster
        )
        assert code == 0, said

    def signal(self, number: signal.Signals) -> None:
        """To all of its processes: those that work in its directory."""
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                if entry.name.isdigit() and os.path.samefile(entry / "cwd", self.cluster):
                    os.kill(int(entry.name), number)

    async def kill(self) -> None:
        """SIGKILL, and wait until nothing of it is left."""
        self.signal(signal.SIGKILL)

        async def gone() -> bool:
            return not await asyncio.to_thread(self.server._is_alive)

        await eventually(gone)

    async def said(self, statement: str) -> Any:
        """The one value that a statement answers here."""
        connection = await asyncpg.connect(self.server.dsn, server_settings=session_settings())
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()


@dataclass(frozen=True, slots=True)
class TwoServers:
    """`first` is the primary at the beginning."""

    first: Member
    second: Member

    @property
    def url(self) -> str:
        """Of both, the first before the second, as the gateway's role."""
        hosts = ",".join(
            parse_qs(urlsplit(one.server.dsn).query)["host"][0] for one in (self.first, self.second)
        )
        return f"postgresql://{DATABASE_USER}@/quangate?host={hosts}&port={PORT}"

    async def synchronously(self, *, on: bool = True) -> None:
        """From now on commits at the first wait for the second, or do not."""
        names = "'*'" if on else "''"
        await self.first.said(f"ALTER SYSTEM SET synchronous_standby_names = {names}")
        await self.first.said("SELECT pg_reload_conf()")

        async def heard() -> bool:
            waited_for = await self.first.said(
                "SELECT count(*) FROM pg_stat_replication WHERE sync_state IN ('sync', 'quorum')"
            )
            return bool(waited_for) is on

        await eventually(heard)

    async def second_falls_behind(self) -> None:
        """The second has all there is, and from now on gets nothing more."""
        sent = await self.first.said("SELECT pg_current_wal_flush_lsn()::text")

        async def has_it() -> bool:
            has = f"SELECT pg_last_wal_replay_lsn() >= '{sent}'::pg_lsn"
            return bool(await self.second.said(has))

        await eventually(has_it)
        await self.second.said("ALTER SYSTEM SET primary_conninfo = ''")
        await self.second.said("SELECT pg_reload_conf()")

        async def is_alone() -> bool:
            return await self.second.said("SELECT count(*) FROM pg_stat_wal_receiver") == 0

        await eventually(is_alone)


@asynccontextmanager
async def two_servers(place: Path) -> AsyncIterator[TwoServers]:
    """Both of them, the second following; nothing of them is left behind."""
    pair = TwoServers(Member(place / "first"), Member(place / "second"))
    for directory in (place, pair.first.data, pair.second.data):
        directory.mkdir(exist_ok=True)
        directory.chmod(0o711)  # as root: the servers' user passes to the other's socket
    try:
        await pair.first.start()
        await pair.second.follow(pair.first)
        yield pair
    finally:
        for member in (pair.second, pair.first):
            if member.cluster.is_dir():
                await member.kill()
            await asyncio.to_thread(member.server.release)
