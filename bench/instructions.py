"""Instructions of the gateway for each request of a kind, counted by callgrind: a cost that a busy
machine does not change. `python -m bench.instructions plain sold_out …`; `--calls` tells Python's.

One worker runs below valgrind with its clock slowed a hundred times, so that none of its timers
falls into what is counted. Requests are signed before, and sent over some connections, one at a
time on each; what is told is the slope between a few of them and many, so what a worker does once
is not in it. Neither the kernel is counted nor PostgreSQL.
"""

import argparse
import asyncio
import json
import os
import pstats
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from bench.presign import (
    Credentials,
    Workload,
    batches,
    campaign_orders,
    confirms,
    holds,
    orders_of_one_buyer,
    signed_requests,
    single_orders,
)
from bench.scarcity import HOLD_TTL_S, HOLDS_MOST, LIMITED, OPEN, SALE, open_sale
from bench.servers import echo_server, gateway_server, quangate
from bench.shop import PARTNER, Shop, make_key, open_shop, place_order

FEW: Final = 64
MANY: Final = 448
SLOWED: Final = 100
LEASE_S: Final = 3600  # it is not renewed in time by a slow clock
STOCK: Final = 200_000
HOUR_S: Final = 3600
TOLD_CALLS_MIN: Final = 0.02
OTHERS_MAX: Final = 2  # answers: who has a token is served
BATCH_LINES: Final = 100
SLOW_CLOCK: Final = """
#define _GNU_SOURCE
#include <time.h>
#include <unistd.h>
#include <sys/syscall.h>
static long long base;
int clock_gettime(clockid_t id, struct timespec *out) {
    int failed = syscall(SYS_clock_gettime, id, out);
    if (failed || id != CLOCK_MONOTONIC) return failed;
    long long now = out->tv_sec * 1000000000LL + out->tv_nsec;
    if (!base) base = now;
    now = base + (now - base) / SLOWED;
    out->tv_sec = now / 1000000000LL;
    out->tv_nsec = now % 1000000000LL;
    return 0;
}
"""
PROFILED: Final = """
import cProfile, os, runpy, signal, sys
profile, running = cProfile.Profile(), False
def toggle(*_):
    global running
    if running:
        profile.disable(); profile.dump_stats(os.environ["PROFILE_OUT"])
    else:
        profile.enable()
    running = not running
signal.signal(signal.SIGUSR1, toggle)
sys.argv[0] = "gateway"
runpy.run_module("gateway", run_name="__main__")
"""


@dataclass(frozen=True, slots=True)
class Kind:
    """What is sent, by whom, and with which status it is answered."""

    workload: Workload
    status: int
    credentials: Credentials


async def set_up(shop: Shop, keys: Path) -> None:
    """What is sold, once; the keys are written down."""
    for sku, codes, per_buyer in (("PLAIN", STOCK, None), ("OWN", STOCK, 2), ("ONE", 1000, 1)):
        await shop.stock(sku, codes, per_buyer=per_buyer)
    await shop.stock("GONE", 0)
    await open_sale(shop, STOCK)
    over = ("--from", "2020-01-01T00:00:00Z", "--to", "2020-01-02T00:00:00Z")
    await quangate(shop.data, "campaign", "create", "GONE-BY", "--sku", "ONE", *over)
    await quangate(
        shop.data, "campaign", "create", "ROOM", "--sku", "ONE", *OPEN, "--pass", "required"
    )
    per_partner, percent = HOLDS_MOST
    await quangate(shop.data, "setting", "set", "holds.per_partner", per_partner)
    await quangate(shop.data, "setting", "set", "holds.pool_percent", percent)
    hasty = await make_key(shop.data, PARTNER, 1)
    both = {"bench": shop.credentials, "hasty": hasty}
    made = {name: [key.key_id, key.secret, key.delivery_key] for name, key in both.items()}
    await asyncio.to_thread(keys.write_text, json.dumps(made))


