"""Workers are stopped, killed and ended in the middle of things (faults 5, 6, 22, 78, 79)."""

import asyncio
import random
import signal
from pathlib import Path

import pytest

from gateway.ground.config import Config
from tests.chaos.books import differences, stats_of
from tests.chaos.buyers import Buyers, Ledger, buyers_of, in_parallel, under_load, until_accepted
from tests.chaos.processes import GatewayProcess, kill_quietly
from tests.chaos.world import World, build_world, connected
from tests.world.partner import eventually

pytestmark = pytest.mark.chaos

SHORT_LEASES = {"QUANGATE_LEASE_TTL_S": "3"}


async def test_a_zombie_cannot_sell(fresh: Config, log: Path, tmp_path: Path) -> None:
    """Stopped past its lease's end, then woken: its commit is refused, its buyers get true answers.

    Another gateway takes the lease over and sells all but five codes; the woken one still has
    the old codes in memory, and twenty orders waiting.
    Seen red (the commit failed on I1's key, buyers got 500) with `l.epoch = mine.epoch AND
    l.state = 'active'` removed from commit_orders.
    """
    world = await build_world(fresh, codes=60)
    async with (
        GatewayProcess(fresh, log, settings=SHORT_LEASES) as zombie,
        buyers_of(world, zombie.url) as before,
    ):
        ledger = before.ledger
        await before.batch([f"before-{n}" for n in range(10)])
        zombie.signal(signal.SIGSTOP)
        waiting = [asyncio.create_task(before.single(f"waiting-{n}")) for n in range(20)]
        async with (
            GatewayProcess(fresh, tmp_path / "heir.log", settings=SHORT_LEASES) as heir,
            buyers_of(world, heir.url, ledger) as after,
        ):
            await eventually(lambda: _no_leases(fresh))
            await in_parallel(5, [lambda n=n: after.single(f"heir-{n}") for n in range(45)])
            await after.settle("heir")
            zombie.signal(signal.SIGCONT)
            await asyncio.gather(*waiting)
            await before.ask_again_for_all()
            assert await zombie.terminate() == 0, zombie.said()
            assert await heir.terminate() == 0, heir.said()
    words = [word for number, word in ledger.last_word.items() if number.startswith("waiting")]
    assert sorted(words) == ["accepted"] * 5 + ["sold-out"] * 15
    assert ledger.answers["internal"] == 0
    assert await differences(world, ledger) == []


async def test_sigterm_under_load(fresh: Config, log: Path) -> None:
    """Everything taken in is answered or was not done, leases go back, the exit code is 0."""
    world = await build_world(fresh, codes=40_000)
    async with GatewayProcess(fresh, log) as gateway, buyers_of(world, gateway.url) as buyers:
        async with under_load(buyers, seed=6, prefix="a"):
            await until_accepted(buyers, 200)
            assert await gateway.terminate() == 0, gateway.said()
        assert (await stats_of(world))["leases"] == 0
    answered = dict(buyers.ledger.accepted)
    await _retry_elsewhere(world, log, buyers.ledger)
    # Nothing that was durable before the end went unanswered.
    async with connected(fresh) as connection:
        rows = await connection.fetch(
            "SELECT out_order_no FROM orders WHERE id <= $1",
            max(int(accepted.order_no) for accepted in answered.values()),
        )
    assert {row["out_order_no"] for row in rows} == set(answered)


@pytest.mark.parametrize("sqlstate", ["22000", "P0001", "XX000"])  # data, ours, internal
async def test_a_poisoned_line_spoils_only_itself(fresh: Config, log: Path, sqlstate: str) -> None:
    """One row that the database refuses: the other 99 of its batch are sold in the same request.

    Seen red with XX and P0 taken for a lost answer: the batch was tried for ever.
    """
    world = await build_world(fresh, codes=200)
    async with connected(fresh) as connection:
        await connection.execute(POISON.format(sqlstate=sqlstate))
    async with GatewayProcess(fresh, log) as gateway, buyers_of(world, gateway.url) as buyers:
        await buyers.batch([f"line-{n}" for n in range(60)] + ["poison"]
                           + [f"line-{n}" for n in range(60, 99)])  # fmt: skip
        assert await gateway.terminate() == 0, gateway.said()
    words = dict(buyers.ledger.last_word)
    assert words.pop("poison") == "internal"
    assert set(words.values()) == {"accepted"}
    assert len(words) == 99
    assert await differences(world, buyers.ledger) == []
    assert (await stats_of(world))["free"] == 200 - 99


