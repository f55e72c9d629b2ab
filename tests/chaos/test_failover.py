"""The primary changes: a standby is promoted; it comes back, or was never gone (faults 16, 17).

Two real servers, no cluster manager: what Patroni would do is done here by hand. `make ha` has the
same with Patroni and etcd.
"""

import asyncio
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gateway.ground.config import Config
from gateway.ground.sql.connecting import connect
from gateway.ground.sql.dsn import Wanted
from gateway.ground.sql.primary import GRACE_S, Server
from gateway.ground.sql.timelines import Timelines
from tests.chaos.books import differences
from tests.chaos.buyers import Buyers, buyers_of, under_load, until_accepted
from tests.chaos.processes import GatewayProcess
from tests.chaos.world import World, build_world
from tests.world.partner import eventually
from tests.world.servers import TwoServers, two_servers

pytestmark = pytest.mark.chaos

CODES = 20_000
BACK_S_MAX = 30.0  # from a promotion to the next order; a second or two where nothing else runs


@dataclass(frozen=True, slots=True)
class Shop:
    """A shop on two servers, a gateway that knows both, and buyers."""

    servers: TwoServers
    world: World
    gateway: GatewayProcess
    buyers: Buyers

    async def sells_again(self, number: str) -> float:
        """How long until a new order is accepted, in seconds."""
        began = time.monotonic()

        async def accepted() -> bool:
            return await self.buyers.single(number) == "accepted"

        await eventually(accepted)
        return time.monotonic() - began


@pytest.fixture
async def servers(own_server: Config) -> AsyncIterator[TwoServers]:
    """A primary and its standby."""
    async with two_servers(own_server.data.parent) as pair:
        yield pair


@asynccontextmanager
async def shop_on(
    servers: TwoServers, tmp_path: Path, *, synchronous: bool = True
) -> AsyncIterator[Shop]:
    """The shop, open, and with all it has sold by then in both places."""
    config = Config(data=tmp_path / "data", database_url=servers.url)
    world = await build_world(config, codes=CODES)
    await servers.synchronously(on=synchronous)
    async with (
        GatewayProcess(config, tmp_path / "gateway.log") as gateway,
        buyers_of(world, gateway.url) as buyers,
    ):
        yield Shop(servers, world, gateway, buyers)


async def test_the_standby_is_promoted_under_load(servers: TwoServers, tmp_path: Path) -> None:
    """The primary is killed under load: orders go on at the new one, none is lost, none is twice,
    and what was in doubt is decided there.

    Seen red with the first address alone.
    """
    async with shop_on(servers, tmp_path) as shop:
        async with under_load(shop.buyers, seed=1, prefix="f"):
            await until_accepted(shop.buyers, 150)
            await servers.first.kill()
            before = len(shop.buyers.ledger.accepted)
            await asyncio.sleep(0.3)  # nobody is the primary
            await servers.second.promote()
            assert await shop.sells_again("after") < BACK_S_MAX
            await until_accepted(shop.buyers, before + 150)
        await shop.buyers.ask_again_for_all()
        assert await differences(shop.world, shop.buyers.ledger) == []
        assert await shop.gateway.terminate() == 0, shop.gateway.said()
        assert "database.promoted" in shop.gateway.said()


async def test_a_frozen_primary_holds_nobody_up(servers: TwoServers, tmp_path: Path) -> None:
    """It answers nothing and refuses nothing, as a host that is cut off: the new one is found.

    Seen red with the driver's own way through the addresses.
    """
    async with shop_on(servers, tmp_path) as shop:
        assert await shop.buyers.single("before") == "accepted"
        servers.first.signal(signal.SIGSTOP)
        ordering = asyncio.create_task(shop.buyers.single("doubtful"))
        await asyncio.sleep(0.3)
        await servers.second.promote()
        assert await shop.sells_again("after") < BACK_S_MAX
        await ordering
        await shop.buyers.ask_again_for_all()
        assert await differences(shop.world, shop.buyers.ledger) == []
        # It wakes up, and is still the primary of its own world.
        servers.first.signal(signal.SIGCONT)
        assert await shop.buyers.single("awake") == "accepted"
        assert await servers.second.said(AWAKE) == 1
        assert await shop.gateway.terminate() == 0, shop.gateway.said()


