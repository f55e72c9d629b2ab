"""Reads that may lag are a standby's while it answers; without it nothing is missing."""

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from gateway.ground.config import Config
from gateway.ground.outside.client import Client
from gateway.ground.shares import Shares
from gateway.ground.sql.connecting import create_pool
from gateway.ground.sql.pools import BoundedPool
from gateway.ground.sql.replica import ANSWER_S, REST_S, LaggingReads
from tests.chaos.processes import GatewayProcess
from tests.chaos.world import SKU, build_world
from tests.world.servers import TwoServers, two_servers

pytestmark = pytest.mark.chaos

WHO = "SELECT pg_is_in_recovery()"
OURS = (
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE application_name = 'quangate' AND pid <> pg_backend_pid()"
)


@pytest.fixture
async def servers(own_server: Config) -> AsyncIterator[TwoServers]:
    """A primary and its standby."""
    async with two_servers(own_server.data.parent) as pair:
        yield pair


async def test_whom_it_asks(servers: TwoServers, tmp_path: Path) -> None:
    """The standby; without it, or while it is frozen, the primary, and the standby again later.

    Seen red (the error is the reader's) without the primary behind it.
    """
    config, now = Config(data=tmp_path), [0.0]

    async def pool(url: str, *, lagging: bool) -> BoundedPool:
        opened = await create_pool(url, config, 2, lagging=lagging)
        return BoundedPool(opened, Shares(total=2, own=2, waiting_max=8, wait_s=5.0))

    primary = await pool(servers.first.server.dsn, lagging=False)
    reads = LaggingReads(
        await pool(servers.second.server.dsn, lagging=True), primary, lambda: now[0]
    )
    try:
        assert await reads.fetchval(WHO) is True
        await servers.second.kill()
        assert await reads.fetchval(WHO) is False
        await servers.second.start()
        assert await reads.fetchval(WHO) is False  # it is left alone for a while
        now[0] += REST_S
        assert await reads.fetchval(WHO) is True
        servers.second.signal(signal.SIGSTOP)
        async with asyncio.timeout(ANSWER_S * 5):
            assert await reads.fetchval(WHO) is False
        servers.second.signal(signal.SIGCONT)
    finally:
        await reads.close()
        await primary.close()


async def test_products_are_read_there(servers: TwoServers, tmp_path: Path) -> None:
    """A gateway begins without it, asks it once it is there, and sells whatever it knows.

    Seen red with products read at the primary.
    """
    config = Config(data=tmp_path / "data", database_url=servers.first.server.dsn)
    world = await build_world(config, codes=20)
    settings = {"QUANGATE_REPLICA_URL": servers.second.server.dsn}
    await servers.second_falls_behind()
    await servers.second.kill()
    async with (
        GatewayProcess(config, tmp_path / "gateway.log", settings=settings) as gateway,
        aiohttp.ClientSession() as session,
    ):
        client = Client(session, gateway.url, world.credentials)
        product = f"/v1/products/{SKU}"
        assert (await client.get(product)).status == 200
        await servers.second.start()
        order = {"out_order_no": "1", "sku": SKU, "quantity": 1}
        assert (await client.post("/v1/orders", order)).status == 201
        async with asyncio.timeout(60):
            while await servers.second.said(OURS) == 0:
                assert (await client.get(product)).status == 200
                await asyncio.sleep(0.2)
        assert "replica.away" in gateway.said()
        assert await gateway.terminate() == 0, gateway.said()
