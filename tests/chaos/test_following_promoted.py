"""A follower whose server is lost goes on at the standby that took its place."""

import asyncio
from functools import partial
from pathlib import Path

import pytest

from gateway.ground.config import Config
from gateway.ground.sql.embedded import EmbeddedServer
from tests.chaos.world import build_world
from tests.conftest import run_cli
from tests.world.backups import Follower, ShopDirectory, directory
from tests.world.partner import eventually
from tests.world.servers import Member, two_servers

pytestmark = pytest.mark.chaos

SAID = "following: the log"


async def has(member: Member, row: str) -> bool:
    """Whether a server has the row."""
    return bool(await member.said(f"SELECT count(*) FROM written WHERE what = '{row}'"))


async def test_it_follows_the_standby_that_was_promoted(tmp_path: Path) -> None:
    """It is known there by a slot, takes a backup of the new timeline, says that it follows again;
    a restore has what was written before, and after.

    """
    with directory() as here:
        async with two_servers(here) as servers:
            config = Config(data=here / "data", database_url=servers.first.server.dsn)
            await build_world(config, codes=1)
            place = here / "place"
            follower = Follower(
                ShopDirectory(config.data), place, tmp_path / "log", database=servers.url
            )
            await asyncio.to_thread(follower.follows)
            await servers.first.said("CREATE TABLE written AS SELECT 'before' AS what")
            await eventually(partial(has_table, servers.second))
            await eventually(partial(has, servers.second, "before"))
            begun = follower.said().count(SAID)
            await servers.first.kill()
            await servers.second.promote()

            async def again() -> bool:
                return follower.said().count(SAID) == 2 * begun

            await eventually(again)
            assert "another server is the primary now" in follower.said()
            await servers.second.said("INSERT INTO written VALUES ('after')")
            end = await servers.second.said("SELECT pg_current_wal_flush_lsn()::text")

            async def received() -> bool:
                return bool(
                    await servers.second.said(
                        "SELECT count(*) FROM pg_stat_replication"
                        f" WHERE application_name LIKE 'quangate_%' AND write_lsn >= '{end}'"
                    )
                )

            await eventually(received)
            assert await asyncio.to_thread(follower.end) == 0, follower.said()
        copy = here / "copy"
        done = await asyncio.to_thread(
            run_cli, "restore", str(place), "--data", str(copy), environment={}
        )
        assert done.returncode == 0, done.stderr
        server = EmbeddedServer(copy)
        restored = Member(copy)
        await asyncio.to_thread(server.start)
        try:
            for row in ("before", "after"):
                assert await has(restored, row)
        finally:
            await asyncio.to_thread(server.release)


async def has_table(member: Member) -> bool:
    """Whether it is there, too."""
    return bool(await member.said("SELECT to_regclass('written') IS NOT NULL"))