AWAKE = "SELECT count(*) FROM orders WHERE out_order_no = 'awake'"


async def test_an_old_primary_is_not_written_to(servers: TwoServers, tmp_path: Path) -> None:
    """It comes back alone, while the new one is there, and while that one is away; also a gateway
    that starts only then knows: nothing is accepted that the new one lacks.

    Seen red without `_refuses`' timelines, and (the restarted one) without the file of them.
    """
    async with shop_on(servers, tmp_path) as shop:
        assert await shop.buyers.single("before") == "accepted"
        await servers.first.kill()
        await servers.second.promote()
        await shop.sells_again("promoted")
        await servers.first.start()  # by itself: it has no idea
        await servers.first.said("ALTER SYSTEM RESET synchronous_standby_names")
        await servers.first.said("SELECT pg_reload_conf()")
        await servers.second.kill()
        for number in ("old-1", "old-2"):
            assert await shop.buyers.single(number) == "maintenance"
        shop.gateway.kill()
        shop.gateway.launch()
        assert await asyncio.to_thread(shop.gateway.wait) == 1
        assert "an old primary that came back" in shop.gateway.said()
        await servers.second.start()
        await asyncio.to_thread(shop.gateway.start)
        for number in ("old-1", "old-2", "new"):
            await shop.sells_again(number)
        assert await differences(shop.world, shop.buyers.ledger) == []
        assert await shop.gateway.terminate() == 0, shop.gateway.said()
    assert await servers.first.said("SELECT count(*) FROM orders") <= 2


async def test_whoever_talks_to_an_old_primary_is_told(servers: TwoServers, tmp_path: Path) -> None:
    """It lives and takes writes, only its cluster has given it up: the gateway looks round.

    Seen red without `keep_looking`.
    """
    async with shop_on(servers, tmp_path, synchronous=False) as shop:
        assert await shop.buyers.single("before") == "accepted"
        await servers.second_falls_behind()
        await servers.second.promote()

        async def told() -> bool:
            return "database.promoted" in shop.gateway.said()

        await eventually(told)
        await shop.sells_again("after")
        assert await servers.second.said("SELECT count(*) FROM orders") == 2
        assert await servers.first.said("SELECT count(*) FROM orders") == 1


async def test_the_newer_of_two_that_take_writes(servers: TwoServers, tmp_path: Path) -> None:
    """Nobody here has met either, and the old one answers first: the newer timeline counts.

    Seen red with the first that takes writes.
    """
    await servers.second.promote()
    config = Config(data=tmp_path)

    async def connect_to(address: str) -> Any:
        if address == servers.second.server.dsn:
            await asyncio.sleep(GRACE_S / 2)
        return await connect(address, config)

    addresses = [one.server.dsn for one in (servers.first, servers.second)]
    looking = Server(addresses, Wanted.PRIMARY, Timelines(tmp_path / "elsewhere"))
    for _ in range(3):
        found = await looking.connected(connect_to)
        assert (await found.fetchval("SELECT pg_walfile_name(pg_current_wal_lsn())"))[:8] == NEWER
        await found.close()


NEWER = "00000002"


async def test_a_standby_that_lags_is_noticed(servers: TwoServers, tmp_path: Path) -> None:
    """It is promoted without the last orders: they are lost, and it is never silent. All sales are
    closed, until `restore-check` has laid aside what may have been sold.

    Seen red (sold on, codes twice) without the check of the lane's last batch.
    """
    async with shop_on(servers, tmp_path, synchronous=False) as shop:
        assert await shop.buyers.single("kept") == "accepted"
        await servers.second_falls_behind()
        for number in range(5):
            assert await shop.buyers.single(f"lost-{number}") == "accepted"
        await servers.first.kill()
        await servers.second.promote()

        async def closed() -> bool:
            return "sales.closed" in shop.gateway.said()

        ordering = asyncio.create_task(shop.buyers.single("new"))
        await eventually(closed)
        await ordering
        assert await shop.buyers.single("later") == "maintenance"
        assert "database.acknowledged_lost" in shop.gateway.said()
        assert await servers.second.said("SELECT count(*) FROM orders") <= 2
        assert await shop.gateway.terminate() == 0, shop.gateway.said()
