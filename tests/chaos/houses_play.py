"""What the plays of houses share: how large they are, how far they are, asking until certain."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

import aiohttp

from tests.world.shop import Shop

START: Final = 10**9  # minor units, of each partner
STILL_S: Final = 600.0  # nothing moved for so long: it hangs
POLL_S: Final = 0.1
AWAY: Final = (aiohttp.ClientError, OSError, TimeoutError, AssertionError, ValueError, KeyError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How many orders, and kills of the gateway between."""

    orders: int
    kills: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Where a house plays."""

    shop: Shop
    plan: Plan


class Progress:
    """How many orders are certain; whoever waits for a number is woken."""

    def __init__(self) -> None:
        self.count = 0
        self._moved = asyncio.Event()

    def note(self, count: int | None = None) -> None:
        """One more, or so many in all."""
        self.count = self.count + 1 if count is None else count
        self._moved.set()
        self._moved = asyncio.Event()

    async def at(self, count: int) -> None:
        """Wait until there are so many. Fails when it stands still."""
        while self.count < count:
            await asyncio.wait_for(self._moved.wait(), STILL_S)


async def until_certain(ask: Callable[[], Awaitable[Any]]) -> Any:
    """Its answer, however often the gateway is away."""
    deadline = time.monotonic() + STILL_S
    while time.monotonic() < deadline:
        try:
            return await ask()
        except AWAY as error:
            last = error
            await asyncio.sleep(POLL_S)
    raise AssertionError("no certain answer") from last


async def moving(count: Callable[[], int], wanted: int, progress: Progress) -> None:
    """Tell how far it is until it is done. Fails when it stands still."""
    seen, since = -1, time.monotonic()
    while (now := count()) < wanted:
        if now != seen:
            progress.note(now)
            seen, since = now, time.monotonic()
        assert time.monotonic() - since < STILL_S, f"{now} of {wanted}, and no more"
        await asyncio.sleep(POLL_S)
    progress.note(wanted)
