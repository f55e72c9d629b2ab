"""The order path: queue → claim → commit → seal → settle (design D5).

Lines gather in one queue. Each lane takes what is there, claims codes for it in one call,
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
from gateway.ground.moment import rfc3339
from gateway.ground.sql.absence import Absence
from gateway.ground.traffic.turn_queue import TurnQueue
from gateway.orders.commit import CommitAnswer
from gateway.orders.commit_columns import commit_request
from gateway.orders.events import OrdersCreated
from gateway.orders.failed_commit import COMMIT_FAILURES, ByIds, FailedCommits, release
from gateway.orders.hand import Hand, Loose, tell
from gateway.orders.line import Line, Settled, unsold, used_up
from gateway.orders.ports import Lane
from gateway.orders.refusal import Refusal
from gateway.orders.refused_lately import RefusedLately
from gateway.orders.rules import Verdict
from gateway.orders.tail import Tail
from gateway.orders.unsold import ByNumbers, Unsold
from gateway.orders.used_up import UsedUp

log = structlog.get_logger()

CODES_MAX = 1024  # in one commit and its sealing, which holds the loop; a line more may exceed it
SHARED_MAX = 512  # while several partners order: who comes next waits for the one under way

_CREATED = Verdict.CREATED  # to look it up for every line costs 0.1 µs


class Intake:
    """Takes order lines and settles each exactly once."""

    def __init__(
        self,
        *,
        lanes: Sequence[Lane],
        stock: Stock,
        seal: Callable[[Sequence[Line]], list[bytes | None]],
        by_numbers: ByNumbers,
        by_ids: ByIds,
        certainly_new: Callable[[int, str, float | None], bool],
        perhaps_accepted: Callable[[int, str], bool],
        next_ids: Callable[[int], list[int]],
        created: Callable[[OrdersCreated], None],
        outlet_now: Callable[[Line], int | None],
        price_again: Callable[[Line, datetime], Refusal | None],
        batch_max: int,
        waiting_max: int,
    ) -> None:
        self._lanes, self._stock = lanes, stock
        self._seal = seal
        self._certainly_new, self._perhaps_accepted = certainly_new, perhaps_accepted
        self._next_ids = next_ids
        self._created = created
        self._price_again = price_again
        self._batch_max, self._waiting_max = batch_max, waiting_max
        self._queue: TurnQueue[Loose] = TurnQueue(weigh=lambda line: line.quantity)
        self._shortages: RefusedLately[int, int] = RefusedLately()  # by partner: what there is
        self._used_up = UsedUp()
        self._on_the_way: dict[tuple[int, str], Line] = {}
        self._work = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._unsold = Unsold(
            by_numbers=by_numbers, settle=self._settle, batch_max=batch_max, waiting_max=waiting_max
        )
        self._tail = Tail(
            stock=stock,
            requeue=self._requeue,
            settle=self._settle,
            settle_unsold=self._unsold.put,
            outlet_now=outlet_now,
        )
        self._closing = False
        self.absence = Absence()
        self._failed = FailedCommits(
            stock=stock,
            absence=self.absence,
            by_ids=by_ids,
            commit=self._process,
            finish_created=self._finish_created,
            requeue=self._requeue,
            settle=self._settle,
            turn_away=self._turn_away,
        )
        self.commits = self.lines_committed = 0
        self.queue_waits = self._queue.waits

    # ------------------------------------------------------------ in

    def start(self) -> None:
        """Start the lanes."""
        self._new_future = asyncio.get_running_loop().create_future
        self._tasks = [asyncio.create_task(self._run(lane)) for lane in self._lanes]

    @property
    def waiting(self) -> int:
        """Lines in the queue."""
        return len(self._queue)

    def submit(self, line: Line) -> "Settled | asyncio.Future[Settled]":
        """Take a line; the answer is at hand or will be. Every line is settled exactly once."""
        first = self._on_the_way.get(line.number)
        unsaleable = self._unsaleable(line)
        if unsaleable and first is None and self._certainly_new(*line.number, self._since(line)):
            return unsold(line)
        if self.absence.lasts:
            return Settled(Verdict.DATABASE_AWAY)
        if self._closing or self._queue.is_full(line.partner_id, self._waiting_max):
            return Settled(Verdict.OVERLOADED)
        future = line.future = self._new_future()
        if first is not None:
            if first.waiters is None:
                first.waiters = []
            first.waiters.append(line)
        else:
            self._enter(line, unsaleable=unsaleable)  # type: ignore[arg-type]  # as in Hand
        return future

    def may_repeat(self, partner_id: int, out_order_no: str) -> bool:
        """Whether the number is on its way, or perhaps accepted, as far as is known here."""
        number = (partner_id, out_order_no)
        return number in self._on_the_way or self._perhaps_accepted(*number)

    def money_came(self, partner_id: int) -> None:
        """The account may have more now than when it was last found short."""
        self._shortages.forget(partner_id)

    def _unsaleable(self, line: Line) -> bool:
        if self._shortages.refused:
            available_minor = self._shortages.told(line.partner_id)
            if available_minor is not None and line.amount_minor > available_minor:
                line.available_minor = available_minor
                return True
        if line.quotas is not None and self._used_up.counts and self._used_up.tells(line):
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
        elif self._queue.put(line.partner_id, line):  # else the lanes know already
            self._work.set()

    def _requeue(self, lines: Sequence[Loose]) -> None:
        """Back to the head of the queue, in order: they came first."""
        self._queue.put_back([(line.partner_id, line) for line in lines])
        if self.absence.lasts:
            self._turn_away()
        self._work.set()

    # ------------------------------------------------------------ lanes

    async def _run(self, lane: Lane) -> None:
        while True:
            while not self._queue:
                if self._closing:
                    return
                self._work.clear()
                await self._work.wait()
            codes_max = SHARED_MAX if self._queue.is_shared else CODES_MAX
            taken = self._queue.take(self._batch_max, codes_max)
            hand = Hand(taken)
            try:
                self._drop_unawaited(hand)
                await self._process(lane, hand, self._claim(hand))
            except (asyncio.CancelledError, KeyboardInterrupt, SystemExit):
                raise
            except BaseException:  # a panic in Rust arrives as one (faults 8)
                log.exception("intake.batch_failed", lines=len(taken), unsettled=len(hand))
                self._fail(hand)

    def _fail(self, hand: Hand) -> None:
        """Nobody knows what became of the lines still in hand: they are told so."""
        for line in hand:
            runs, line.runs = line.runs, None
            self._settle(hand.let_go(line), Settled(Verdict.INTERNAL))
            if runs is not None and line.outlet is not None:
                self._stock.abandon(line.outlet, runs)

    def _drop_unawaited(self, hand: Hand) -> None:
        """Whose caller has gone is not committed: it would be told of it by nobody."""
        now = None
        for line in hand:
            if line.waits_until is None or line.waiters:  # those that came later may still wait
                continue
            now = now or time.monotonic()
            if line.waits_until <= now:
                self._settle(hand.let_go(line), Settled(Verdict.OVERLOADED))

    def _claim(self, hand: Hand) -> list[Line]:
        """Claim codes for the lines that need some; park those that found none."""
        lines = list(hand)
        wanting = [(line, outlet) for line in lines if (outlet := line.outlet) is not None]
        runs_of = self._stock.claim_many([(outlet, line.quantity) for line, outlet in wanting])
        for (line, outlet), runs in zip(wanting, runs_of, strict=True):
            line.runs = runs
            if runs is None:
                self._tail.park(outlet, hand.let_go(line))
        ready = [line for line in lines if line.outlet is None or line.runs is not None]
        for line, order_id in zip(ready, self._next_ids(len(ready)), strict=True):
            line.order_id = order_id
        return ready

    async def _process(self, lane: Lane, hand: Hand, lines: Sequence[Line]) -> None:
        if not lines:
            return
        batch_id = uuid.uuid4()
        try:
            answer = await lane.commit(batch_id, commit_request(lines))
        except COMMIT_FAILURES as error:
            await self._failed.resolve(error, batch_id, lane, hand, lines)
        else:
            self.commits += 1
            self._distribute(hand, lines, answer)

    def _distribute(self, hand: Hand, lines: Sequence[Line], answer: CommitAnswer) -> None:
        outcomes = answer.outcomes
        created = [line for line, made in zip(lines, outcomes, strict=True) if made == _CREATED]
        if len(created) < len(lines):
            self._settle_others(hand, lines, answer)
        self._finish_created(hand, created, [rfc3339(answer.committed_at)] * len(created))

    def _settle_others(self, hand: Hand, lines: Sequence[Line], answer: CommitAnswer) -> None:
        """Answer those that made no order."""
        again = []
        for place, (line, outcome) in enumerate(zip(lines, answer.outcomes, strict=True)):
            if outcome == _CREATED:
                continue
            release(self._stock, line)
            verdict, about = Verdict(outcome), answer.existing[place] or 0
            if verdict is Verdict.CONFLICT:  # unless an earlier release made another digest of it
                self._unsold.put(hand.let_go(line), taken_by=about)
            elif verdict is Verdict.CAMPAIGN_CLOSED:
                self._out_of_window(hand.let_go(line), answer.committed_at)
            elif verdict in {Verdict.UNITS_ELSEWHERE, Verdict.UNITS_DUE}:
                again.append(line)
            elif verdict is Verdict.REPLAYED:
                self._settle(hand.let_go(line), Settled(verdict, order_id=about))
            elif verdict is Verdict.PURCHASE_LIMIT:
                settled = self._used_up.found(line, used_up(answer, place))
                self._settle(hand.let_go(line), settled)
            else:
                if verdict is Verdict.INSUFFICIENT_BALANCE:
                    self._shortages.found(line.partner_id, about)
                self._settle(hand.let_go(line), Settled(verdict, amount=about))
        if again:
            self._failed.try_again(hand, again)

    def _out_of_window(self, line: Loose, moment: datetime) -> None:
        """Not within its window by the clock of the database: its campaign is closed, or another
        price is in force by now, and it may go again at that."""
        refusal = self._price_again(line, moment)
        if refusal is None:
            self._requeue([line])
        else:
            self._settle(line, Settled(Verdict.REFUSED, refusal=refusal))

    def _finish_created(self, hand: Hand, lines: Sequence[Line], moments: Sequence[str]) -> None:
        """Seal and answer what is durable now."""
        self.lines_committed += len(lines)
        for line, moment in zip(lines, moments, strict=True):
            line.committed_at = moment
        self._created(OrdersCreated(lines))
        for line, moment, codes in zip(lines, moments, self._seal(lines), strict=True):
            if line.runs is not None and line.outlet is not None:
                self._stock.used(line.outlet, line.runs)
                line.runs = None
            self._settle(hand.let_go(line), Settled(_CREATED, line.order_id, moment, codes))

    def _turn_away(self) -> None:
        """The database is away: what was not sent is refused at once, not kept waiting."""
        for line in self._queue.take(len(self._queue), sys.maxsize):
            self._settle(line, Settled(Verdict.DATABASE_AWAY))
        self._tail.flush(Verdict.DATABASE_AWAY)

    # ------------------------------------------------------------ out

    def _settle(self, line: Loose, settled: Settled) -> None:
        """Answer the line, and those that waited because they bear its number."""
        self._on_the_way.pop(line.number, None)
        tell(line, settled)
        line.future = None  # it holds the codes; webhooks may hold the line for long
        if line.waiters is not None:
            self._settle_waiters(line, settled)

    def _settle_waiters(self, line: Line, settled: Settled) -> None:
        waiters, line.waiters = line.waiters, None
        for waiter in waiters or ():
            same = waiter.content_hash == line.content_hash
            if settled.verdict in {Verdict.CREATED, Verdict.REPLAYED}:
                verdict = Verdict.REPLAYED if same else Verdict.CONFLICT
                tell(waiter, Settled(verdict, order_id=settled.order_id))
            elif same:
                tell(waiter, settled)
            else:
                self._resubmit(waiter)

    def _resubmit(self, line: Line) -> None:
        first = self._on_the_way.get(line.number)
        if first is not None:
            first.waiters = [*(first.waiters or []), line]
            return
        self._enter(cast("Loose", line), unsaleable=self._unsaleable(line))

    async def close(self) -> None:
        """Settle everything that was taken, then stop; nothing is taken in any more.

        Cancelled, it leaves what is not decided to the next start; nobody is told anything of it.
        """
        try:
            await self._tail.idle()
            self._closing = True
            self._failed.close()
            self._work.set()
            if self._tasks:
                await asyncio.wait(self._tasks)
            await self._unsold.idle()
        except asyncio.CancelledError:
            log.error("intake.undecided", orders=len(self._on_the_way))  # noqa: TRY400
            _ = [task.cancel() for task in self._tasks]
            self._unsold.cut_off()
            raise
        finally:
            for lane in self._lanes:
                await lane.close()
