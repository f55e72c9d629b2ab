"""What becomes of lines whose commit failed: each failure has one way back to the order path.

Leases that somebody took back: the lines claim anew. One line that spoils the batch: it stands
alone, the others commit (faults 22). A commit whose answer was lost is decided, not guessed (D6).
The database is away: what waits is refused, and the committer opens again when it is back.
"""

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

import structlog

from gateway.codes.stock import Stock
from gateway.ground.errors import (
    BatchPoisonedError,
    CommitInDoubtError,
    InvariantBrokenError,
    LeaseLostError,
    StoreUnavailableError,
)
from gateway.ground.moment import rfc3339
from gateway.ground.sql.absence import Absence
from gateway.orders.hand import Hand, Loose, ask_later
from gateway.orders.line import Answered, Line
from gateway.orders.ports import Committer
from gateway.orders.record import OrderRecord
from gateway.orders.rules import LineOutcome

log = structlog.get_logger()

TRIES_MAX = 64  # lost leases and units that a line lives through before it is told to come later
RECONNECT_PAUSE_S = 0.2
DOUBT_ANSWER_S = 3.0  # in doubt for longer: the partner is told to ask again

COMMIT_FAILURES: Final = (
    LeaseLostError,
    BatchPoisonedError,
    InvariantBrokenError,
    CommitInDoubtError,
    StoreUnavailableError,
)

ByIds = Callable[[Sequence[tuple[int, int]]], Awaitable[Mapping[tuple[int, int], OrderRecord]]]
"""(partner id, order id) pairs → the orders there are, by that pair."""


def release(stock: Stock, line: Line) -> None:
    """The line's codes were definitely not sold to it."""
    if line.runs is not None and line.outlet is not None:
        stock.unused(line.outlet, line.runs)
        line.runs = None


def _lose(stock: Stock, line: Line) -> None:
    """Never claim again from the leases that the line's codes came from."""
    if line.runs is not None and line.outlet is not None:
        stock.lost(line.outlet, [run[0] for run in line.runs])


async def _tell_to_ask_later(lines: Sequence[Line]) -> None:
    """Whoever waits after a while, and whoever comes then, until this is cancelled."""
    await asyncio.sleep(DOUBT_ANSWER_S)
    while True:
        ask_later(lines)
        await asyncio.sleep(RECONNECT_PAUSE_S)


