"""A chaos run over orders: `python -m tests.chaos.orders --minutes N --seed S`.

Load from many buyers on a gateway with an embedded database; every few seconds something dies
(a worker, the whole gateway, all database connections) or is stopped for a while. At the end
every number is retried and the books are compared. The last line of stdout is the result as JSON.
"""

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gateway.ground.config import Config
from gateway.ground.sql.database import Database
from tests.chaos.books import audit_complaints, differences, stats
from tests.chaos.buyers import Buyers, Ledger, buyers_of, under_load
from tests.chaos.processes import GatewayProcess, kill_quietly
from tests.chaos.world import World, build_world, opened, stock_up

CODES_AT_ONCE = 20_000
CODES_LOW = 8_000
PAUSES_S = (1.0, 4.0)
OURS = "datname = current_database() AND application_name = 'quangate' AND pid <> pg_backend_pid()"


@dataclass(slots=True, kw_only=True)
class Run:
    """One run and what it did."""

    seed: int
    seconds: float
    directory: Path
    workers: int = 2
    harm: Counter[str] = field(default_factory=Counter)
    ledger: Ledger = field(default_factory=Ledger)

    async def result(self) -> dict[str, Any]:
        """Run, heal, compare; `ok` says whether everything adds up."""
        rng = random.Random(self.seed)
        config = Config(data=self.directory / "data")
        world = await build_world(config, codes=CODES_AT_ONCE)
        log = self.directory / "gateway.log"
        settings = {"QUANGATE_LEASE_TTL_S": "3"}
        began = time.monotonic()
        async with (
            opened(config) as database,
            GatewayProcess(config, log, workers=self.workers, settings=settings) as gateway,
        ):
            async with buyers_of(world, gateway.url, self.ledger) as buyers:
                async with under_load(buyers, seed=self.seed, prefix="c"):
                    while time.monotonic() - began < self.seconds or not self.harm.total():
                        await asyncio.sleep(rng.uniform(*PAUSES_S))
                        await self._keep_stocked(world, database)
                        await self._hurt(rng, gateway, database)
                await self._heal(gateway, buyers)
            exit_code = await gateway.terminate()
        return await self._judge(world, exit_code, time.monotonic() - began)

    async def _keep_stocked(self, world: World, database: Database) -> None:
        if (await stats(database.pool, world.sku))["free"] < CODES_LOW:
            await stock_up(world.config, database, world.sku, CODES_AT_ONCE)

    async def _hurt(self, rng: random.Random, gateway: GatewayProcess, database: Database) -> None:
        """One misfortune."""
        harm = rng.choice(["a worker killed", "the gateway killed", "connections cut"])
        self.harm[harm] += 1
        if harm == "a worker killed":
            for pid in list(gateway.worker_pids())[:1]:
                kill_quietly(pid)
        elif harm == "the gateway killed":
            gateway.kill()
            await asyncio.to_thread(gateway.start)
        else:
            await database.pool.execute(
                f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {OURS}"
            )

    async def _heal(self, gateway: GatewayProcess, buyers: Buyers) -> None:
        if not gateway.alive:
            await asyncio.to_thread(gateway.start)
        await buyers.ask_again_for_all()

    async def _judge(self, world: World, exit_code: int, seconds: float) -> dict[str, Any]:
        wrong = await differences(world, self.ledger)
        async with opened(world.config) as database, database.pool.acquire() as connection:
            wrong += await audit_complaints(connection)
            counted = await stats(connection, world.sku)
        if counted["leases"] or counted["imported"] != counted["delivered"] + counted["free"]:
            wrong.append(f"stock: {counted}")
        if exit_code != 0:
            wrong.append(f"exit code {exit_code}")
        return {
            "ok": not wrong, "seed": self.seed, "seconds": round(seconds, 1),
            "orders": len(self.ledger.accepted), "codes": self.ledger.codes_accepted,
            "answers": dict(self.ledger.answers), "harm": dict(self.harm), "stock": counted,
            "wrong": wrong[:20],
        }  # fmt: skip


async def run(seed: int, seconds: float) -> dict[str, Any]:
    """One run in a directory of its own."""
    with tempfile.TemporaryDirectory(prefix="quangate-chaos-") as directory:
        return await Run(seed=seed, seconds=seconds, directory=Path(directory)).result()


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description="Hurt a gateway under load, then check the books.")
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    asked = parser.parse_args()
    sys.stderr.write(f"seed {asked.seed}\n")
    result = asyncio.run(run(asked.seed, asked.minutes * 60))
    sys.stdout.write(json.dumps(result) + "\n")
    return 0 if result["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
