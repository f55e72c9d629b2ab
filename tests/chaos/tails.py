"""Tails of one pool, round after round: several workers, more buyers than codes, nothing killed.

Each round puts 120 codes on sale; buyers of 1 or 3 ask until they are told "sold out".
`python -m tests.chaos.tails --workers 4 --buyers 64 --rounds 50` prints one JSON object last.
What must not be: an answer 500, a "sold out" while as many codes were still to be sold, a code
left over, a lease one TTL after the last order. `found.md` §4.
"""

import argparse
import asyncio
import itertools
import json
import tempfile
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from gateway.ground.config import Config
from gateway.ground.sql.embedded import EmbeddedServer
from tests.chaos.books import differences, stats_of
from tests.chaos.buyers import Buyers, buyers_of
from tests.chaos.processes import GatewayProcess
from tests.chaos.world import SKU, World, build_world, opened, stock_up

CODES = 120
TTL_S = 3
WAIT_S = 0.02  # "busy" is asked again after this
ROUND_S_MAX = 20.0 * TTL_S  # "busy" passes within one TTL; the rest is for slow machines
NO_LEASE_S_MAX = 20.0 * TTL_S  # the same
PROBES = 8  # connections for each worker, so that each worker gets one


@dataclass(slots=True)
class Round:
    """What a round was like. `sales`: when an accepted order was sent, and how many codes."""

    began: float = field(default_factory=time.monotonic)
    sales: list[tuple[float, int]] = field(default_factory=list)
    sold_out: list[tuple[float, int]] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def false_sold_out(self) -> int:
        """Answers "sold out" after which as many codes as were asked for were still sold."""
        return sum(
            sum(count for sent_at, count in self.sales if sent_at > at) >= quantity
            for at, quantity in self.sold_out
        )


async def buy(buyers: Buyers, current: Round, name: str, quantity: int) -> None:
    """One buyer: orders until there is nothing left for it."""
    for n in range(10 * CODES):
        sent_at = time.monotonic()
        word = await buyers.single(f"{name}-{n}", quantity)
        while word in {"busy", "overloaded", "maintenance"}:
            await asyncio.sleep(WAIT_S)
            sent_at = time.monotonic()
            word = await buyers.single(f"{name}-{n}", quantity)
        if word == "sold-out":
            current.sold_out.append((time.monotonic(), quantity))
            return
        if word == "accepted":
            current.sales.append((sent_at, quantity))


async def one_round(buyers: Buyers, number: int, count: int) -> Round:
    """All buyers at once, then one of 1 for what the others of 3 had to leave."""
    current = Round()
    await asyncio.gather(
        *(buy(buyers, current, f"r{number}-{n}", 3 if n % 2 else 1) for n in range(count))
    )
    await buy(buyers, current, f"r{number}-last", 1)
    current.seconds = time.monotonic() - current.began
    return current


async def run(
    config: Config, log: Path, *, workers: int, buyers: int, rounds: int
) -> dict[str, Any]:
    """The rounds, and what was wrong with them."""
    world = await build_world(config, codes=CODES)
    settings = {"QUANGATE_LEASE_TTL_S": str(TTL_S)}
    done: list[Round] = []
    wrong: list[str] = []
    async with (
        GatewayProcess(config, log, workers=workers, settings=settings) as gateway,
        buyers_of(world, gateway.url) as all_buyers,
    ):
        for number in range(rounds):
            if number:
                async with opened(config) as database:
                    await stock_up(config, database, SKU, CODES)
                world = replace(world, codes=world.codes + CODES)
                await _until_heard(world, gateway.url, all_buyers, f"p{number}", PROBES * workers)
            done.append(await one_round(all_buyers, number, buyers))
            wrong += await _left_over(world, number)
        wrong += await _leases_left(world)
        if await gateway.terminate() != 0:
            wrong.append("the gateway did not end with 0")
    wrong += await differences(world, all_buyers.ledger)
    wrong += [f"round took {r.seconds:.1f} s" for r in done if r.seconds > ROUND_S_MAX]
    return {
        "workers": workers,
        "buyers": buyers,
        "rounds": rounds,
        "answers": dict(all_buyers.ledger.answers),
        "internal": all_buyers.ledger.answers["internal"],
        "false_sold_out": sum(each.false_sold_out for each in done),
        "seconds": [round(each.seconds, 2) for each in done],
        "wrong": wrong,
    }


async def _until_heard(world: World, url: str, buyers: Buyers, name: str, count: int) -> None:
    """Sell over so many new connections, that every worker knows of the new codes."""
    for n in range(count):
        async with buyers_of(world, url, buyers.ledger) as probe:
            tries = itertools.count()
            while await probe.single(f"{name}-{n}-{next(tries)}") != "accepted":  # noqa: ASYNC110
                await asyncio.sleep(WAIT_S)


async def _leases_left(world: World) -> list[str]:
    """Leases that outlive the last order by more than one TTL, and what it may last elsewhere."""
    ends_at = time.monotonic() + NO_LEASE_S_MAX
    while left := (await stats_of(world))["leases"]:
        if time.monotonic() > ends_at:
            return [f"{left} leases long after the last order"]
        await asyncio.sleep(WAIT_S)
    return []


async def _left_over(world: World, number: int) -> list[str]:
    stats = await stats_of(world)
    left = stats["imported"] - stats["delivered"]
    return [f"round {number}: {left} codes left although sold out"] if left else []


async def _main(workers: int, buyers: int, rounds: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="quangate-tails-") as directory:
        server = EmbeddedServer(Path(directory) / "data")
        server.start()
        try:
            config = Config(data=Path(directory) / "data", database_url=server.dsn)
            log = Path(directory) / "gateway.log"
            return await run(config, log, workers=workers, buyers=buyers, rounds=rounds)
        finally:
            server.release()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    for option, default in (("workers", 2), ("buyers", 16), ("rounds", 50)):
        parser.add_argument(f"--{option}", type=int, default=default)
    print(json.dumps(asyncio.run(_main(**vars(parser.parse_args())))))  # noqa: T201
