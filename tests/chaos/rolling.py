"""Workers are replaced, and a release by the next, under 70 % of the load that there can be.

`python -m tests.chaos.rolling` measures both and prints what it found as JSON; small, it is tests.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, Final

from gateway.ground.config import Config
from gateway.ground.outside.client import Credentials
from gateway.ground.sql.embedded import EmbeddedServer
from tests.chaos.books import differences
from tests.chaos.buyers import Buyers, buyers_of, in_parallel
from tests.chaos.older import BEFORE, older_tree
from tests.chaos.processes import GatewayProcess
from tests.chaos.world import FUNDS_MINOR, PARTNER, PRICE_MINOR, SKU, World, build_world
from tests.conftest import as_owner, run_cli
from tests.world.partner import eventually

WIDTH: Final = 32
UNDER_WAY_MAX: Final = 256
SHARE: Final = 0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """Orders that find the peak, and those before, during and after each change."""

    peak: int = 6_000
    each: int = 3_000
    workers: int = 2


@dataclass(slots=True)
class Paced:
    """Orders that come as they come, whether earlier ones were answered or not; but no more than
    so many at once: a machine that is too slow for the rate has one that it can do.
    """

    per_s: float
    sides: list[Buyers]
    words: Counter[str] = field(default_factory=Counter)
    took_s: list[float] = field(default_factory=list)
    numbers: Any = field(default_factory=lambda: count(1))
    sent: int = 0
    under_way: Counter[Buyers] = field(default_factory=Counter)

    @asynccontextmanager
    async def going(self) -> AsyncIterator[None]:
        """While the body runs; at its end all that were sent are answered."""
        stop = asyncio.Event()
        sending = asyncio.create_task(self._send(stop))
        try:
            yield
        finally:
            stop.set()
            await sending

    async def until(self, orders: int) -> None:
        """Wait for so many more answers."""
        enough = len(self.took_s) + orders
        await eventually(lambda: self._has(enough))

    async def _has(self, answers: int) -> bool:
        return len(self.took_s) >= answers

    def p99_ms(self) -> float:
        """Of the answers since the last time this was asked."""
        took, self.took_s = self.took_s, []
        return round(statistics.quantiles(took, n=100)[98] * 1000, 1) if len(took) > 1 else 0.0

    async def _send(self, stop: asyncio.Event) -> None:
        began = time.perf_counter()
        under_way: set[asyncio.Task[None]] = set()
        while not stop.is_set():
            due = int((time.perf_counter() - began) * self.per_s)
            while self.sent < due and len(under_way) < UNDER_WAY_MAX:
                self.sent += 1
                number = next(self.numbers)
                task = asyncio.create_task(self._buy(self.sides[number % len(self.sides)], number))
                under_way.add(task)
                task.add_done_callback(under_way.discard)
            await asyncio.sleep(0.002)
        await asyncio.gather(*under_way)

    async def _buy(self, buyers: Buyers, number: int) -> None:
        began = time.perf_counter()
        self.under_way[buyers] += 1
        self.words[await buyers.single(f"paced-{number}")] += 1
        self.under_way[buyers] -= 1
        self.took_s.append(time.perf_counter() - began)


async def peak_per_s(buyers: Buyers, orders: int) -> float:
    """How many orders a second there can be."""
    await in_parallel(WIDTH, [lambda n=n: buyers.single(f"warm-{n}") for n in range(200)])
    began = time.perf_counter()
    await in_parallel(WIDTH, [lambda n=n: buyers.single(f"peak-{n}") for n in range(orders)])
    return orders / (time.perf_counter() - began)


async def restarted(config: Config, directory: Path, size: Size) -> dict[str, Any]:
    """`quangate restart` in the middle of it."""
    world = await build_world(config, codes=_codes(size))
    log = directory / "gateway.log"
    async with (
        GatewayProcess(config, log, workers=size.workers) as gateway,
        buyers_of(world, gateway.url) as buyers,
    ):
        paced = Paced(SHARE * await peak_per_s(buyers, size.peak), [buyers])
        async with paced.going():
            await paced.until(size.each)
            before = paced.p99_ms()
            done = await asyncio.to_thread(
                run_cli, "restart", "--json", environment={"QUANGATE_DATA": str(config.data)}
            )
            during = paced.p99_ms()
            await paced.until(size.each)
            after = paced.p99_ms()
        ended = await gateway.terminate()
    wrong = [*await differences(world, buyers.ledger), *buyers.ledger.wrong]
    return _found(paced, [before, during, after], wrong) | {
        "restart": done.json, "exit": ended, "workers": size.workers,
    }  # fmt: skip


async def upgraded(config: Config, directory: Path, size: Size) -> dict[str, Any]:
    """An older release sells; this one migrates and sells beside it; the older one ends.

    The database is empty: the older release makes its tables and the shop.
    """
    tree = older_tree(directory)
    owner = {"QUANGATE_OWNER_URL": as_owner(str(config.database_url))}
    async with AsyncExitStack() as running:
        begin = running.enter_async_context
        older = await begin(
            GatewayProcess(config, directory / "older.log", settings=owner, tree=tree)
        )
        world = await asyncio.to_thread(_shop_of, tree, config, size)
        theirs = await begin(buyers_of(world, older.url))
        paced = Paced(SHARE * await peak_per_s(theirs, size.peak), [theirs])
        async with paced.going():
            await paced.until(size.each)
            before = paced.p99_ms()
            newer = await begin(GatewayProcess(config, directory / "newer.log", settings=owner))
            ours = await begin(buyers_of(world, newer.url, theirs.ledger))
            paced.sides = [theirs, ours]
            await paced.until(size.each)
            during = paced.p99_ms()
            paced.sides = [ours]  # as a balancer does before it is ended
            await eventually(lambda: _has_none(paced, theirs))
            ended = [await older.terminate()]
            await paced.until(size.each)
            after = paced.p99_ms()
        ended.append(await newer.terminate())
    wrong = [*await differences(world, theirs.ledger), *theirs.ledger.wrong]
    return _found(paced, [before, during, after], wrong) | {"from": BEFORE, "exit": ended}


async def _has_none(paced: Paced, buyers: Buyers) -> bool:
    """Whether nothing that these sent is unanswered."""
    return not paced.under_way[buyers]


def _shop_of(tree: Path, config: Config, size: Size) -> World:
    """A shop made by the commands of a release."""
    codes = _codes(size)
    said = [
        _command(tree, config, *words)
        for words in (
            ("partner", "create", PARTNER),
            ("account", "deposit", PARTNER, str(FUNDS_MINOR), "--reference", "start"),
            ("pool", "create", SKU),
            ("codes", "generate", str(codes), "--pool", SKU, "--pattern", "A" * 14),
            ("sku", "create", SKU, "--name", SKU, "--kind", "code", "--pool", SKU,
             "--price", str(PRICE_MINOR)),
            ("key", "create", PARTNER),
        )
    ]  # fmt: skip
    key = said[-1]
    return World(
        config=config,
        codes=codes,
        credentials=Credentials(
            key_id=key["key_id"], secret=key["secret"], delivery_key=key["delivery_key"]
        ),
    )


def _command(tree: Path, config: Config, *words: str) -> dict[str, Any]:
    kept = {name: text for name, text in os.environ.items() if not name.startswith("QUANGATE_")}
    settings = {
        "QUANGATE_DATA": str(config.data), "QUANGATE_DATABASE_URL": str(config.database_url),
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "gateway", *words, "--json"],
        cwd=tree, env=kept | settings, capture_output=True, check=True, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def _codes(size: Size) -> int:
    return 24 * (size.peak + 10 * size.each)  # a slow machine sells longer, not less


def _found(paced: Paced, p99_ms: Sequence[float], wrong: Sequence[str]) -> dict[str, Any]:
    failed = {word: times for word, times in paced.words.items() if word != "accepted"}
    return {
        "ok": not failed and not wrong,
        "per_s": round(paced.per_s),
        "orders": sum(paced.words.values()),
        "failed": failed,
        "wrong": wrong,
        "p99_ms": dict(zip(("before", "during", "after"), p99_ms, strict=True)),
    }


def main() -> int:
    """Both, on an embedded server each; 0 if no request failed and the books add up."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="*", default=["restart", "upgrade"])
    parser.add_argument("--orders", type=int, default=Size().each, help="in each part")
    asked = parser.parse_args()
    size = Size(peak=2 * asked.orders, each=asked.orders)
    found = {what: asyncio.run(_on_a_server(what, size)) for what in asked.what}
    print(json.dumps(found))  # noqa: T201
    return 0 if all(each["ok"] for each in found.values()) else 1


async def _on_a_server(what: str, size: Size) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="quangate-rolling-") as name:
        directory = Path(name)
        server = EmbeddedServer(directory / "server")
        await asyncio.to_thread(server.start)
        config = Config(data=directory / "data", database_url=server.dsn)
        try:
            if what == "upgrade":
                return await upgraded(config, directory, size)
            return await restarted(config, directory, size)
        finally:
            await asyncio.to_thread(server.release)


if __name__ == "__main__":
    sys.exit(main())