def kinds(ours: Credentials, hasty: Credentials) -> dict[str, Kind]:
    """By name."""
    late = replace(single_orders("PLAIN"), old_s=HOUR_S)
    stranger = replace(ours, key_id="qk_0000000000000000")
    return {
        "plain": Kind(single_orders("PLAIN"), 201, ours),
        "echo": Kind(single_orders("PLAIN"), 200, ours),
        "limited": Kind(single_orders("OWN"), 201, ours),
        "quotas": Kind(campaign_orders(LIMITED, SALE), 201, ours),
        "batch": Kind(batches("PLAIN", BATCH_LINES), 200, ours),
        "hold": Kind(holds("PLAIN", HOLD_TTL_S), 201, ours),
        "confirm": Kind(confirms(()), 201, ours),
        "sold_out": Kind(single_orders("GONE"), 409, ours),
        "closed": Kind(campaign_orders("ONE", "GONE-BY"), 409, ours),
        "no_pass": Kind(campaign_orders("ONE", "ROOM"), 403, ours),
        "over_limit": Kind(orders_of_one_buyer("ONE", "x"), 422, ours),
        "unknown_key": Kind(single_orders("PLAIN"), 401, stranger),
        "stale": Kind(late, 401, ours),
        "rate_limited": Kind(single_orders("PLAIN"), 429, hasty),
    }


