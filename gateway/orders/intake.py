"""The order path: queue → claim → commit → seal → answer (design D5).

Lines gather in one queue. Each committer takes what is there, claims codes for it in one call,
commits it in one round trip, seals what was created in one call, and only then answers
(I4). Lines that find no codes are parked (see tail). A line whose number is on its way
already waits for that one (I5). What a failed commit leads to is in failed_commit.
"""

import asyncio
import sys
import time
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import cast

import structlog

from gateway.codes.stock import Stock
from gateway.ground.sql.absence import Absence
from gateway.ground.traffic.turn_queue import TurnQueue
from gateway.orders.claiming import Claiming
from gateway.orders.commit_columns import commit_request
from gateway.orders.committed import Committed
from gateway.orders.events import OrdersCreated
from gateway.orders.failed_commit import COMMIT_FAILURES, ByIds, FailedCommits
from gateway.orders.hand import Hand, Loose, tell
from gateway.orders.line import Answered, Line, unsold
from gateway.orders.plain_batch import Opened, PlainBatch
from gateway.orders.plain_batches import PlainBatches, loose_lines
from gateway.orders.plain_entrance import PlainEntrance
from gateway.orders.ports import Committer
from gateway.orders.refusal import Refusal
from gateway.orders.rules import LineOutcome
from gateway.orders.tail import Tail
from gateway.orders.unsold import ByNumbers, Unsold

log = structlog.get_logger()

CODES_MAX = 1024  # in one commit and its sealing, which holds the loop; a line more may exceed it
SHARED_MAX = 512  # while several partners order: who comes next waits for the one under way

_CREATED = LineOutcome.CREATED  # to look it up for every line costs 0.1 µs


def orders_in(item: Line | PlainBatch) -> int:
    """How many orders it is."""
    return len(item.lines) if isinstance(item, PlainBatch) else 1


