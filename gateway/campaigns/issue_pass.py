"""Issuing the numbers of a waiting room: many at once, each buyer's the same for ever."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

import msgspec

from gateway.ground.sql.batcher import GroupCommit


class Place(msgspec.Struct, frozen=True):
    """A buyer's place in a waiting room: its number, and how far the room serves.

    `rate`: so many more numbers are served each second; None: an operator says.
    """

    number: int
    is_new: bool
    serving: int
    rate: int | None

    def retry_after_s(self) -> int:
        """When to ask again; 0: now."""
        missing = self.number - self.serving
        if missing <= 0:
            return 0
        return WAITS_S if self.rate is None else min(WAITS_S_MAX, -(-missing // self.rate))


WAITS_S = 5  # where nobody knows when it goes on
WAITS_S_MAX = 300


class Wanted(msgspec.Struct, frozen=True):
    """A buyer of a partner who wants into a room."""

    partner_id: int
    room_id: int
    buyer_id: str


class Rooms(Protocol):
    """Waiting rooms; see pass_store.py."""

    async def issue(self, wanted: Sequence[Wanted]) -> Sequence[tuple[int, bool]]: ...
    async def serving(self, rooms: Sequence[int]) -> Mapping[int, tuple[int, int | None]]: ...


class PassIssuing:
    """Of one worker; partners take turns."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        turn: Callable[[Wanted], int] = lambda wanted: wanted.partner_id  # noqa: E731
        self._places: GroupCommit[Wanted, Place] = GroupCommit(self._issue, turn_of=turn)

    def place(self, wanted: Wanted) -> Awaitable[Place]:
        """The buyer's place. Raises OverloadedError, StoreUnavailableError."""
        return self._places.submit(wanted)

    async def _issue(self, wanted: Sequence[Wanted]) -> Sequence[Place | Exception]:
        numbers = await self._rooms.issue(wanted)
        served = await self._rooms.serving(sorted({each.room_id for each in wanted}))
        return [
            Place(number, is_new, *served[each.room_id])
            for each, (number, is_new) in zip(wanted, numbers, strict=True)
        ]
