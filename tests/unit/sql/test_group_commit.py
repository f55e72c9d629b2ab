"""Group commit: what goes together, what waits, whose failure is whose."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from gateway.ground.errors import StoreUnavailableError
from gateway.ground.sql.batcher import GroupCommit
from tests.clock import LONG_S, PATIENCE_S, put_forward, turns


class Echo:
    """Remembers its batches and answers every item with itself; `first` runs in the first one."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.began_at: list[float] = []
        self.first = asyncio.Event()

    async def run(self, items: Sequence[int]) -> list[int | Exception]:
        """One batch; the first one waits to be let go."""
        self.batches.append(list(items))
        self.began_at.append(asyncio.get_running_loop().time())
        if len(self.batches) == 1:
            await self.first.wait()
        return [ValueError(str(item)) if item < 0 else item for item in items]


async def together(echo: Echo, group: GroupCommit[int, int]) -> None:
    """One item, then three more, one after the other, while its batch runs."""
    results = [group.put(1)]
    await turns()
    for item in (2, 3, 4):
        results.append(group.put(item))
        await turns()
    echo.first.set()
    await turns()
    put_forward(LONG_S)
    assert await asyncio.gather(*results) == [1, 2, 3, 4]


async def test_at_once_while_a_lane_is_free() -> None:
    """The first two go alone, each in its lane; the rest goes together when one is free again."""
    echo = Echo()
    await together(echo, GroupCommit(echo.run, calls_max=2))
    assert echo.batches[0] == [1]
    assert echo.batches[1] == [2]


async def test_batches_keep_their_distance() -> None:
    """The first goes at once; what comes within `apart_s` goes in one batch, whatever lane is free.

    Seen red with lanes that do not rest.
    """
    echo = Echo()
    await together(echo, GroupCommit(echo.run, calls_max=2, apart_s=LONG_S))
    assert echo.batches == [[1], [2, 3, 4]]
    assert echo.began_at[1] - echo.began_at[0] >= LONG_S


async def test_each_its_own_failure() -> None:
    """An exception in the place of a result fails that item alone."""
    echo = Echo()
    echo.first.set()
    group: GroupCommit[int, int] = GroupCommit(echo.run, calls_max=1)
    results = await asyncio.gather(*map(group.submit, (1, -2, 3)), return_exceptions=True)
    assert [results[0], results[2]] == [1, 3]
    assert isinstance(results[1], ValueError)


async def test_too_much_is_refused() -> None:
    """More than may wait is refused at once, and what waits is not forgotten."""
    echo = Echo()
    group: GroupCommit[int, int] = GroupCommit(echo.run, calls_max=1, waiting_max=2)
    waiting = [group.put(1), group.put(2)]
    with pytest.raises(StoreUnavailableError):
        group.put(3)
    echo.first.set()
    assert await asyncio.gather(*waiting) == [1, 2]
    await group.idle()


class Panic(BaseException):
    """As PyO3 raises it."""


async def test_whatever_breaks_nobody_waits_for_ever() -> None:
    """A panic of the core, or too few results, fail each item of the batch; the next one works.

    Seen red (never answered) with `except Exception`, and with the results zipped as they came.
    """
    answers: list[Any] = [Panic("core"), [1], [1, 2]]

    async def run(items: Sequence[int]) -> Sequence[int]:
        answer = answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return list(answer)

    group: GroupCommit[int, int] = GroupCommit(run, calls_max=1)
    async with asyncio.timeout(PATIENCE_S):
        for _ in range(2):
            both = [group.put(1), group.put(2)]
            told = await asyncio.gather(*both, return_exceptions=True)
            assert [type(each) for each in told] == [RuntimeError, RuntimeError]
        assert await asyncio.gather(group.put(1), group.put(2)) == [1, 2]


async def test_who_asks_again_at_once_is_served() -> None:
    """The one item of the one lane is told, and comes again before anything else runs.

    Seen red with a lane counted until the loop's next turn: nobody ever took the second.
    """
    echo = Echo()
    echo.first.set()
    group = GroupCommit(echo.run, calls_max=1)
    async with asyncio.timeout(PATIENCE_S):
        assert [await group.submit(item) for item in (1, 2, 3)] == [1, 2, 3]
    assert echo.batches == [[1], [2], [3]]
