"""What becomes of lines whose commit succeeded: sealed and answered, or answered why not."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from gateway.codes.stock import Stock
from gateway.ground.moment import rfc3339
from gateway.orders.commit import CommitAnswer
from gateway.orders.events import OrdersCreated
from gateway.orders.failed_commit import release
from gateway.orders.hand import Hand, Loose
from gateway.orders.line import Answered, Line, used_up
from gateway.orders.plain_batch import PlainBatch
from gateway.orders.plain_batches import PlainBatches
from gateway.orders.refusal import Refusal
from gateway.orders.refused_lately import RefusedLately
from gateway.orders.rules import LineOutcome
from gateway.orders.used_up import UsedUp

_CREATED = LineOutcome.CREATED  # to look it up for every line costs 0.1 µs


class PutUnsold(Protocol):
    """Answers a line whose number another order has; see unsold.Unsold.put."""

    def __call__(self, line: Loose, *, taken_by: int) -> None: ...


class Committed:
    """Of one intake. `seal` and `answer_plain` are sealing.Sealing's; `try_again` and `requeue`
    take lines that may be orders yet, `answer` those that are answered."""

    def __init__(
        self,
        *,
        stock: Stock,
        batches: PlainBatches,
        seal: Callable[[Sequence[Line]], list[bytes | None]],
        answer_plain: Callable[[PlainBatch, str], bytes | list[bytes] | None],
        created: Callable[[OrdersCreated], None],
        price_again: Callable[[Line, datetime], Refusal | None],
        put_unsold: PutUnsold,
        try_again: Callable[[Hand, Sequence[Line]], None],
        requeue: Callable[[Sequence[Loose]], None],
        answer: Callable[[Loose, Answered], None],
    ) -> None:
        self._stock, self._plain = stock, batches
        self._seal, self._answer_plain = seal, answer_plain
        self._created = created
        self._price_again = price_again
        self.shortages: RefusedLately[int, int] = RefusedLately()  # by partner: what there is
        self.used_up = UsedUp()
        self._put_unsold, self._try_again = put_unsold, try_again
        self._requeue, self._answer = requeue, answer
        self.lines = 0  # that became orders

    def distribute(
        self, hand: Hand, items: Sequence[Line | PlainBatch], answer: CommitAnswer
    ) -> None:
        """Answer all of what was committed together."""
        outcomes, moment = answer.outcomes, rfc3339(answer.committed_at)
        if outcomes.count(_CREATED) == len(outcomes):
            created = self._finish_plain(hand, items, moment)
        else:
            lines = self._plain.open_all(hand, items)
            created = [line for line, made in zip(lines, outcomes, strict=True) if made == _CREATED]
            self._answer_others(hand, lines, answer)
        self.finish_created(hand, created, [moment] * len(created))

    def _finish_plain(
        self, hand: Hand, items: Sequence[Line | PlainBatch], moment: str
    ) -> list[Line]:
        """Seal and answer the batches, which are durable now; the lines that are left to answer."""
        batches = [item for item in items if isinstance(item, PlainBatch)]
        if batches:
            self._created(OrdersCreated((), batches))
        unsealed = []
        for batch in batches:
            results = self._answer_plain(batch, moment)
            if results is None:
                unsealed.append(batch)
                continue
            self.lines += len(batch.lines)
            for outlet, runs in batch.claimed:
                self._stock.used(outlet, runs)
            hand.let_go_all(batch)
            self._plain.answer_created(batch, results)
        lines = [item for item in items if not isinstance(item, PlainBatch)]
        return [*lines, *self._plain.open_all(hand, unsealed)]

    def _answer_others(self, hand: Hand, lines: Sequence[Line], answer: CommitAnswer) -> None:
        """Answer those that made no order."""
        again = []
        for place, (line, number) in enumerate(zip(lines, answer.outcomes, strict=True)):
            if number == _CREATED:
                continue
            release(self._stock, line)
            outcome, about = LineOutcome(number), answer.existing[place] or 0
            if outcome is LineOutcome.CONFLICT:  # unless an older release digested it otherwise
                self._put_unsold(hand.let_go(line), taken_by=about)
            elif outcome is LineOutcome.CAMPAIGN_CLOSED:
                self._out_of_window(hand.let_go(line), answer.committed_at)
            elif outcome in {LineOutcome.UNITS_ELSEWHERE, LineOutcome.UNITS_DUE}:
                again.append(line)
            elif outcome is LineOutcome.REPLAYED:
                self._answer(hand.let_go(line), Answered(outcome, order_id=about))
            elif outcome is LineOutcome.PURCHASE_LIMIT:
                answered = self.used_up.found(line, used_up(answer, place))
                self._answer(hand.let_go(line), answered)
            else:
                if outcome is LineOutcome.INSUFFICIENT_BALANCE:
                    self.shortages.found(line.partner_id, about)
                self._answer(hand.let_go(line), Answered(outcome, amount=about))
        if again:
            self._try_again(hand, again)

    def _out_of_window(self, line: Loose, moment: datetime) -> None:
        """Not within its window by the clock of the database: its campaign is closed, or another
        price is in force by now, and it may go again at that."""
        refusal = self._price_again(line, moment)
        if refusal is None:
            self._requeue([line])
        else:
            self._answer(line, Answered(LineOutcome.REFUSED, refusal=refusal))

    def finish_created(self, hand: Hand, lines: Sequence[Line], moments: Sequence[str]) -> None:
        """Seal and answer what is durable now."""
        self.lines += len(lines)
        for line, moment in zip(lines, moments, strict=True):
            line.committed_at = moment
        self._created(OrdersCreated(lines))
        for line, moment, codes in zip(lines, moments, self._seal(lines), strict=True):
            if line.runs is not None and line.outlet is not None:
                self._stock.used(line.outlet, line.runs)
                line.runs = None
            self._answer(hand.let_go(line), Answered(_CREATED, line.order_id, moment, codes))
