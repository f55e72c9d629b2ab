"""Workers are replaced, killed and ended while clients are there: none of them loses a request."""

import asyncio
import os
import re
import signal
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from gateway.ground.config import Config
from tests.chaos.books import differences, stats_of
from tests.chaos.buyers import buyers_of, under_load, until_accepted
from tests.chaos.processes import GatewayProcess
from tests.chaos.world import build_world
from tests.conftest import Finished, run_cli
from tests.world.partner import eventually

pytestmark = pytest.mark.chaos

CLIENTS = 40
ASK = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
UNEVEN = 1.5


async def restart(config: Config) -> Finished:
    """`quangate restart --json`, as an operator types it."""
    return await asyncio.to_thread(
        run_cli, "restart", "--json", environment={"QUANGATE_DATA": str(config.data)}
    )


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("how", ["restart", "SIGHUP"])
async def test_workers_are_replaced_under_load(
    fresh: Config, log: Path, workers: int, how: str
) -> None:
    """All of them are others afterwards; every request was answered, and the books add up.

    Twice: what a single worker began in has become its supervisor by the second time.
    Seen red with the old worker ended before the new one began, with resting connections closed at
    once, and with sockets that each worker opens for itself.
    """
    world = await build_world(fresh, codes=60_000)
    async with (
        GatewayProcess(fresh, log, workers=workers) as gateway,
        buyers_of(world, gateway.url) as buyers,
    ):
        async with under_load(buyers, seed=workers, prefix="r"):
            for round_ in (1, 2):
                before = set(gateway.worker_pids())
                await until_accepted(buyers, 200 * round_)
                if how == "restart":
                    done = await restart(fresh)
                    assert done.returncode == 0, done.stderr
                    assert done.json == {"workers": workers}
                else:
                    gateway.signal(signal.SIGHUP)
                    await eventually(
                        lambda n=round_: said(gateway, "serve.restarted", n)  # type: ignore[misc]
                    )
                after = set(gateway.worker_pids())
                assert len(after) == workers
                assert not before & after
        assert await gateway.terminate() == 0, gateway.said()
    assert {"accepted"} == set(buyers.ledger.answers), buyers.ledger.answers
    assert await differences(world, buyers.ledger) == []
    assert (await stats_of(world))["leases"] == 0


async def said(gateway: GatewayProcess, what: str, times: int) -> bool:
    """Whether its log has it so often."""
    return gateway.said().count(what) >= times


@pytest.mark.parametrize("workers", [1, 2])
async def test_a_restart_that_fails_changes_nothing(fresh: Config, log: Path, workers: int) -> None:
    """The key file is not there: the new worker does not begin, the old ones go on, and it is said.

    Seen red with the old worker retired whatever became of the new one.
    """
    world = await build_world(fresh, codes=100)
    key, aside = fresh.data / "kek", fresh.data / "aside"
    async with (
        GatewayProcess(fresh, log, workers=workers) as gateway,
        buyers_of(world, gateway.url) as buyers,
    ):
        assert (await restart(fresh)).json == {"workers": workers}
        before = set(gateway.worker_pids())
        key.rename(aside)
        done = await restart(fresh)
        aside.rename(key)
        assert done.returncode == 1
        assert done.json["error"]["code"] == "restart-failed"
        assert "0 of" in done.json["error"]["detail"]
        assert set(gateway.worker_pids()) == before
        assert await buyers.single("one") == "accepted"
        assert (await restart(fresh)).json == {"workers": workers}
        assert await gateway.terminate() == 0, gateway.said()


async def test_nothing_runs_there(fresh: Config, log: Path) -> None:
    """Neither where nothing ever ran nor where a gateway was killed; what it left is removed.

    Seen red with a file taken for a gateway.
    """
    done = await restart(fresh)
    assert (done.returncode, done.json["error"]["code"]) == (1, "not-running")
    async with GatewayProcess(fresh, log) as gateway:
        gateway.kill()
    left = list((fresh.data / "run" / "gateways").iterdir())
    assert len(left) == 1
    done = await restart(fresh)
    assert (done.returncode, done.json["error"]["code"]) == (1, "not-running")
    assert str(fresh.data) in done.json["error"]["detail"]
    assert not left[0].exists()


async def test_whoever_waits_for_a_killed_worker_is_answered(fresh: Config, log: Path) -> None:
    """Connected by the kernel, accepted by nobody: both workers are killed before they look.

    Seen red (reset) with sockets that each worker opens for itself.
    """
    await build_world(fresh, codes=0)
    async with GatewayProcess(fresh, log, workers=2) as gateway:
        workers = gateway.worker_pids()
        for pid in workers:
            signal_to(pid, signal.SIGSTOP)
        async with connected_to(gateway, CLIENTS) as clients:
            loop = asyncio.get_running_loop()
            for client in clients:
                await loop.sock_sendall(client, ASK)
            for pid in workers:
                signal_to(pid, signal.SIGKILL)
            for client in clients:
                assert (await loop.sock_recv(client, 4096)).startswith(b"HTTP/1.1 200 ")


