"""Single orders in turns with the designs that others would choose, each tuned as hard as ours.

Peers have packages, a toolchain or a server of their own: where one is missing its row is not
measured, and the others are.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from sys import executable
from typing import Any, Final, TypeAlias

import asyncpg

from bench.comparisons import SINGLE_CODES_PER_S_MAX, House, ratio_figure
from bench.figures import Figure
from bench.nodes import running_valkey
from bench.plan import NotMeasured, Plan
from bench.presign import single_orders
from bench.servers import ROOT, Server, ServerError, peer_server
from bench.shop import postmaster_pid, wal_bytes
from bench.spread import spread
from bench.turns import Contestant, Rounds, run_turns, us_per_line
from gateway.ground.sql.embedded import EmbeddedServer

PEER_CODES_PER_S_MAX = 15_000  # a pace that no peer exceeds; it only decides how much is in stock
GO_PEER: Final = ROOT / "bench" / "peers" / "go_one_statement"
GO_BUILD_S_MAX: Final = 600.0  # with its modules to fetch
FASTAPI: Final = (executable, "-m", "bench.peers.skip_locked.app")
REDIS: Final = (executable, "-m", "bench.peers.redis_lua")
SYNCED: Final = {"redis_always": "always", "redis_everysec": "everysec"}

Peer: TypeAlias = AbstractAsyncContextManager[Contestant]


async def against_skip_locked(house: House) -> list[Figure]:
    """The usual design: FastAPI, a transaction per order, on a PostgreSQL of its own."""
    rounds = await _against(house, "USUAL", lambda ours: fastapi_peer(house.plan, ours))
    return [ratio_figure("ratio_skip_locked", rounds, "gateway", "skip_locked")]


async def against_one_statement(house: House) -> list[Figure]:
    """The same with one statement per order instead of a transaction."""
    rounds = await _against(
        house, "FASTAPI1", lambda ours: fastapi_peer(house.plan, ours, in_one_statement=True)
    )
    return [ratio_figure("ratio_fastapi_one_statement", rounds, "gateway", "one_statement")]


async def against_go(house: House) -> list[Figure]:
    """Go's net/http and pgx, one statement per order."""
    program = await build_go_peer(house.plan.work)
    rounds = await _against(house, "GO1", lambda ours: go_peer(house.plan, ours, program))
    return [
        ratio_figure("ratio_go_one_statement", rounds, "gateway", "go"),
        Figure(key="cpu_ratio_go_one_statement", spread=spread(cpu_ratios(rounds, "go"))),
    ]


async def against_redis(house: House) -> list[Figure]:
    """FastAPI and a Lua script in Redis, whose log is synced with every order, or every second."""
    plan = house.plan

    @asynccontextmanager
    async def both(ours: Contestant) -> AsyncIterator[Sequence[Contestant]]:
        async with AsyncExitStack() as stack:
            peers = [redis_peer(plan, ours, name, sync) for name, sync in SYNCED.items()]
            yield [await stack.enter_async_context(peer) for peer in peers]

    await house.shop.stock("REDIS", plan.codes_needed(SINGLE_CODES_PER_S_MAX))
    ours = house.gateway(single_orders("REDIS"), "201")
    async with both(ours) as peers:
        rounds = await run_turns("single orders / Redis", (ours, *peers), plan, house.teller)
    everysec = ratio_figure("ratio_redis_always", rounds, "gateway", "redis_everysec").spread
    return [
        ratio_figure(
            "ratio_redis_always", rounds, "gateway", "redis_always",
            ratio_everysec=everysec.as_json(),
        )
    ]  # fmt: skip


def cpu_ratios(rounds: Rounds, theirs: str) -> list[float]:
    """Processor time of an order of theirs over one of ours, round by round."""
    pairs = zip(rounds["gateway"], rounds[theirs], strict=True)
    return [us_per_line(peer) / us_per_line(ours) for ours, peer in pairs]


async def _against(house: House, sku: str, open_peer: Callable[[Contestant], Peer]) -> Rounds:
    await house.shop.stock(sku, house.plan.codes_needed(SINGLE_CODES_PER_S_MAX))
    ours = house.gateway(single_orders(sku), "201")
    async with open_peer(ours) as peer:
        title = f"single orders / {peer.name}"
        return await run_turns(title, (ours, peer), house.plan, house.teller)


