"""Answers lines that will not be sold: a number that was accepted earlier still gets its order."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

import structlog

from gateway.domain.errors import StoreUnavailableError
from gateway.domain.order import Verdict
from gateway.domain.order_record import OrderRecord
from gateway.flows.group_commit import GroupCommit
from gateway.flows.line import Line, Settled, unsold

log = structlog.get_logger()


class Unsold:
    """Looks the numbers up in groups, partners in turn, and settles each line exactly once."""

    def __init__(
        self,
        by_numbers: Callable[
            [Sequence[tuple[int, str]]], Awaitable[Mapping[tuple[int, str], OrderRecord]]
        ],
        settle: Callable[[Line, Settled], None],
        *,
        batch_max: int,
        waiting_max: int,
    ) -> None:
        self._by_numbers = by_numbers
        self._settle = settle
        self._looking: GroupCommit[Line, Settled] = GroupCommit(
            self._look_up,
            batch_max=batch_max,
            waiting_max=waiting_max,
            turn_of=lambda line: line.partner_id,
        )
        self._tasks: set[asyncio.Task[None]] = set()

    def settle(self, lines: Sequence[Line]) -> None:
        """Settle them, in a while."""
        for line in lines:
            task = asyncio.create_task(self._settle_one(line))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def idle(self) -> None:
        """Wait until all are settled."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def _settle_one(self, line: Line) -> None:
        try:
            settled = await self._looking.submit(line)
        except StoreUnavailableError:
            settled = Settled(Verdict.UNAVAILABLE)
        except Exception:
            log.exception("intake.lookup_failed")
            settled = Settled(Verdict.INTERNAL)
        self._settle(line, settled)

    async def _look_up(self, lines: Sequence[Line]) -> list[Settled | Exception]:
        rows = await self._by_numbers([line.number for line in lines])
        answers: list[Settled | Exception] = []
        for line in lines:
            row = rows.get(line.number)
            if row is None:
                answers.append(unsold(line))
            else:
                same = row.content_hash == line.content_hash
                verdict = Verdict.REPLAYED if same else Verdict.CONFLICT
                answers.append(Settled(verdict, order_id=row.id))
        return answers
