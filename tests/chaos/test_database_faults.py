"""PostgreSQL is killed, restarted, refuses, or falls silent under load (faults 7, 14, 15)."""

import asyncio
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from gateway.ground.config import Config
from gateway.ground.sql.embedded import EmbeddedServer
from tests.chaos.books import differences, stats_of
from tests.chaos.buyers import Buyers, buyers_of, under_load, until_accepted
from tests.chaos.database_proxy import proxied
from tests.chaos.processes import GatewayProcess
from tests.chaos.world import World, build_world, connected
from tests.world.partner import eventually

pytestmark = pytest.mark.chaos

CODES = 40_000  # more than can be bought meanwhile
OURS = "datname = current_database() AND application_name = 'quangate' AND pid <> pg_backend_pid()"


async def test_backends_terminated_by_an_admin(fresh: Config, log: Path) -> None:
    """All connections are cut again and again: the gateway heals each time, no order is lost."""
    world = await build_world(fresh, codes=CODES)

    async def terminate(connection: Any) -> None:
        await connection.execute(
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {OURS}"
        )

    async with GatewayProcess(fresh, log) as gateway, connected(fresh) as admin:
        await _suffer_and_heal(world, gateway, lambda: terminate(admin), times=6)


async def test_a_backend_is_killed(own_server: Config, log: Path) -> None:
    """One backend dies by SIGKILL, so PostgreSQL restarts all of them: as above."""
    world = await build_world(own_server, codes=CODES)
    server = EmbeddedServer(own_server.data)
    await asyncio.to_thread(server.start)
    around = replace(own_server, database_url=server.dsn)

    async def kill_one() -> None:
        async with connected(around) as connection:
            pid = await connection.fetchval(
                f"SELECT pid FROM pg_stat_activity WHERE {OURS} AND query LIKE '%FROM commit_%'"
            )
        if pid is not None:
            os.kill(pid, signal.SIGKILL)

    try:
        async with GatewayProcess(own_server, log) as gateway:
            await _suffer_and_heal(world, gateway, kill_one, times=2)
    finally:
        await asyncio.to_thread(server.release)


async def test_the_whole_server_is_killed(own_server: Config, log: Path) -> None:
    """The postmaster dies by SIGKILL in mid batch: the gateway starts it again, and serves on."""
    world = await build_world(own_server, codes=CODES)

    async def kill() -> None:
        pid_file = own_server.data / "postgres/postmaster.pid"
        os.kill(int(pid_file.read_text().split()[0]), signal.SIGKILL)

    async with GatewayProcess(own_server, log) as gateway:
        await _suffer_and_heal(world, gateway, kill, times=2)


async def test_no_database_at_the_start(fresh: Config, log: Path, tmp_path: Path) -> None:
    """Without its database the gateway does not start: exit 1 and one clear sentence."""
    nowhere = f"postgresql://quangate@/quangate?host={str(tmp_path).replace('/', '%2F')}&port=5432"
    gateway = GatewayProcess(replace(fresh, database_url=nowhere), log)
    gateway.launch()
    assert await asyncio.to_thread(gateway.wait) == 1
    assert "the database does not answer" in gateway.said()
    assert "Traceback" not in gateway.said()


async def test_the_database_goes_away_and_comes_back(fresh: Config, log: Path) -> None:
    """Away: 503 at once, not ready, alive. Back: ready and selling by itself. No order is lost."""
    world = await build_world(fresh, codes=CODES)
    async with (
        proxied(fresh) as (through_proxy, proxy),
        GatewayProcess(through_proxy, log) as gateway,
        buyers_of(world, gateway.url) as buyers,
    ):
        async with under_load(buyers, seed=15, prefix="a"):
            await until_accepted(buyers, 100)
            await proxy.refuse()
            await eventually(lambda: _status_is(gateway, "/readyz", 503))
            await buyers.single("while-away")
            assert buyers.ledger.last_word["while-away"] == "maintenance"
            await proxy.listen()
            await eventually(lambda: _status_is(gateway, "/readyz", 200))
            await until_accepted(buyers, len(buyers.ledger.accepted) + 100)
        await buyers.ask_again_for_all()
        ledger = buyers.ledger
        assert await gateway.terminate() == 0, gateway.said()
    assert set(ledger.last_word.values()) == {"accepted"}
    assert await differences(world, ledger) == []
    assert (await stats_of(world))["leases"] == 0


@pytest.mark.slow
async def test_the_database_falls_silent(fresh: Config, log: Path) -> None:
    """It hangs instead of failing: everybody who waits is told 503 in bounded time, equals too."""
    world = await build_world(fresh, codes=CODES)
    async with (
        proxied(fresh) as (through_proxy, proxy),
        GatewayProcess(through_proxy, log) as gateway,
        buyers_of(world, gateway.url) as buyers,
    ):
        await buyers.batch([f"before-{n}" for n in range(20)])
        proxy.fall_silent()
        await asyncio.gather(buyers.together("hung", copies=20), buyers.single("alone"))
        assert buyers.ledger.answers["maintenance"] == 21
        assert await _status_is(gateway, "/readyz", 503)
        assert await _status_is(gateway, "/healthz", 200)
        proxy.talk_again()
        await buyers.ask_again_for_all()
        ledger = buyers.ledger
        assert await gateway.terminate() == 0, gateway.said()
    assert set(ledger.last_word.values()) == {"accepted"}
    assert await differences(world, ledger) == []


async def _suffer_and_heal(
    world: World, gateway: GatewayProcess, hurt: Callable[[], Any], *, times: int
) -> None:
    """Under load: hurt, wait until orders flow again; at the end everything adds up."""
    async with buyers_of(world, gateway.url) as buyers:
        async with under_load(buyers, seed=times, prefix="a"):
            for _ in range(times):
                await _more(buyers)
                await hurt()
            await _more(buyers)
        await buyers.ask_again_for_all()
        ledger = buyers.ledger
    assert await gateway.terminate() == 0, gateway.said()
    assert set(ledger.last_word.values()) == {"accepted"}
    assert await differences(world, ledger) == []
    assert (await stats_of(world))["leases"] == 0


async def _more(buyers: Buyers) -> None:
    await until_accepted(buyers, len(buyers.ledger.accepted) + 60)


async def _status_is(gateway: GatewayProcess, path: str, status: int) -> bool:
    async with aiohttp.ClientSession() as session, session.get(gateway.url + path) as answer:
        return answer.status == status
