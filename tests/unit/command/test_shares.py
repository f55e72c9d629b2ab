"""Permits that owners share: nobody has all, owners take turns, who waits too long is told."""

import asyncio

import pytest

from gateway.ground.errors import OverloadedError
from gateway.ground.shares import Shares
from tests.clock import LONG_S, PATIENCE_S, put_forward


async def hold(shares: Shares, owner: str, done: asyncio.Event, log: list[str]) -> None:
    """Hold one permit until `done`, and note when it was had."""
    async with shares.held(owner):
        log.append(owner)
        await done.wait()


async def settle() -> None:
    """Let everything that can go on go on."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_one_owner_leaves_room_for_another() -> None:
    """However much one wants, it holds its share; another gets a permit at once."""
    shares, done, log = Shares(total=3, own=2, waiting_max=99, wait_s=LONG_S), asyncio.Event(), []
    tasks = [asyncio.create_task(hold(shares, "greedy", done, log)) for _ in range(10)]
    await settle()
    tasks.append(asyncio.create_task(hold(shares, "other", done, log)))
    await settle()
    assert log == ["greedy", "greedy", "other"]
    done.set()
    await asyncio.gather(*tasks)
    assert len(log) == 11


async def test_owners_that_wait_take_turns() -> None:
    """Ten requests of one in the queue: the first of another is served after one of them."""
    shares, log = Shares(total=1, own=1, waiting_max=99, wait_s=LONG_S), []
    over = asyncio.Event()
    over.set()
    async with shares.held("first"):
        tasks = [asyncio.create_task(hold(shares, "a", over, log)) for _ in range(4)]
        tasks += [asyncio.create_task(hold(shares, "b", over, log)) for _ in range(2)]
        await settle()
    await asyncio.gather(*tasks)
    assert log == ["a", "b", "a", "b", "a", "a"]


async def test_who_waits_too_long_or_in_too_long_a_queue_is_told() -> None:
    """No permit within the time, or too many of the same owner before it: overloaded."""
    shares = Shares(total=2, own=1, waiting_max=1, wait_s=LONG_S)
    async with shares.held("a"):
        waiting = asyncio.create_task(hold(shares, "a", asyncio.Event(), []))
        await settle()
        assert (shares.in_use, shares.waiting) == (1, 1)
        with pytest.raises(OverloadedError):  # one waits already
            await hold(shares, "a", asyncio.Event(), [])
        put_forward(LONG_S + 1)
        with pytest.raises(OverloadedError):  # too long
            await waiting
        async with shares.held("b"):  # another owner is not concerned
            pass
    async with shares.held("a"):  # nothing was lost by waiting in vain
        assert (shares.total, shares.in_use, shares.waiting) == (2, 1, 0)
    assert (shares.late, shares.turned_away) == (1, 1)


async def test_permits_come_back_from_those_that_give_up() -> None:
    """A request that is cancelled while it waits, or as it is granted, keeps nothing."""
    shares, never = Shares(total=1, own=1, waiting_max=9, wait_s=LONG_S), asyncio.Event()
    async with shares.held("a"):
        waiting = [asyncio.create_task(hold(shares, owner, never, [])) for owner in "bc"]
        await settle()
        waiting[0].cancel()
        await settle()
    waiting[1].cancel()  # granted, and cancelled before it could run
    await asyncio.gather(*waiting, return_exceptions=True)
    async with asyncio.timeout(PATIENCE_S), shares.held("d"):
        pass


async def test_large_requests_count_as_what_they_are() -> None:
    """Amounts are permits; one that is larger than the share takes the whole share."""
    shares, done, log = Shares(total=10, own=6, waiting_max=9, wait_s=LONG_S), asyncio.Event(), []
    async with shares.held("a", 50):
        small = asyncio.create_task(hold(shares, "a", done, log))
        await settle()
        assert log == []
        async with shares.held("b", 4):
            pass
    await settle()
    assert log == ["a"]
    done.set()
    await small
