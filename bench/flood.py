"""What one partner's excess costs another: `python -m bench.flood [--rounds 3] [--seconds 8]`.

A partner orders over four connections, alone and while others do what they can: one reads its
statement of a million movements 24 times at once, one sends batches of 500 without money over 64
connections. In turns, on one machine, by ratios; the others have a process of their own.
"""

import argparse
import asyncio
import contextlib
import json
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg

from bench.servers import Server, gateway_server, quangate
from gateway.ground.outside.client import Client, Credentials
from gateway.ground.sql.embedded import EmbeddedServer

MOVEMENTS = 1_000_000
RUN = 500  # movements in a row of `entry`, as a commit writes them
READERS = 24
FLOODERS = 64
BUYERS = 4

LONG_ACCOUNT = """
WITH partner AS (SELECT id FROM partner WHERE name = 'greedy'),
runs AS (
    INSERT INTO entry (partner_id, seq, kind, amount, balance_after, order_ids, amounts)
    SELECT p.id, n * $2::bigint, 'charge', 0, 0,
           array_fill(n, ARRAY[$2::integer]), array_fill(0::bigint, ARRAY[$2::integer])
    FROM partner p, generate_series(1::bigint, $1::bigint / $2) AS n)
UPDATE account SET last_entry = $1 WHERE partner_id = (SELECT id FROM partner)
"""  # fmt: skip


def main() -> None:
    """Measure, or be the others."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--others", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.others:
        asyncio.run(_be_the_others(json.loads(chosen.others)))
    else:
        asyncio.run(_measure(chosen.rounds, chosen.seconds))


async def _measure(rounds: int, seconds: float) -> None:
    with tempfile.TemporaryDirectory(prefix="quangate-flood-") as directory:
        data = Path(directory) / "data"
        async with gateway_server(data, Path(directory) / "log") as server:
            keys = await _set_up(data)
            others = {name: keys[name] for name in ("greedy", "poor")}
            rest_mib = _resident_mib(server.pid)
            figures = []
            for _ in range(rounds):
                alone = await _buy(server, keys["buyer"], seconds)
                async with _others(server, others):
                    beside = await _buy(server, keys["buyer"], seconds)
                figures.append((alone, beside))
            print(json.dumps(_summary(figures, rest_mib), indent=1))


async def _set_up(data: Path) -> dict[str, Any]:
    keys = {}
    for name, money in (("buyer", 10**12), ("greedy", 0), ("poor", 1)):
        await quangate(data, "partner", "create", name)
        if money:
            await quangate(data, "account", "deposit", name, str(money), "--reference", "start")
        keys[name] = await quangate(data, "key", "create", name)
    await quangate(data, "pool", "create", "P")
    await quangate(
        data, "codes", "generate", "400000", "--pool", "P", "--pattern", "AAAA-9999-####-####"
    )
    await quangate(
        data, "sku", "create", "P", "--name", "P", "--kind", "code", "--pool", "P", "--price", "100"
    )  # fmt: skip
    server = EmbeddedServer(data)
    await asyncio.to_thread(server.start)
    connection = await asyncpg.connect(server.dsn)
    await connection.execute(LONG_ACCOUNT, MOVEMENTS, RUN)
    await connection.close()
    await asyncio.to_thread(server.release)
    await asyncio.sleep(1)
    return keys


def _client(session: aiohttp.ClientSession, port: int, key: dict[str, Any]) -> Client:
    names = ("key_id", "secret", "delivery_key")
    credentials = Credentials(**{name: key[name] for name in names})
    return Client(session, f"http://127.0.0.1:{port}", credentials)


async def _buy(server: Server, key: dict[str, Any], seconds: float) -> dict[str, float]:
    """Order for a while; p50 and p99 in ms, what /readyz said, the most memory in MiB."""
    took: list[float] = []
    unready = peak_mib = 0.0
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        client = _client(session, server.port, key)
        ends_at = time.monotonic() + seconds

        async def buy(n: int) -> None:
            while time.monotonic() < ends_at:
                number = f"B{time.time_ns()}-{n}"
                answer = await client.post("/v1/orders", {"out_order_no": number, "sku": "P"})
                took.append(answer.seconds if answer.status == 201 else float("inf"))

        buyers = [asyncio.create_task(buy(n)) for n in range(BUYERS)]
        while time.monotonic() < ends_at:
            async with session.get(f"http://127.0.0.1:{server.port}/readyz") as reply:
                unready += reply.status != 200
            peak_mib = max(peak_mib, _resident_mib(server.pid))
            await asyncio.sleep(0.1)
        await asyncio.gather(*buyers)
    cuts = statistics.quantiles(took, n=100)
    return {
        "orders": len(took), "p50_ms": cuts[49] * 1e3, "p99_ms": cuts[98] * 1e3,
        "unready": unready, "peak_mib": peak_mib,
    }  # fmt: skip


@contextlib.asynccontextmanager
async def _others(server: Server, keys: dict[str, Any]) -> AsyncIterator[None]:
    given = json.dumps({"port": server.port, "keys": keys})
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.flood", "--others", given
    )
    await asyncio.sleep(2)
    try:
        yield
    finally:
        process.kill()
        await process.wait()
        await asyncio.sleep(2)


async def _be_the_others(given: dict[str, Any]) -> None:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        greedy = _client(session, given["port"], given["keys"]["greedy"])
        poor = _client(session, given["port"], given["keys"]["poor"])
        today = datetime.now(UTC).date().isoformat()

        async def read() -> None:
            while True:
                await greedy.get(f"/v1/statements/{today}")

        async def flood(n: int) -> None:
            while True:
                at = time.time_ns()
                lines = [{"out_order_no": f"F{at}-{n}-{i}", "sku": "P"} for i in range(500)]
                await poor.post("/v1/orders/batch", {"orders": lines})

        await asyncio.gather(
            *(read() for _ in range(READERS)), *(flood(n) for n in range(FLOODERS))
        )


def _resident_mib(pid: int) -> float:
    """Of the gateway's process."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def _summary(
    figures: list[tuple[dict[str, float], dict[str, float]]], rest_mib: float
) -> dict[str, Any]:
    ratios = [beside["p99_ms"] / alone["p99_ms"] for alone, beside in figures]
    return {
        "p99 beside / alone": [round(ratio, 2) for ratio in sorted(ratios)],
        "unready answers": sum(beside["unready"] for _, beside in figures),
        "MiB above rest": round(max(beside["peak_mib"] for _, beside in figures) - rest_mib),
        "rounds": figures,
    }


if __name__ == "__main__":
    main()
