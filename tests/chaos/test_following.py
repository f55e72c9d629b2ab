"""A synchronous follower: what was acknowledged is in both places, whatever is killed or destroyed.

`python -m tests.chaos.restore_drill` does the same again and again.
"""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import asyncpg
import pytest

from gateway.ground.sql.embedded import EmbeddedServer
from gateway.ground.sql.embedded.locks import is_free
from tests.chaos.processes import GatewayProcess
from tests.chaos.restore_drill import Round, drill
from tests.world.backups import PARTNER, SKU, Follower, ShopDirectory, directory, open_shop
from tests.world.partner import IssuedKey, Partner, eventually

pytestmark = pytest.mark.chaos


@pytest.fixture(scope="module")
def here() -> Iterator[Path]:
    """Where everything lies."""
    with directory() as path:
        yield path


@pytest.fixture(scope="module")
def shop(here: Path) -> ShopDirectory:
    """A shop."""
    return open_shop(here / "data")


async def key_of(shop: ShopDirectory) -> IssuedKey:
    """A new key of the partner."""
    issued = await asyncio.to_thread(shop.asked, "key", "create", PARTNER)
    return IssuedKey(**{name: issued[name] for name in ("key_id", "secret", "delivery_key")})


@asynccontextmanager
async def partner_of(
    shop: ShopDirectory, gateway: GatewayProcess, key: IssuedKey | None = None
) -> AsyncIterator[Partner]:
    """A partner's client."""
    key = key or await key_of(shop)
    async with aiohttp.ClientSession() as session:
        partner = Partner(gateway.url, session, key)

        async def known() -> bool:
            return (await partner.get("/v1/account")).status == 200

        await eventually(known)
        yield partner


async def waits_for_a_standby(shop: ShopDirectory) -> None:
    """Until a commit waits for one."""
    connection = await asyncpg.connect(EmbeddedServer(shop.data).dsn)
    try:

        async def waits() -> bool:
            return bool(
                await connection.fetchval(
                    "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
                )
            )

        await eventually(waits)
    finally:
        await connection.close()


@pytest.mark.parametrize("how", ["killed", "killed-at-a-new-file", "frozen", "ended"])
async def test_nothing_is_acknowledged_without_it(
    here: Path, shop: ShopDirectory, how: str
) -> None:
    """However it ends; reads that show no code go on; when it is back, so is everything.

    Seen red with `wait_for` left out, and without `_drop_unbegun`.
    """
    place, number = here / f"place-{how}", f"N-{how}"
    follower = Follower(shop, place, here / f"{how}.log", "--synchronous")
    await asyncio.to_thread(follower.follows)
    async with (
        shop.gateway(here / f"gateway-{how}.log") as gateway,
        partner_of(shop, gateway) as partner,
    ):
        assert (await partner.order(out_order_no=f"{number}-0", sku=SKU)).status == 201
        frozen = follower.receivers if how == "frozen" else []
        if how.startswith("killed"):
            follower.kill()
        if how == "killed-at-a-new-file":
            for file in (place / "wal").glob("*.partial"):
                file.write_bytes(bytes(1 << 23))  # half filled up, nothing received
        elif how == "ended":
            assert await asyncio.to_thread(follower.end) == 0
        for pid in frozen:
            os.kill(pid, signal.SIGSTOP)
        ordering = asyncio.create_task(partner.order(out_order_no=number, sku=SKU))
        await waits_for_a_standby(shop)
        assert (await partner.get("/v1/account")).status == 200
        assert not ordering.done()
        for pid in frozen:
            os.kill(pid, signal.SIGCONT)
        if not frozen:
            follower = Follower(shop, place, here / f"{how}-again.log", "--synchronous")
            await asyncio.to_thread(follower.follows)
        await ordering  # acknowledged now, or told to ask again

        async def accepted() -> bool:
            return (await partner.order(out_order_no=number, sku=SKU)).status in {200, 201}

        await eventually(accepted)
        follower.kill()
        left = await asyncio.to_thread(shop.asked, "backup", "follow", "--leave")
        assert left["synchronous"] is False
        assert (await partner.order(out_order_no=f"{number}-1", sku=SKU)).status == 201


@pytest.mark.parametrize("workers", [1, 2])
async def test_a_stop_waits_for_no_follower(here: Path, shop: ShopDirectory, workers: int) -> None:
    """It is gone and an order waits: SIGTERM ends the gateway all the same, which says that
    something was cut short, and its server with it.

    Seen red without `hurry`: the server ran on.
    """
    place = here / f"stop-{workers}"
    follower = Follower(shop, place, here / f"stop-{workers}.log", "--synchronous")
    await asyncio.to_thread(follower.follows)
    settings = {"QUANGATE_DRAIN_S": "1"}
    stopping = shop.gateway(here / f"stop-{workers}.out", workers=workers, settings=settings)
    async with stopping as gateway, partner_of(shop, gateway) as partner:
        follower.kill()
        ordering = asyncio.create_task(partner.order(out_order_no=f"S-{workers}", sku=SKU))
        await waits_for_a_standby(shop)
        assert await gateway.terminate() == 1
        await asyncio.gather(ordering, return_exceptions=True)
        assert "serve.cut_short" in gateway.said()

    async def stopped() -> bool:
        return is_free(shop.data / ".postgres-server.lock")

    await eventually(stopped)
    await asyncio.to_thread(shop.asked, "backup", "follow", "--leave")


@pytest.mark.parametrize("workers", [1, 2])
async def test_a_start_waits_for_no_follower(here: Path, shop: ShopDirectory, workers: int) -> None:
    """It is gone when the gateway begins: that starts, says why no order is acknowledged, answers
    what shows no code, and goes on when the follower is back.

    Seen red (exit 1 after half a minute, "could not confirm") with `connect` for the upkeep.
    """
    place, key = here / f"start-{workers}", await key_of(shop)
    follower = Follower(shop, place, here / f"start-{workers}.log", "--synchronous")
    await asyncio.to_thread(follower.follows)
    follower.kill()
    starting = shop.gateway(here / f"start-{workers}.out", workers=workers)
    async with starting as gateway, partner_of(shop, gateway, key) as partner:

        def says(event: str) -> Callable[[], Awaitable[bool]]:
            async def said() -> bool:
                return event in gateway.said()

            return said

        await eventually(says("follower.away"))
        ordering = asyncio.create_task(partner.order(out_order_no=f"B-{workers}", sku=SKU))
        await waits_for_a_standby(shop)
        assert not ordering.done()
        follower = Follower(shop, place, here / f"start-{workers}-again.log", "--synchronous")
        await asyncio.to_thread(follower.follows)
        await ordering

        async def accepted() -> bool:
            done = await partner.order(out_order_no=f"B-{workers}", sku=SKU)
            return done.status in {200, 201}

        await eventually(accepted)
        await eventually(says("follower.back"))
        await asyncio.to_thread(shop.asked, "backup", "follow", "--leave")
        assert await gateway.terminate() == 0, gateway.said()
    follower.kill()


@pytest.mark.slow
async def test_nothing_acknowledged_is_lost_with_the_machine(here: Path) -> None:
    """Orders flow; gateway, database and follower are killed at once and the data directory is
    destroyed: what was acknowledged is in the restored shop, with the codes that were told.

    Seen red with a frozen receiver and without --synchronous: all 63 of 63 were lost.
    """
    found: Round = await drill(here / "drill", orders=120, buyers=8)
    assert found.acknowledged >= 120
    assert found.lost == []
    assert found.ok
