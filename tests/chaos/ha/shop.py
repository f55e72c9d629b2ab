"""The shop on the cluster: Valkey, two gateways, HAProxy before them where it can be had."""

import asyncio
import os
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from string import Template

import asyncpg

from gateway.ground.config import Config
from tests.chaos.ha import programs, tell
from tests.chaos.ha.cluster import ASK_S, BEGIN_S, FILES, HOST, Cluster, Process
from tests.chaos.processes import GatewayProcess
from tests.chaos.world import World, build_world
from tests.world.valkey import Valkey, free_port

GATEWAY_ROLE = "quangate_gateway"
CODES = 200_000  # more than can be bought meanwhile


@dataclass(frozen=True, slots=True)
class Shop:
    """A shop, its gateways, and where clients go."""

    world: World
    gateways: tuple[GatewayProcess, ...]
    urls: tuple[str, ...]


async def make_roles(cluster: Cluster) -> None:
    """A database, and the gateways' role, which owns nothing."""
    url = cluster.url("quangate", "postgres")
    owner = await asyncpg.connect(url, target_session_attrs="primary")
    try:
        await owner.execute("CREATE DATABASE quangate TEMPLATE template0")
        await owner.execute(f"CREATE ROLE {GATEWAY_ROLE} LOGIN PASSWORD '{cluster.password}'")
    finally:
        await owner.close()


@asynccontextmanager
async def open_shop(cluster: Cluster) -> AsyncIterator[Shop]:
    """The shop; everything of it ends with the block."""
    await make_roles(cluster)
    config = Config(
        data=cluster.place / "gateway-1",
        database_url=cluster.url(GATEWAY_ROLE),
        owner_url=cluster.url("quangate"),
    )
    world = await build_world(config, codes=CODES)
    world = replace(world, config=replace(config, owner_url=None))
    other = cluster.place / "gateway-2"
    other.mkdir(mode=0o700)
    shutil.copy(config.data / "kek", other / "kek")
    valkey = Valkey(cluster.place)
    async with AsyncExitStack() as stack:
        valkey.start()
        stack.callback(valkey.kill)
        settings = {"QUANGATE_REDIS_URL": valkey.url}
        gateways = []
        for data in (config.data, other):
            gateway = GatewayProcess(
                replace(world.config, data=data), cluster.place / f"{data.name}.log",
                settings=settings,
            )  # fmt: skip
            gateways.append(await stack.enter_async_context(gateway))
        urls = tuple(gateway.url for gateway in gateways)
        front = await asyncio.to_thread(_front, cluster.place, urls)
        if front is not None:
            stack.callback(front[0].kill)
            urls = (front[1],)
        yield Shop(world, tuple(gateways), urls)


def _front(place: Path, urls: tuple[str, ...]) -> tuple[Process, str] | None:
    """HAProxy before the gateways, and its address."""
    try:
        program, environment = programs.debian("haproxy")
    except programs.MissingError as error:
        tell(f"without HAProxy: {error}")
        return None
    port = free_port()
    servers = "\n".join(
        f"    server gateway-{n} {url.removeprefix('http://')} check"
        for n, url in enumerate(urls, 1)
    )
    settings = place / "haproxy.cfg"
    text = (FILES / "haproxy.cfg").read_text(encoding="utf-8")
    values = {"HOST": HOST, "PORT": str(port), "SERVERS": servers}
    settings.write_text(Template(text).substitute(values), encoding="utf-8")
    process = Process(
        [str(program), "-db", "-f", str(settings)], place / "haproxy.log", environment
    )
    process.start()
    url = f"http://{HOST}:{port}"
    deadline = time.monotonic() + BEGIN_S
    while time.monotonic() < deadline and process.running and process.running.poll() is None:
        try:
            urllib.request.urlopen(f"{url}/healthz", timeout=ASK_S).close()
        except urllib.error.HTTPError:
            return process, url
        except OSError:
            time.sleep(0.1)
        else:
            return process, url
    process.kill()
    said = (place / "haproxy.log").read_text(errors="replace")[-300:]
    tell(f"without HAProxy, which does not run here: {said}")
    return None


def environment_of(config: Config) -> dict[str, str]:
    """For commands."""
    return {
        **{name: os.environ[name] for name in ("PATH",) if name in os.environ},
        "QUANGATE_DATA": str(config.data),
        "QUANGATE_DATABASE_URL": str(config.database_url),
    }