class FailedCommits:
    """Of all committers of one intake.

    `commit` tries lines again, `finish_created` answers those that are durable, `requeue` puts
    them back to the head of the queue, `turn_away` refuses what has not been sent.
    """

    def __init__(
        self,
        *,
        stock: Stock,
        absence: Absence,
        by_ids: ByIds,
        commit: Callable[[Committer, Hand, Sequence[Line]], Awaitable[None]],
        finish_created: Callable[[Hand, Sequence[Line], Sequence[str]], None],
        requeue: Callable[[Sequence[Loose]], None],
        answer: Callable[[Loose, Answered], None],
        turn_away: Callable[[], None],
    ) -> None:
        self._stock = stock
        self._absence = absence
        self._by_ids = by_ids
        self._commit = commit
        self._finish_created = finish_created
        self._requeue = requeue
        self._answer = answer
        self._turn_away = turn_away
        self._closing = False

    def close(self) -> None:
        """From now on no committer waits for a database that is away."""
        self._closing = True

    async def resolve(
        self,
        error: Exception,
        batch_id: uuid.UUID,
        committer: Committer,
        hand: Hand,
        lines: Sequence[Line],
    ) -> None:
        """Take the way back that `error`, one of COMMIT_FAILURES, asks for."""
        if isinstance(error, LeaseLostError):
            self._leases_lost(hand, lines, error.leases)
        elif isinstance(error, BatchPoisonedError | InvariantBrokenError):
            await self._bisect(committer, hand, lines, error)
        elif isinstance(error, CommitInDoubtError):
            log.warning("intake.commit_in_doubt", batch_id=str(batch_id), error=str(error))
            await self._resolve_doubt(committer, batch_id, hand, lines)
        else:  # the database is away, or it has no room; nothing came of it
            for line in lines:
                release(self._stock, line)
                self._answer(hand.let_go(line), Answered(LineOutcome.DATABASE_AWAY))
            await self._reconnect(committer, error)

    def _leases_lost(self, hand: Hand, lines: Sequence[Line], leases: Sequence[int]) -> None:
        """Nothing was committed; somebody took `leases` back. All of the batch are given up."""
        self._stock.closed_by_others += leases
        for line in lines:
            _lose(self._stock, line)
        self.try_again(hand, lines)

    def try_again(self, hand: Hand, lines: Sequence[Line]) -> None:
        """Nothing came of them, and it may the next time; only so often."""
        for line in lines:
            release(self._stock, line)
            line.tries += 1
            if line.tries > TRIES_MAX:
                self._answer(hand.let_go(line), Answered(LineOutcome.BUSY))
        self._requeue([hand.let_go(line) for line in lines if line.tries <= TRIES_MAX])

    async def _bisect(
        self, committer: Committer, hand: Hand, lines: Sequence[Line], error: Exception
    ) -> None:
        """One line spoils the batch: halve until it stands alone; the others commit (faults 22)."""
        if len(lines) > 1:
            middle = len(lines) // 2
            await self._commit(committer, hand, lines[:middle])
            await self._commit(committer, hand, lines[middle:])
            return
        line = lines[0]
        log.error(
            "intake.line_refused_by_database",
            partner_id=line.partner_id,
            order_id=line.order_id,
            error=str(error),
        )
        if isinstance(error, InvariantBrokenError):
            # One of these codes is sold, says the guard.
            _lose(self._stock, line)
        release(self._stock, line)
        self._answer(hand.let_go(line), Answered(LineOutcome.INTERNAL))

    async def _resolve_doubt(
        self, committer: Committer, batch_id: uuid.UUID, hand: Hand, lines: Sequence[Line]
    ) -> None:
        """Find out whether the batch took place, however long it takes (D6)."""
        rows = await self._orders_of(committer, batch_id, lines)
        ours = [line for line in lines if (line.partner_id, line.order_id) in rows]
        moments = [rfc3339(rows[line.partner_id, line.order_id].created_at) for line in ours]
        self._finish_created(hand, ours, moments)
        again = []
        for line in lines:
            if (line.partner_id, line.order_id) in rows:
                continue
            release(self._stock, line)
            if line.future is not None and line.future.done():  # told to ask again: so let it
                self._answer(hand.let_go(line), Answered(LineOutcome.DATABASE_AWAY))
            else:
                again.append(hand.let_go(line))
        self._requeue(again)

    async def _orders_of(
        self, committer: Committer, batch_id: uuid.UUID, lines: Sequence[Line]
    ) -> Mapping[tuple[int, int], OrderRecord]:
        """What the batch made of the lines, as soon as the database says so. Until then nobody is
        kept waiting for long: also where it says nothing, since the old transaction still runs.
        """
        telling = asyncio.create_task(_tell_to_ask_later(lines))
        try:
            while True:
                try:
                    committed = await committer.decide(batch_id)
                    rows = (
                        await self._by_ids([(line.partner_id, line.order_id) for line in lines])
                        if committed
                        else {}
                    )
                    break
                except StoreUnavailableError as error:
                    self._go_down(error)
                    await asyncio.sleep(RECONNECT_PAUSE_S)
        finally:
            telling.cancel()
        self._absence.end()
        log.info("intake.doubt_resolved", batch_id=str(batch_id), committed=committed)
        return rows

    async def _reconnect(self, committer: Committer, error: Exception) -> None:
        self._go_down(error)
        await asyncio.sleep(RECONNECT_PAUSE_S)  # a full disk refuses as fast as it is asked
        while not self._closing:
            try:
                await committer.open()
            except StoreUnavailableError:
                await asyncio.sleep(RECONNECT_PAUSE_S)
            else:
                self._absence.end()
                self._stock.announce_all()
                return

    def _go_down(self, error: Exception) -> None:
        self._absence.begin(str(error))
        self._turn_away()