async def send(
    port: int, kind: Kind, count: int, connections: int, targets: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """So many requests, each connection one at a time; their answers."""
    prefix = f"i{time.time_ns() // 1_000_000:x}"
    workload = confirms(targets) if targets else kind.workload
    source = signed_requests(kind.credentials, workload, prefix, int(time.time()))
    waiting = [next(source) for _ in range(count)]
    answers: list[dict[str, Any]] = []

    others = 0

    async def one_connection() -> None:
        nonlocal others
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while waiting:
            writer.write(waiting.pop())
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(re.search(rb"(?i)content-length: (\d+)", head)[1])  # type: ignore[index]
            body = await reader.readexactly(length)
            status = int(head.split(b" ", 2)[1])
            others = others + (status != kind.status)
            if others > OTHERS_MAX:
                raise SystemExit(f"{kind.workload.name}: answered {status} {body[:300]!r}")
            answers.append(json.loads(body))
        writer.close()

    await asyncio.gather(*(one_connection() for _ in range(connections)))
    return answers


class Counting:
    """callgrind's count of one process."""

    def __init__(self, worker: int, home: Path) -> None:
        self._worker, self._home = worker, home

    def _control(self, *words: str) -> None:
        command = ["callgrind_control", *words, str(self._worker)]
        subprocess.run(command, check=True, capture_output=True)

    def counted(self) -> int:
        """Instructions since the last call."""
        for path in self._home.glob("out.*"):
            path.unlink()
        self._control("--instr=on")
        self._control("--dump")
        total = 0
        for path in self._home.glob(f"out.{self._worker}.*"):
            found = re.search(rb"^totals: (\d+)", path.read_bytes(), re.MULTILINE)
            total += int(found[1]) if found else 0
        return total


class Calling:
    """Calls of Python's, by a profiler in the worker."""

    def __init__(self, worker: int, home: Path) -> None:
        self._worker, self._out = worker, home / "calls"

    def counted(self) -> Counter[str]:
        """Calls since the last call; the first begins."""
        self._out.unlink(missing_ok=True)
        os.kill(self._worker, signal.SIGUSR1)
        time.sleep(1.0)
        if not self._out.exists():
            return Counter()
        os.kill(self._worker, signal.SIGUSR1)
        stats: Any = pstats.Stats(str(self._out))
        return Counter(
            {
                f"{Path(file).name}:{line} {name}": row[1]
                for (file, line, name), row in stats.stats.items()
            }
        )


def program(home: Path, *, calls: bool) -> list[str]:
    """What runs a server that is looked at."""
    if calls:
        os.environ["PROFILE_OUT"] = str(home / "calls")
        return [sys.executable, "-P", "-c", PROFILED]
    source, library = home / "slow.c", home / "slow.so"
    source.write_text(SLOW_CLOCK.replace("SLOWED", str(SLOWED)))
    compiler = ["gcc", "-O2", "-shared", "-fPIC", "-o", str(library), str(source)]
    subprocess.run(compiler, check=True)
    counting = ["valgrind", "--tool=callgrind", "--instr-atstart=no"]
    out = f"--callgrind-out-file={home}/out.%p"
    return ["/usr/bin/env", f"LD_PRELOAD={library}", *counting, out, sys.executable]


async def keys_of(home: Path) -> dict[str, Credentials]:
    """The keys of the gateway that is kept there; made with it."""
    os.environ["QUANGATE_LEASE_TTL_S"] = str(LEASE_S)
    keys = home / "keys.json"
    if not keys.exists():
        async with gateway_server(home / "data", home / "setup.log") as server:
            await set_up(await open_shop(home / "data", server), keys)
    return {
        name: Credentials(key_id=key_id, secret=secret, delivery_key=delivery)
        for name, (key_id, secret, delivery) in json.loads(keys.read_text()).items()
    }


@dataclass(frozen=True, slots=True)
class Session:
    """A server that is looked at."""

    port: int
    kinds: dict[str, Kind]
    counting: Any
    connections: int

    async def count(self, name: str) -> Any:
        """What a request costs, in instructions or in calls by name; a line of a batch."""
        kind, few, many, lines = self.kinds[name], FEW, MANY, 1
        if name == "batch":
            few, many, lines = 32, 128, BATCH_LINES  # leases have grown by then
        targets: list[str] = []
        if name == "confirm":
            held = await self._send(self.kinds["hold"], 2 * few + many)
            targets = [answer["hold_no"] for answer in held]
        await self._send(kind, few, targets)
        self.counting.counted()
        await self._send(kind, few, targets)
        small = self.counting.counted()
        await self._send(kind, many, targets)
        large = self.counting.counted()
        if isinstance(large, Counter):  # the profiler's counts go on
            return {call: (n - small[call]) / many / lines for call, n in large.items()}
        return (large - small) / (many - few) / lines

    async def _send(self, kind: Kind, count: int, targets: Sequence[str] = ()) -> Any:
        some = targets[:count]
        if targets:
            del targets[:count]  # type: ignore[attr-defined]
        return await send(self.port, kind, count, min(count, self.connections), some)


async def run(arguments: argparse.Namespace) -> None:
    """Count each kind, in turns."""
    home = arguments.home.resolve()
    await asyncio.to_thread(home.mkdir, parents=True, exist_ok=True)
    keys = await keys_of(home)
    run_by = await asyncio.to_thread(partial(program, home, calls=arguments.calls))
    is_echo = arguments.kinds == ["echo"]
    if is_echo:
        started = echo_server(home / "echo.log", run_by)
    else:
        by_name = run_by if arguments.calls else [*run_by, "-m", "gateway"]
        started = gateway_server(home / "data", home / "gateway.log", program=by_name)
    async with started as server:
        counting = (Calling if arguments.calls else Counting)(server.pid, home)
        all_kinds = kinds(keys["bench"], keys["hasty"])
        session = Session(server.port, all_kinds, counting, arguments.connections)
        if not is_echo:
            first = {"out_order_no": "the-one", "buyer": {"id": "x"}}
            await place_order(server.port, keys["bench"], sku="ONE", **first)
        for name in arguments.kinds or [each for each in all_kinds if each != "echo"]:
            tell(name, await session.count(name))


def tell(name: str, cost: Any) -> None:
    """For a person."""
    if isinstance(cost, dict):
        for n, call in sorted(((n, call) for call, n in cost.items()), reverse=True):
            if n >= TOLD_CALLS_MIN:
                print(f"{n:9.2f}  {call}")
        cost = sum(cost.values())
    print(f"{name:14} {cost:12,.0f}", flush=True)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kinds", nargs="*")
    parser.add_argument("--home", type=Path, default=Path("bench/results/instructions"))
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--calls", action="store_true")
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