@pytest.mark.parametrize("seed", [78, 7800])
async def test_the_tail_with_two_workers(fresh: Config, log: Path, seed: int) -> None:
    """100 codes, 1,000 buyers, random kills: exactly 100 are sold, nobody hears it too early.

    Seen red (99 sold) while codes on their way back to the database still proved "sold out" (I8).
    """
    world = await build_world(fresh, codes=100)
    rng = random.Random(seed)
    async with (
        GatewayProcess(fresh, log, workers=2, settings=SHORT_LEASES) as gateway,
        buyers_of(world, gateway.url) as buyers,
    ):
        killer = asyncio.create_task(_kill_workers(gateway, buyers, rng))
        await in_parallel(100, [lambda n=n: _buy_until_told(buyers, n) for n in range(1000)])
        await killer
        await buyers.ask_again_for_all()
        assert await gateway.terminate() == 0, gateway.said()
    ledger = buyers.ledger
    assert await differences(world, ledger) == []
    assert await stats_of(world) == {
        "imported": 100, "delivered": 100, "free": 0, "void": 0, "leases": 0,
    }  # fmt: skip
    assert ledger.codes_accepted == 100


async def test_fifty_of_forty_nine(fresh: Config, log: Path) -> None:
    """Quantity 50 with 49 left is refused as a whole; the 49 stay sellable, one by one."""
    world = await build_world(fresh, codes=49)
    async with GatewayProcess(fresh, log, workers=2) as gateway:
        async with buyers_of(world, gateway.url) as buyers:
            assert await _until_told(buyers, "too-many", 50) == "sold-out"
            for number in range(49):
                assert await _until_told(buyers, f"one-{number}", 1) == "accepted"
            assert await _until_told(buyers, "one-more", 1) == "sold-out"
        assert await gateway.terminate() == 0, gateway.said()
    assert await differences(world, buyers.ledger) == []


# ---------------------------------------------------------------- what the tests do again and again

POISON = """
CREATE FUNCTION choke() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'poison' USING ERRCODE = '{sqlstate}'; END $$;
CREATE TRIGGER choke BEFORE INSERT ON orders FOR EACH ROW
    WHEN (NEW.out_order_no = 'poison') EXECUTE FUNCTION choke();
"""


async def _no_leases(config: Config) -> bool:
    async with connected(config) as connection:
        found = await connection.fetchval("SELECT count(*) FROM lease WHERE state = 'active'")
    return bool(found == 0)


async def _retry_elsewhere(world: World, log: Path, ledger: Ledger) -> None:
    async with GatewayProcess(world.config, log) as gateway:
        async with buyers_of(world, gateway.url, ledger) as buyers:
            await buyers.ask_again_for_all()
        assert await gateway.terminate() == 0, gateway.said()
    assert await differences(world, ledger) == []


async def _kill_workers(gateway: GatewayProcess, buyers: Buyers, rng: random.Random) -> None:
    """Kill a worker each time some more codes were sold."""
    for sold in (20, 50, 80):
        await until_accepted(buyers, sold)
        pids = gateway.worker_pids()
        if pids:
            kill_quietly(rng.choice(list(pids)))


async def _buy_until_told(buyers: Buyers, number: int) -> None:
    """Buy one code. "Sold out" must be true: 100 orders exist then, told or not."""
    word = await _until_told(buyers, f"buyer-{number}", 1)
    assert word in {"accepted", "sold-out"}


async def _until_told(buyers: Buyers, number: str, quantity: int) -> str:
    word = await buyers.single(number, quantity)
    while word not in {"accepted", "sold-out"}:
        word = await buyers.single(number, quantity)
    return word
