"""A gateway that kills itself at the worst moments, on a real database, under load.

After each death a normal gateway starts on the same data, every number is retried, and then
the buyers' ledger and the database must agree to the last code and cent (faults 1–3).
"""

import asyncio
import signal
from pathlib import Path

import pytest

from gateway.ground.config import Config
from tests.chaos.books import differences, stats_of
from tests.chaos.buyers import Ledger, buyers_of, in_parallel, under_load
from tests.chaos.gateway_with_failpoint import FAILPOINTS
from tests.chaos.processes import GatewayProcess
from tests.chaos.world import World, build_world

pytestmark = pytest.mark.chaos

CODES = 40_000  # more than is sold while a worker drains, which takes orders for seconds

# Which pass of the failpoint kills: late enough that orders were acknowledged before.
PASSES = {
    "lease granted, not published": 2,
    "codes read, slab not published": 2,
    "view recorded, codes not shown": 5,
    "view wanted, not recorded": 5,
    "answer about to be written": 300,
    "answer written": 300,
    "drained, leases not given back": 1,
    "leases given back, still registered": 1,
}
PASSES_OTHERWISE = 12
ON_SIGTERM = {"drained, leases not given back", "leases given back, still registered"}


async def load_until_death(world: World, gateway: GatewayProcess, name: str) -> Ledger:
    """Buy until the gateway is dead."""
    async with buyers_of(world, gateway.url) as buyers:
        async with under_load(buyers, seed=len(name), prefix="a"):
            if name in ON_SIGTERM:
                await buyers.batch([f"before-{n}" for n in range(50)])
                gateway.signal(signal.SIGTERM)
            assert await asyncio.to_thread(gateway.wait) == -signal.SIGKILL, gateway.said()
        return buyers.ledger


async def heal(world: World, gateway: GatewayProcess, ledger: Ledger) -> None:
    """Retry everything at a healthy gateway, buy a little more, stop it in good order."""
    async with buyers_of(world, gateway.url, ledger) as buyers:
        await buyers.ask_again_for_all()
        await in_parallel(8, [lambda n=n: buyers.together(f"b-{n}") for n in range(4)])
        await buyers.ask_again_for_all()
    assert await gateway.terminate() == 0, gateway.said()


@pytest.mark.parametrize("name", FAILPOINTS)
async def test_orders_survive_a_death(fresh: Config, log: Path, name: str) -> None:
    """Killed here: no acknowledged order changes, no code leaves twice, nothing leaks (I4).

    Seen red (orders created twice) with orders answered just before their commit was sent.
    """
    world = await build_world(fresh, codes=CODES)
    doomed = GatewayProcess(fresh, log, failpoint=f"{name}:{PASSES.get(name, PASSES_OTHERWISE)}")
    async with doomed:
        ledger = await load_until_death(world, doomed, name)
    async with GatewayProcess(fresh, log) as gateway:
        await heal(world, gateway, ledger)
    assert set(ledger.last_word.values()) == {"accepted"}
    assert await differences(world, ledger) == []
    after = await stats_of(world)
    assert after == {
        "imported": CODES, "delivered": ledger.codes_accepted, "void": 0, "leases": 0,
        "free": CODES - ledger.codes_accepted,
    }  # fmt: skip