class Intake:
    """Takes order lines and answers each exactly once."""

    def __init__(
        self,
        *,
        committers: Sequence[Committer],
        stock: Stock,
        seal: Callable[[Sequence[Line]], list[bytes | None]],
        answer_plain: Callable[[PlainBatch, str], bytes | list[bytes] | None],
        by_numbers: ByNumbers,
        by_ids: ByIds,
        certainly_new: Callable[[int, str, float | None], bool],
        perhaps_accepted: Callable[[int, str], bool],
        was_met: Callable[[int, str], bool],
        next_ids: Callable[[int], list[int]],
        created: Callable[[OrdersCreated], None],
        outlet_now: Callable[[Line], int | None],
        price_again: Callable[[Line, datetime], Refusal | None],
        batch_max: int,
        waiting_max: int,
    ) -> None:
        self._committers, self._stock = committers, stock
        self._certainly_new, self._perhaps_accepted = certainly_new, perhaps_accepted
        self._batch_max, self._waiting_max = batch_max, waiting_max
        self._queue: TurnQueue[Loose | PlainBatch] = TurnQueue(
            weigh=lambda item: item.quantity, size=orders_in
        )
        self._on_the_way: dict[tuple[int, str], Line] = {}
        self._plain = PlainBatches(self._on_the_way)
        self._work = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._unsold = Unsold(
            by_numbers=by_numbers, answer=self._answer, batch_max=batch_max, waiting_max=waiting_max
        )
        self._tail = Tail(
            stock=stock,
            requeue=self._requeue,
            answer=self._answer,
            answer_unsold=self._unsold.put,
            outlet_now=outlet_now,
        )
        self._claiming = Claiming(
            stock=stock, batches=self._plain, park=self._tail.park, next_ids=next_ids
        )
        self._closing = False
        self.absence = Absence()
        self._failed = FailedCommits(
            stock=stock, absence=self.absence, by_ids=by_ids, commit=self._process,
            finish_created=self._finish_created, requeue=self._requeue, answer=self._answer,
            turn_away=self._turn_away,
        )  # fmt: skip
        self._committed = Committed(
            stock=stock,
            batches=self._plain,
            seal=seal,
            answer_plain=answer_plain,
            created=created,
            price_again=price_again,
            put_unsold=self._unsold.put,
            try_again=self._failed.try_again,
            requeue=self._requeue,
            answer=self._answer,
        )
        self.entrance = PlainEntrance(
            queue=self._queue, batches=self._plain, stock=stock, committed=self._committed,
            absence=self.absence, was_met=was_met, waiting_max=waiting_max, work=self._work.set,
        )  # fmt: skip
        self.commits = 0
        self.queue_waits = self._queue.waits

    # ------------------------------------------------------------ in

    def start(self) -> None:
        """Start the committers."""
        self._new_future = asyncio.get_running_loop().create_future
        self._tasks = [asyncio.create_task(self._run(committer)) for committer in self._committers]

    @property
    def lines_committed(self) -> int:
        """Lines that became orders."""
        return self._committed.lines

    @property
    def waiting(self) -> int:
        """Lines in the queue."""
        return len(self._queue)

    def submit(self, line: Line) -> "Answered | asyncio.Future[Answered]":
        """Take a line; the answer is at hand or will be. Every line is answered exactly once."""
        first = self._on_the_way.get(line.number)
        among = self._plain.find(line) if first is None else None
        unsaleable = self._unsaleable(line)
        if (
            unsaleable
            and first is None
            and among is None
            and self._certainly_new(*line.number, self._since(line))
        ):
            return unsold(line)
        if self.absence.lasts:
            return Answered(LineOutcome.DATABASE_AWAY)
        if self._closing or self._queue.is_full(line.partner_id, self._waiting_max):
            return Answered(LineOutcome.OVERLOADED)
        future = line.future = self._new_future()
        if first is not None:
            if first.waiters is None:
                first.waiters = []
            first.waiters.append(line)
        elif among is not None:
            among[0].waiters.append((among[1], line))
        else:
            self._enter(line, unsaleable=unsaleable)  # type: ignore[arg-type]  # as in Hand
        return future

    def submit_plain(self, batch: PlainBatch) -> "asyncio.Future[bytes | Sequence[Opened]] | None":
        """Take plain lines; see PlainBatch.future. None: they have to come one by one."""
        if len(batch.lines) > self._batch_max or not self.entrance.enter(batch):
            return None
        future = batch.future = self._new_future()
        return future

    def may_repeat(self, partner_id: int, out_order_no: str) -> bool:
        """Whether the number is on its way, or perhaps accepted, as far as is known here."""
        number = (partner_id, out_order_no)
        under_way = number in self._on_the_way or self._plain.may_contain(number)
        return under_way or self._perhaps_accepted(*number)

    def money_came(self, partner_id: int) -> None:
        """The account may have more now than when it was last found short."""
        self._committed.shortages.forget(partner_id)

    def _unsaleable(self, line: Line) -> bool:
        if self._committed.shortages.refused:
            available_minor = self._committed.shortages.told(line.partner_id)
            if available_minor is not None and line.amount_minor > available_minor:
                line.available_minor = available_minor
                return True
        if (
            line.quotas is not None
            and self._committed.used_up.counts
            and self._committed.used_up.tells(line)
        ):
            return True
        outlet = line.outlet
        return line.refusal is not None or (outlet is not None and self._stock.sold_out(outlet))

    def _since(self, line: Line) -> float | None:
        """Since when no worker can have accepted an order like this one; None: not known."""
        outlet = line.outlet
        otherwise = line.available_minor is not None or line.used_up is not None
        if outlet is None or line.refusal is not None or otherwise:
            return None
        return self._stock.sold_out_since(outlet)

    def _enter(self, line: Loose, *, unsaleable: bool) -> None:
        self._on_the_way[line.number] = line
        if unsaleable:
            self._unsold.put(line)
        elif self._queue.put(line.partner_id, line):  # else the committers know already
            self._work.set()

    def _requeue(self, lines: Sequence[Loose]) -> None:
        """Back to the head of the queue, in order: they came first."""
        self._queue.put_back([(line.partner_id, line) for line in lines])
        if self.absence.lasts:
            self._turn_away()
        self._work.set()

    # ------------------------------------------------------------ committers

    async def _run(self, committer: Committer) -> None:
        while True:
            while not self._queue:
                if self._closing:
                    return
                self._work.clear()
                await self._work.wait()
            codes_max = SHARED_MAX if self._queue.is_shared else CODES_MAX
            taken = self.entrance.take(self._batch_max, codes_max)
            hand = Hand(taken)
            try:
                self._drop_unawaited(hand)
                await self._process(committer, hand, self._claiming.claim(hand))
            except (asyncio.CancelledError, KeyboardInterrupt, SystemExit):
                raise
            except BaseException:  # a panic in Rust arrives as one (faults 8)
                log.exception("intake.batch_failed", lines=len(taken), unanswered=len(hand))
                self._fail(hand)

    def _fail(self, hand: Hand) -> None:
        """Nobody knows what became of the lines still in hand: they are told so."""
        for line in self._plain.open_all(hand, hand):
            runs, line.runs = line.runs, None
            self._answer(hand.let_go(line), Answered(LineOutcome.INTERNAL))
            if runs is not None and line.outlet is not None:
                self._stock.abandon(line.outlet, runs)

    def _drop_unawaited(self, hand: Hand) -> None:
        """Whose caller has gone is not committed: it would be told of it by nobody."""
        now = None
        for item in hand:
            if item.waits_until is None or item.waiters:  # those that came later may still wait
                continue
            now = now or time.monotonic()
            if item.waits_until <= now:
                for line in self._plain.open_all(hand, [item]):
                    self._answer(hand.let_go(line), Answered(LineOutcome.OVERLOADED))

    async def _process(
        self, committer: Committer, hand: Hand, items: Sequence[Line | PlainBatch]
    ) -> None:
        if not items:
            return
        batch_id = uuid.uuid4()
        try:
            answer = await committer.commit(batch_id, commit_request(items))
        except COMMIT_FAILURES as error:
            lines = self._plain.open_all(hand, items)
            await self._failed.resolve(error, batch_id, committer, hand, lines)
        else:
            self.commits += 1
            self._committed.distribute(hand, items, answer)

    def _finish_created(self, hand: Hand, lines: Sequence[Line], moments: Sequence[str]) -> None:
        self._committed.finish_created(hand, lines, moments)

    def _turn_away(self) -> None:
        """The database is away: what was not sent is refused at once, not kept waiting."""
        for line in loose_lines(self._plain, self.entrance.take(len(self._queue), sys.maxsize)):
            self._answer(line, Answered(LineOutcome.DATABASE_AWAY))
        self._tail.flush(LineOutcome.DATABASE_AWAY)

    # ------------------------------------------------------------ out

    def _answer(self, line: Loose, answered: Answered) -> None:
        """Answer the line, and those that waited because they bear its number."""
        self._on_the_way.pop(line.number, None)
        tell(line, answered)
        line.future = None  # it holds the codes; webhooks may hold the line for long
        if line.waiters is not None:
            self._answer_waiters(line, answered)

    def _answer_waiters(self, line: Line, answered: Answered) -> None:
        waiters, line.waiters = line.waiters, None
        for waiter in waiters or ():
            same = waiter.content_hash == line.content_hash
            if answered.outcome in {LineOutcome.CREATED, LineOutcome.REPLAYED}:
                outcome = LineOutcome.REPLAYED if same else LineOutcome.CONFLICT
                tell(waiter, Answered(outcome, order_id=answered.order_id))
            elif same:
                tell(waiter, answered)
            else:
                self._resubmit(waiter)

    def _resubmit(self, line: Line) -> None:
        first = self._on_the_way.get(line.number)
        if first is not None:
            first.waiters = [*(first.waiters or []), line]
            return
        if among := self._plain.find(line):
            among[0].waiters.append((among[1], line))
            return
        self._enter(cast("Loose", line), unsaleable=self._unsaleable(line))

    async def close(self) -> None:
        """Answer everything that was taken, then stop; nothing is taken in any more.

        Cancelled, it leaves what is not decided to the next start; nobody is told anything of it.
        """
        try:
            await self._tail.idle()
            self._closing = self.entrance.is_closed = True
            self._failed.close()
            self._work.set()
            if self._tasks:
                await asyncio.wait(self._tasks)
            await self._unsold.idle()
        except asyncio.CancelledError:
            log.error("intake.undecided", orders=len(self._on_the_way) + len(self._plain))  # noqa: TRY400
            _ = [task.cancel() for task in self._tasks]
            self._unsold.cut_off()
            raise
        finally:
            for committer in self._committers:
                await committer.close()
