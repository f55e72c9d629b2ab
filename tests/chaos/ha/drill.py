"""The primary is killed under load, again and again; the buyers' own ledger is the judge."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from tests.chaos.books import differences
from tests.chaos.buyers import Buyers, Ledger, buyers_of, until_accepted
from tests.chaos.ha import tell
from tests.chaos.ha.cluster import Cluster
from tests.chaos.ha.shop import Shop, environment_of, open_shop
from tests.conftest import run_cli

BUYERS: Final = 4  # of each address
BETWEEN: Final = 100  # numbers accepted before the next kill
BACK_S_MAX: Final = 180.0


@dataclass(kw_only=True)
class Result:
    """What `make ha` prints. `back_s`: from each kill to the next new order, in seconds."""

    ok: bool = False
    kills: int = 0
    acknowledged: int = 0
    lost: int = 0
    doubled: int = 0
    back_s: list[float] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


@asynccontextmanager
async def buying(shop: Shop, seed: int) -> AsyncIterator[list[Buyers]]:
    """Buyers at each address, with one ledger; they buy until the end of the block."""
    ledger, until = Ledger(), asyncio.Event()
    async with AsyncExitStack() as stack:
        groups = [
            await stack.enter_async_context(buyers_of(shop.world, url, ledger)) for url in shop.urls
        ]
        loops = [
            asyncio.create_task(
                buyers.load(random.Random(seed * 100 + n), f"{seed}-{at}-{n}", until)
            )
            for at, buyers in enumerate(groups)
            for n in range(BUYERS)
        ]
        try:
            yield groups
        finally:
            until.set()
            await asyncio.gather(*loops)
            await groups[0].ask_again_for_all()


async def drill(cluster: Cluster, kills: int, seed: int) -> Result:
    """Kill the primary so often. The cluster has begun; nothing of the shop is left running."""
    result = Result(kills=kills)
    async with open_shop(cluster) as shop:
        async with buying(shop, seed) as groups:
            for number in range(1, kills + 1):
                ledger = groups[0].ledger
                await until_accepted(groups[0], len(ledger.accepted) + BETWEEN)
                result.back_s.append(await _kill(cluster, groups, number))
                tell(f"kill {number}: orders again after {result.back_s[-1]} s")
        ledger = groups[0].ledger
        result.acknowledged = len(ledger.accepted)
        result.complaints = await differences(shop.world, ledger)
        result.complaints += _restore_check(shop)
        for gateway in shop.gateways:
            if await gateway.terminate() != 0:
                result.complaints.append(f"a gateway did not end in order: {gateway.said()[-500:]}")
    result.lost, result.doubled = _count(result.complaints)
    result.ok = not result.complaints
    return result


async def _kill(cluster: Cluster, groups: Sequence[Buyers], number: int) -> float:
    """One kill: of the server alone, or with its Patroni; in seconds, until a new order."""
    victim = await asyncio.to_thread(cluster.until_whole)
    whole_machine = number % 2 == 0
    began = time.monotonic()
    if whole_machine:
        victim.kill()
    else:
        victim.kill_server()
    attempt = 0
    while True:
        attempt += 1
        word = await groups[0].single(f"after-{number}-{attempt}")
        if word == "accepted":
            break
        assert time.monotonic() - began < BACK_S_MAX, f"no order for {BACK_S_MAX} s: {word}"
    back_s = round(time.monotonic() - began, 2)
    if whole_machine:
        victim.patroni.start()
    return back_s


def _restore_check(shop: Shop) -> list[str]:
    """It has nothing to complain of, and does no harm."""
    done = run_cli("restore-check", "--json", environment=environment_of(shop.world.config))
    if done.returncode == 0 and done.json["ok"]:
        return []
    return [f"restore-check: {done.stdout[-500:]}{done.stderr[-500:]}"]


def _count(complaints: Sequence[str]) -> tuple[int, int]:
    """Of the complaints: orders lost, and what came twice."""
    doubled = sum("twice" in one or "the same code" in one for one in complaints)
    return len(complaints) - doubled, doubled
