"""Holds from one outlet are made together, one call of the database for many."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from gateway.ground.errors import OverloadedError
from gateway.ground.sql.batcher import GroupCommit
from gateway.holds.port import Making
from gateway.holds.record import HoldAnswer, NewHold
from gateway.holds.rules import Limits

BATCH_MAX: Final = 256  # holds in one call
CALLS_MAX: Final = 2  # at once, of one worker


class Awaited(msgspec.Struct, frozen=True, gc=False):
    """A hold to be made, and until when (monotonic) somebody waits for it; None: without an end."""

    new: NewHold
    waits_until: float | None


class Together:
    """Gathers what is to be held of each outlet; one call for an outlet at a time."""

    def __init__(self, making: Making, limits: Callable[[], Limits]) -> None:
        self._making = making
        self._limits = limits
        self._groups: dict[int | None, GroupCommit[Awaited, HoldAnswer]] = {}  # by outlet
        self._calls = asyncio.Semaphore(CALLS_MAX)

    async def submit(self, pool_id: int | None, outlet: int | None, hold: Awaited) -> HoldAnswer:
        """What became of it. Raises OverloadedError when nobody waits for it by its turn."""
        group = self._groups.get(outlet)
        if group is None:

            async def make(holds: Sequence[Awaited]) -> Sequence[HoldAnswer | Exception]:
                async with self._calls:
                    return await self._make(pool_id, outlet, holds)

            group = self._groups[outlet] = GroupCommit(
                make, calls_max=1, batch_max=BATCH_MAX, turn_of=lambda one: one.new.partner_id
            )
        return await group.submit(hold)

    async def _make(
        self, pool_id: int | None, outlet: int | None, holds: Sequence[Awaited]
    ) -> Sequence[HoldAnswer | Exception]:
        """One call for those that somebody still waits for: the others would be told to nobody."""
        now = time.monotonic()
        wanted = [one.new for one in holds if one.waits_until is None or now < one.waits_until]
        made: Sequence[HoldAnswer] = ()
        if wanted:
            made = await self._making.make(pool_id, outlet, self._limits(), wanted)
        if len(wanted) == len(holds):
            return made
        answers = dict(zip((new.id for new in wanted), made, strict=True))
        return [answers.get(one.new.id) or OverloadedError("its caller has gone") for one in holds]