async def build_go_peer(work: Path) -> Path:
    """The program, built. Raises NotMeasured where there is no Go, or not what it is made of."""
    go = shutil.which("go") or shutil.which("go", path="/usr/local/go/bin")
    if go is None:
        raise NotMeasured("there is no Go toolchain")
    built = work / "go-one-statement"
    process = await asyncio.create_subprocess_exec(
        go, "build", "-trimpath", "-o", str(built), ".", cwd=GO_PEER,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        said, _ = await asyncio.wait_for(process.communicate(), GO_BUILD_S_MAX)
    except BaseException:
        if process.returncode is None:
            process.kill()
        raise
    if process.returncode:
        raise NotMeasured(f"Go's peer cannot be built: {said.decode().strip()[-300:]}")
    return built


@asynccontextmanager
async def fastapi_peer(
    plan: Plan, like: Contestant, *, in_one_statement: bool = False
) -> AsyncIterator[Contestant]:
    """FastAPI on asyncpg, fed like our side."""
    name, after = ("one_statement", ["one-statement"]) if in_one_statement else ("skip_locked", [])
    async with _on_postgres(plan, like, name, FASTAPI, after) as peer:
        yield peer


@asynccontextmanager
async def go_peer(plan: Plan, like: Contestant, program: Path) -> AsyncIterator[Contestant]:
    """The program that `build_go_peer` built, fed like our side."""
    async with _on_postgres(plan, like, "go", (str(program),), ()) as peer:
        yield peer


@asynccontextmanager
async def _on_postgres(
    plan: Plan, like: Contestant, name: str, program: Sequence[str], after: Sequence[str]
) -> AsyncIterator[Contestant]:
    """A peer on a PostgreSQL of its own with the gateway's settings."""
    from bench.peers.skip_locked import tables

    data = plan.work / name
    postgres = EmbeddedServer(data)
    await asyncio.to_thread(postgres.start)
    try:
        await tables.prepare(postgres.dsn, codes=plan.codes_needed(PEER_CODES_PER_S_MAX))
        connection = await asyncpg.connect(postgres.dsn)
        log, environment = data.with_suffix(".log"), {"PEER_DSN": postgres.dsn}
        async with _serving(program, log, environment, after) as server:
            pids = {"server": server.pid, "database": postmaster_pid(data)}
            ledger = _PostgresLedger(connection)
            yield replace(like, name=name, port=server.port, pids=pids, ledger=ledger)
        await connection.close()
    finally:
        await asyncio.to_thread(postgres.release)


@asynccontextmanager
async def redis_peer(
    plan: Plan, like: Contestant, name: str, sync: str
) -> AsyncIterator[Contestant]:
    """FastAPI and a Lua script, fed like our side, on a server of its own with an append-only log.

    Its disk is that of our PostgreSQL. Raises NotMeasured where there is no such server.
    """
    from redis.asyncio import Redis

    from bench.peers import redis_fill

    log = ("--appendonly", "yes", "--appendfsync", sync)
    with running_valkey(plan.work / name, *log) as valkey:
        redis = Redis.from_url(valkey.url)
        await redis_fill.started(redis)
        await redis_fill.fill(redis, codes=plan.codes_needed(PEER_CODES_PER_S_MAX))
        environment = {"PEER_REDIS": valkey.url}
        async with _serving(REDIS, plan.work / f"{name}.log", environment, ()) as server:
            assert valkey.process is not None
            pids = {"server": server.pid, "database": valkey.process.pid}
            yield replace(like, name=name, port=server.port, pids=pids, ledger=_RedisLedger(redis))
        await redis.aclose()


@asynccontextmanager
async def _serving(
    program: Sequence[str], log: Path, environment: dict[str, str], after: Sequence[str]
) -> AsyncIterator[Server]:
    """Raises NotMeasured where the peer's packages are missing."""
    try:
        async with peer_server(program, log, environment=environment, after=after) as server:
            yield server
    except ServerError as error:
        if "ModuleNotFoundError" in str(error):
            missing = str(error).strip().splitlines()[-1]
            raise NotMeasured(f"{missing}: pip install --group bench") from None
        raise


@dataclass(slots=True)
class _PostgresLedger:
    """Codes the peer marked as sold."""

    connection: Any
    counted: int = 0

    async def codes_since_last(self) -> int:
        """Codes sold since the last call."""
        sold: int = await self.connection.fetchval(
            "SELECT count(*) FROM code WHERE order_id IS NOT NULL"
        )
        since, self.counted = sold - self.counted, sold
        return since

    async def wal_bytes(self) -> int:
        """How much log was ever written."""
        return await wal_bytes(self.connection)


@dataclass(slots=True)
class _RedisLedger:
    """Orders in the peer's stream."""

    redis: Any
    counted: int = 0

    async def codes_since_last(self) -> int:
        """Orders since the last call."""
        sold: int = await self.redis.xlen("orders")
        since, self.counted = sold - self.counted, sold
        return since

    async def wal_bytes(self) -> int:
        """How much log was written since it was last rewritten."""
        return int((await self.redis.info("persistence"))["aof_current_size"])
