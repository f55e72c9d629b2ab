"""The numbers of waiting rooms, in the database."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from gateway.campaigns.issue_pass import Wanted
from gateway.ground.sql.books import unreachable_is_unavailable
from gateway.ground.sql.declared import Statement, Statements


class Issued(NamedTuple):
    """The number of one line."""

    line: int
    number: int
    is_new: bool


class Served(NamedTuple):
    """How far a room serves."""

    room_id: int
    rate: int | None
    serving: int


class SQL(Statements, file="campaigns/pass_queries"):
    """Numbers given, and served."""

    issue: Statement[[list[int], list[int], list[str]], Issued]
    rooms: Statement[[list[int]], Served]


class WaitingRooms:
    """Over the pool of the order path's reads."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool

    async def issue(self, wanted: Sequence[Wanted]) -> Sequence[tuple[int, bool]]:
        """(number, whether it is new) of each, in one transaction."""
        partners = [each.partner_id for each in wanted]
        rooms = [each.room_id for each in wanted]
        buyers = [each.buyer_id for each in wanted]
        with unreachable_is_unavailable():
            rows = await SQL.issue.all(self._pool, partners, rooms, buyers)
        return [(row.number, row.is_new) for row in rows]

    async def serving(self, rooms: Sequence[int]) -> Mapping[int, tuple[int, int | None]]:
        """(up to which number, how many more each second) of each room."""
        with unreachable_is_unavailable():
            rows = await SQL.rooms.all(self._pool, list(rooms))
        return {row.room_id: (row.serving, row.rate) for row in rows}
