"""What places are to be told, in the database."""

from collections.abc import Sequence
from typing import Any

from gateway.alerts.notice import TakenPlace, Waiting
from gateway.ground.sql.declared import Statement, Statements


class SQL(Statements, file="alerts/notices"):
    """Telling."""

    take_place: Statement[[float, float], TakenPlace]
    waiting: Statement[[int, int], Waiting]
    told: Statement[[int, Sequence[int], float], None]
    not_told: Statement[[int, str, float], None]
    forget_old: Statement[[], None]


class NoticeStore:
    """Over a pool."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool

    async def take_place(self, hold_s: float, gather_s: float) -> TakenPlace | None:
        """One with something to tell it for `gather_s`; it is nobody else's for `hold_s`."""
        return await SQL.take_place.one(self._pool, hold_s, gather_s)

    async def waiting(self, place: int, most: int) -> Sequence[Waiting]:
        """What it is to be told, the oldest first."""
        return await SQL.waiting.all(self._pool, place, most)

    async def told(self, place: int, notices: Sequence[int], gap_s: float) -> None:
        """It knows; the next message not before `gap_s`."""
        await SQL.told.run(self._pool, place, notices, gap_s)

    async def not_told(self, place: int, why: str, wait_s: float) -> None:
        """It does not; again after a while."""
        await SQL.not_told.run(self._pool, place, why, wait_s)

    async def forget_old(self) -> None:
        """A step of giving up."""
        await SQL.forget_old.run(self._pool)
