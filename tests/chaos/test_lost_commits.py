"""The connection breaks exactly at a commit: what happened is found out, never guessed (D6)."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from gateway.ground.config import Config
from tests.chaos.books import differences, stats_of
from tests.chaos.buyers import buyers_of, under_load, until_accepted
from tests.chaos.database_proxy import Cut, proxied
from tests.chaos.processes import GatewayProcess
from tests.chaos.world import World, build_world, connected
from tests.world.partner import eventually

pytestmark = pytest.mark.chaos


@pytest.mark.parametrize("cut", Cut)
async def test_commits_cut_under_load(fresh: Config, log: Path, cut: Cut) -> None:
    """Every fifth commit loses its connection; each order still has one outcome, told once."""
    world = await build_world(fresh, codes=40_000)
    async with (
        proxied(fresh) as (through_proxy, proxy),
        GatewayProcess(through_proxy, log) as gateway,
        buyers_of(world, gateway.url) as buyers,
    ):
        proxy.cut_commits(cut, every=5)
        async with under_load(buyers, seed=13, prefix="a"):
            await until_accepted(buyers, 600)
        assert proxy.cuts >= 5
        proxy.cut_commits(None)
        await buyers.ask_again_for_all()
        assert await gateway.terminate() == 0, gateway.said()
    assert await differences(world, buyers.ledger) == []
    assert (await stats_of(world))["leases"] == 0


async def test_a_code_in_doubt_is_not_sold_again(fresh: Config, log: Path) -> None:
    """While nobody knows whether a commit took place, its code is nobody else's.

    The pool holds one code. The first order's commit is stuck behind a lock when its connection
    breaks; a second buyer asks meanwhile, and is told neither a code nor "sold out" (I8).
    Seen red with the lines of a commit in doubt released before `decide` had answered.
    """
    world = await build_world(fresh, codes=1)
    other = await build_world(fresh, codes=0, partner="other")
    async with (
        connected(fresh) as locker,
        proxied(fresh) as (through_proxy, proxy),
        GatewayProcess(through_proxy, log) as gateway,
        buyers_of(world, gateway.url) as one,
        buyers_of(other, gateway.url) as two,
    ):
        lock = locker.transaction()
        await lock.start()
        await _lock_account(locker, world)
        proxy.cut_commits(Cut.BEFORE_THE_ANSWER)
        first = asyncio.create_task(one.single("doubtful"))
        await eventually(lambda: _waits_for_decision(fresh))
        proxy.cut_commits(None)
        assert await two.single("meanwhile") == "busy"
        await lock.rollback()
        assert await first == "accepted"
        assert await two.single("later") == "sold-out"
        assert one.ledger.wrong == []
        await one.ask_again_for_all()
        assert one.ledger.wrong == []
    assert await differences(world, one.ledger) == []


async def test_a_commit_that_never_arrived_leaves_nothing(fresh: Config, log: Path) -> None:
    """Cut before the call: the batch is void for ever, its code is sold to the same order later."""
    world = await build_world(fresh, codes=1)
    async with (
        proxied(fresh) as (through_proxy, proxy),
        GatewayProcess(through_proxy, log) as gateway,
        buyers_of(world, gateway.url) as buyers,
    ):
        proxy.cut_commits(Cut.BEFORE_SENDING)
        task = asyncio.create_task(buyers.together("cut", copies=20))
        await eventually(lambda: _happened(proxy.cuts > 0))
        proxy.cut_commits(None)
        await task
        await buyers.ask_again_for_all()
        assert buyers.ledger.last_word == {"cut": "accepted"}
    async with connected(fresh) as connection:
        outcomes = await connection.fetch("SELECT outcome, count(*) FROM commit_batch GROUP BY 1")
    assert dict(outcomes)["void"] == proxy.cuts
    assert await differences(world, buyers.ledger) == []


async def _lock_account(connection: Any, world: World) -> None:
    await connection.execute(
        "SELECT FROM account a JOIN partner p ON p.id = a.partner_id WHERE p.name = $1"
        " FOR UPDATE OF a",
        world.partner,
    )


async def _waits_for_decision(config: Config) -> bool:
    async with connected(config) as connection:
        return bool(
            await connection.fetchval(
                "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()"
                " AND wait_event_type = 'Lock' AND query LIKE '%decide_commit%'"
                " AND pid <> pg_backend_pid())"
            )
        )


async def _happened(value: bool) -> bool:
    return value