async def test_nobody_waits_for_a_worker_that_stands_still(fresh: Config, log: Path) -> None:
    """The other one takes whoever waits at its socket; when it goes on they are evened out.

    Nobody has more than 1.5 times the mean then, and no request failed for it.
    Seen red without `Listener._help` (they wait for ever), and without `Worker.even_out`.
    """
    await build_world(fresh, codes=0)
    async with GatewayProcess(fresh, log, workers=2) as gateway:
        still, _ = gateway.worker_pids()
        signal_to(still, signal.SIGSTOP)
        stop = asyncio.Event()
        asking = [asyncio.create_task(keep_asking(gateway, stop)) for _ in range(CLIENTS)]

        async def all_served() -> bool:
            return sum(await connections_of(gateway)) >= CLIENTS

        await eventually(all_served)
        signal_to(still, signal.SIGCONT)

        async def even() -> bool:
            counts = await connections_of(gateway)
            return len(counts) == 2 and max(counts) <= UNEVEN * sum(counts) / 2

        await eventually(even)
        stop.set()
        assert min(await asyncio.gather(*asking)) > 0
        assert await gateway.terminate() == 0, gateway.said()


async def test_leaving_is_told_before_anybody_is_turned_away(fresh: Config, log: Path) -> None:
    """SIGTERM: /readyz says so at once, also to who comes then; requests go on as they were; then
    each answer says that it is the last.

    Seen red without `_be_noticed`: whoever came was refused.
    """
    await build_world(fresh, codes=0)
    async with (
        GatewayProcess(fresh, log, workers=2) as gateway,
        connected_to(gateway, 4) as clients,
    ):
        loop = asyncio.get_running_loop()
        for client in clients:
            await loop.sock_sendall(client, ASK)
            assert b"200 OK" in await loop.sock_recv(client, 4096)
        ending = asyncio.create_task(gateway.terminate())

        async def is_told() -> bool:
            async with connected_to(gateway, 1) as (late,):
                await loop.sock_sendall(late, ASK.replace(b"healthz", b"readyz"))
                answer = await loop.sock_recv(late, 4096)
            return answer.startswith(b"HTTP/1.1 503 ") and b'"draining":true' in answer

        async def asks_until_the_last(client: socket.socket) -> int:
            last, answers = b"", 0
            while b"Connection: close" not in last:
                await loop.sock_sendall(client, ASK)
                last = await loop.sock_recv(client, 4096)
                assert last.startswith(b"HTTP/1.1 200 "), last
                answers += 1
                await asyncio.sleep(0.05)
            assert await loop.sock_recv(client, 1) == b""
            return answers

        # All at once: one that rested for as long as balancers have to notice would be closed.
        asking = [asyncio.create_task(asks_until_the_last(client)) for client in clients]
        await eventually(is_told)
        assert min(await asyncio.gather(*asking)) > 1
        assert await ending == 0


async def test_a_port_has_one_gateway(fresh: Config, log: Path, tmp_path: Path) -> None:
    """Another with several workers is refused instead of sharing it. Seen red without the first
    bind of `bind_all`.
    """
    await build_world(fresh, codes=0)
    async with GatewayProcess(fresh, log, workers=2) as gateway:
        settings = {"QUANGATE_PORT": gateway.url.rsplit(":", 1)[1], "QUANGATE_WORKERS": "2"}
        done = await asyncio.to_thread(
            run_cli, "serve",
            environment={
                **settings, "QUANGATE_DATA": str(tmp_path / "other"),
                "QUANGATE_DATABASE_URL": str(fresh.database_url),
            },
        )  # fmt: skip
        assert done.returncode == 1
        assert "cannot listen on" in done.stderr


# ---------------------------------------------------------------- what the tests do again and again


def signal_to(pid: int, number: signal.Signals) -> None:
    """To a worker."""
    os.kill(pid, number)


@asynccontextmanager
async def connected_to(
    gateway: GatewayProcess, count: int
) -> AsyncIterator[Sequence[socket.socket]]:
    """Clients that the kernel has connected."""
    address = ("127.0.0.1", int(gateway.url.rsplit(":", 1)[1]))
    clients = [socket.create_connection(address) for _ in range(count)]
    for client in clients:
        client.setblocking(False)
    try:
        yield clients
    finally:
        for client in clients:
            client.close()


async def keep_asking(gateway: GatewayProcess, stop: asyncio.Event) -> int:
    """One client, connected again whenever it is sent away; how many answers it had."""
    answers = 0
    connector = aiohttp.TCPConnector(limit=1)
    async with aiohttp.ClientSession(connector=connector) as session:
        while not stop.is_set():
            async with session.post(f"{gateway.url}/v1/orders", data=b"{}") as answer:
                assert answer.status == 401
                await answer.read()
            answers += 1
            await asyncio.sleep(0.02)
    return answers


async def connections_of(gateway: GatewayProcess) -> Sequence[float]:
    """`quangate_worker_connections` of each worker."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{gateway.url}/metrics") as answer,
    ):
        text = await answer.text()
    found = re.findall(r"^quangate_worker_connections\{.*\} (\S+)$", text, re.MULTILINE)
    return [float(count) for count in found]
