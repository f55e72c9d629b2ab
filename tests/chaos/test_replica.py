"""Reads that may lag are a standby's while it answers; without it nothing is missing."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import asyncpg
import pytest

from gateway.ground.config import Config
from gateway.ground.outside.client import Client
from gateway.ground.shares import Shares
from gateway.ground.sql.connecting import create_pool
from gateway.ground.sql.pools import BoundedPool
from gateway.ground.sql.replica import ANSWER_S, LOOK_S, REST_S, LaggingReads
from gateway.health.look_at_replica import BY_BYTES, look_at_replica
from tests.chaos.processes import GatewayProcess
from tests.chaos.world import SKU, build_world
from tests.world.partner import eventually
from tests.world.servers import TwoServers, two_servers

pytestmark = pytest.mark.chaos

BEHIND_S = 600
COMMIT = "SELECT pg_logical_emit_message(true, 'test', '')::text"
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
    clock = [0.0]
    async with reading(servers, tmp_path, clock=lambda: clock[0]) as reads:
        await something_happens(servers)
        assert await reads.fetchval(WHO) is True
        await servers.second.kill()
        assert await reads.fetchval(WHO) is False
        await servers.second.start()
        await something_happens(servers)
        assert await reads.fetchval(WHO) is False  # it is left alone for a while
        clock[0] += REST_S
        assert await reads.fetchval(WHO) is True
        servers.second.signal(signal.SIGSTOP)
        async with asyncio.timeout(ANSWER_S * 5):
            assert await reads.fetchval(WHO) is False
        servers.second.signal(signal.SIGCONT)


async def test_one_that_is_behind_is_not_asked(servers: TwoServers, tmp_path: Path) -> None:
    """Once it lacks what was committed longer ago than it may, the primary is asked, until it has
    caught up; one that has no more to get, of a shop that stands still, is well for the doctor.

    """
    clock, later = [0.0], [timedelta()]
    config = Config(data=tmp_path, replica_url=servers.second.server.dsn, replica_lag_s=BEHIND_S)
    async with reading(
        servers, tmp_path, clock=lambda: clock[0], now=lambda: datetime.now(UTC) + later[0]
    ) as reads:
        await something_happens(servers)
        assert await reads.fetchval(WHO) is True
        primary = await servers.second.said("SELECT current_setting('primary_conninfo')")
        await servers.second_falls_behind()
        clock[0] += LOOK_S
        assert await reads.fetchval(WHO) is True
        connection = await asyncpg.connect(servers.first.server.dsn)
        assert await look_at_replica(config, connection) == (True, BY_BYTES)
        await servers.first.said(COMMIT)
        later[0] = timedelta(seconds=BEHIND_S + 1)
        assert await reads.fetchval(WHO) is False
        behind = await look_at_replica(config, connection)
        assert behind is not None
        assert behind[1].endswith("s behind")
        await servers.second.said(f"ALTER SYSTEM SET primary_conninfo = '{quoted(primary)}'")
        await servers.second.said("SELECT pg_reload_conf()")
        later[0] = timedelta()
        await something_happens(servers)
        clock[0] += REST_S
        assert await reads.fetchval(WHO) is True
        await servers.second.kill()
        away = await look_at_replica(config, connection)
        assert away is not None
        assert not away[0]
        await connection.close()


def quoted(text: str) -> str:
    """Within an SQL string."""
    return text.replace("'", "''")


async def something_happens(servers: TwoServers) -> None:
    """A transaction at the first, which the second has then: it knows when that was."""
    await servers.first.said(COMMIT)
    written = await servers.first.said("SELECT pg_current_wal_flush_lsn()::text")

    async def has_it() -> bool:
        return bool(
            await servers.second.said(
                f"SELECT pg_last_wal_replay_lsn() >= '{written}'::pg_lsn"
                " AND pg_last_xact_replay_timestamp() IS NOT NULL"
            )
        )

    await eventually(has_it)


@asynccontextmanager
async def reading(
    servers: TwoServers,
    data: Path,
    *,
    clock: Callable[[], float],
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> AsyncIterator[LaggingReads]:
    """Reads of the second, and of the first without it."""
    config = Config(data=data)

    async def pool(url: str, *, lagging: bool) -> BoundedPool:
        opened = await create_pool(url, config, 2, lagging=lagging)
        return BoundedPool(opened, Shares(total=2, own=2, waiting_max=8, wait_s=5.0))

    primary = await pool(servers.first.server.dsn, lagging=False)
    replica = await pool(servers.second.server.dsn, lagging=True)
    reads = LaggingReads(replica, primary, now=now, behind_s_max=BEHIND_S, clock=clock)
    try:
        yield reads
    finally:
        await reads.close()
        await primary.close()


async def test_products_are_read_there(servers: TwoServers, tmp_path: Path) -> None:
    """A gateway begins without it, asks it once it is there, and sells whatever it knows.

    Seen red with products read at the primary.
    """
    config = Config(data=tmp_path / "data", database_url=servers.first.server.dsn)
    world = await build_world(config, codes=20)
    settings = {
        "QUANGATE_REPLICA_URL": servers.second.server.dsn, "QUANGATE_REPLICA_LAG_S": "86400",
    }  # fmt: skip
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
