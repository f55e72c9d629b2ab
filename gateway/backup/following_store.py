"""What a follower asks the server it follows."""

from dataclasses import dataclass
from typing import Any

import asyncpg

from gateway.ground.desk.refusal import refused
from gateway.ground.errors import ConfigError
from gateway.ground.sql.books import unreachable_is_unavailable
from gateway.ground.sql.declared import Statement, Statements


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """What a server keeps its log for."""

    restart_lsn: str | None
    is_active: bool
    is_lost: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a follower is."""

    is_streaming: bool
    lsn: str | None
    is_waited_for: bool


class SQL(Statements, file="backup/following"):
    """Following."""

    slot: Statement[[str], Slot]
    make_slot: Statement[[str], str]
    drop_slot: Statement[[str], None]
    idle_slots: Statement[[], str]
    cluster: Statement[[], str]
    timeline: Statement[[], int]
    progress: Statement[[str], Progress]
    waited_for: Statement[[], str]
    sees_followers: Statement[[], bool]


class FollowingStore:
    """Over a pool of whoever may replicate."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool

    async def check_sight(self) -> None:
        """That our role is told how far followers are. Raises ConfigError."""
        with unreachable_is_unavailable():
            if not await SQL.sees_followers.only(self._pool):
                raise ConfigError(
                    "our role is not told how far a follower is: as a superuser run"
                    "  GRANT pg_monitor TO the role of --owner-url"
                )

    async def slot(self, name: str) -> Slot | None:
        """A follower's slot; None: there is none."""
        with unreachable_is_unavailable():
            return await SQL.slot.one(self._pool, name)

    async def make_slot(self, name: str) -> str:
        """Have the log kept from now on; from where."""
        with unreachable_is_unavailable():
            try:
                return await SQL.make_slot.only(self._pool, name)
            except asyncpg.ConfigurationLimitExceededError:
                raise ConfigError(
                    "the server has no slot left: raise max_replication_slots and start it anew"
                ) from None

    async def drop_slot(self, name: str) -> None:
        """Have it kept no more."""
        with unreachable_is_unavailable():
            await SQL.drop_slot.run(self._pool, name)

    async def idle_slots(self) -> list[str]:
        """Slots of followers that do not run."""
        with unreachable_is_unavailable():
            return await SQL.idle_slots.all(self._pool)

    async def cluster(self) -> tuple[str, int]:
        """The cluster's identifier, and its timeline."""
        with unreachable_is_unavailable():
            return await SQL.cluster.only(self._pool), await SQL.timeline.only(self._pool)

    async def progress(self, name: str) -> Progress | None:
        """How far a follower is; None: it is not connected."""
        with unreachable_is_unavailable():
            return await SQL.progress.one(self._pool, name)

    async def waited_for(self) -> str:
        """Whom commits wait for, as PostgreSQL's setting says it; empty: nobody."""
        with unreachable_is_unavailable():
            return await SQL.waited_for.only(self._pool)

    async def wait_for(self, name: str | None) -> None:
        """Have commits wait for a follower from now on, over restarts too; None: for nobody.

        Raises RefusedError, ConfigError.
        """
        present = await self.waited_for()
        wanted = "" if name is None else f'"{name}"'
        if present == wanted:
            return
        if present and not present.startswith('"quangate_'):
            raise refused("others-wait", "others-wait", names=present, wanted=wanted)
        if present and name is not None:
            raise refused("others-wait", "follower-waited-for", names=present)
        await self._set(wanted)

    async def _set(self, names: str) -> None:
        with unreachable_is_unavailable():
            try:
                async with self._pool.acquire() as connection:
                    await connection.execute(
                        f"ALTER SYSTEM SET synchronous_standby_names = '{names}'"
                    )
                    await connection.execute("SELECT pg_reload_conf()")
            except asyncpg.InsufficientPrivilegeError:
                raise ConfigError(
                    "our role may not say whom commits wait for: as a superuser run"
                    f"  ALTER SYSTEM SET synchronous_standby_names = '{names}';"
                    " SELECT pg_reload_conf();  or give a superuser's URL by --owner-url"
                ) from None
