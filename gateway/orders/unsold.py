"""Lines that will not be sold: a number that was accepted earlier still gets its answer (I5)."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import TypeAlias

import structlog

from gateway.ground.errors import OverloadedError, StoreUnavailableError
from gateway.ground.sql.batcher import GroupCommit
from gateway.orders.hand import Loose
from gateway.orders.line import Answered, Line, unsold
from gateway.orders.record import OrderRecord
from gateway.orders.rules import LineOutcome

log = structlog.get_logger()

ByNumbers: TypeAlias = Callable[
    [Sequence[tuple[int, str]]], Awaitable[Mapping[tuple[int, str], OrderRecord]]
]


class Unsold:
    """Looks numbers up, many at once, partners in turn, and answers their lines by what it finds.

    `by_numbers` finds accepted orders; what it finds is confirmed, not only seen (`HA`).
    """

    def __init__(
        self,
        *,
        by_numbers: ByNumbers,
        answer: Callable[[Loose, Answered], None],
        batch_max: int,
        waiting_max: int,
    ) -> None:
        self._by_numbers = by_numbers
        self._answer = answer
        self._found: GroupCommit[Line, Answered] = GroupCommit(
            self._look_up,
            batch_max=batch_max,
            waiting_max=waiting_max,
            turn_of=lambda line: line.partner_id,
        )
        self._asked: set[asyncio.Future[Answered]] = set()

    def put(self, line: Loose, *, taken_by: int = 0) -> None:
        """Answer the line, soon; `taken_by` is the order that has its number, 0: none known."""
        line.taken_by = taken_by
        try:
            found = self._found.put(line)
        except OverloadedError:
            found = asyncio.get_running_loop().create_future()
            found.set_result(Answered(LineOutcome.OVERLOADED))
        self._asked.add(found)
        found.add_done_callback(partial(self._told, line))  # a task for each would cost ten times

    async def idle(self) -> None:
        """Wait until all are answered."""
        while self._asked:
            await asyncio.wait(self._asked)

    def cut_off(self) -> None:
        """Give up what is not answered yet."""
        for found in self._asked:
            found.cancel()

    def _told(self, line: Loose, found: "asyncio.Future[Answered]") -> None:
        self._asked.discard(found)
        if found.cancelled():
            return
        error = found.exception()
        if error is None:
            answered = found.result()
        elif isinstance(error, OverloadedError):
            answered = Answered(LineOutcome.OVERLOADED)
        elif isinstance(error, StoreUnavailableError):
            answered = Answered(LineOutcome.DATABASE_AWAY)
        else:
            log.error("intake.lookup_failed", exc_info=error)
            answered = Answered(LineOutcome.INTERNAL)
        self._answer(line, answered)

    async def _look_up(self, lines: Sequence[Line]) -> list[Answered | Exception]:
        rows = await self._by_numbers([line.number for line in lines])
        answers: list[Answered | Exception] = []
        for line in lines:
            row = rows.get(line.number)
            if row is None:
                answers.append(unsold(line))
            else:
                same = line.repeats(row.content_hash)
                outcome = LineOutcome.REPLAYED if same else LineOutcome.CONFLICT
                answers.append(Answered(outcome, order_id=row.id))
        return answers
