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
from gateway.orders.line import Line, Settled, used_up
from gateway.orders.plain_batch import PlainBatch
from gateway.orders.plain_batches import PlainBatches
from gateway.orders.refusal import Refusal
from gateway.orders.refused_lately import RefusedLately
from gateway.orders.rules import Verdict
from gateway.orders.used_up import UsedUp

_CREATED = Verdict.CREATED  # to look it up for every line costs 0.1 µs


class PutUnsold(Protocol):
    """Answers a line whose number another order has; see unsold.Unsold.put."""

    def __call__(self, line: Loose, *, taken_by: int) -> None: ...


class Committed:
    """Of one intake. `seal` and `answer_plain` are sealing.Sealing's; `try_again` and `requeue`
    take lines that may be orders yet, `settle` those that are answered."""

    def __init__(
        self,
        *,
        stock: Stock,
        batches: PlainBatches,
        seal: Callable[[Sequence[Line]], list[bytes | None]],
        answer_plain: Callable[[PlainBatch, str], bytes | None],
        created: Callable[[OrdersCreated], None],
        price_again: Callable[[Line, datetime], Refusal | None],
        put_unsold: PutUnsold,
        try_again: Callable[[Hand, Sequence[Line]], None],
        requeue: Callable[[Sequence[Loose]], None],
        settle: Callable[[Loose, Settled], None],
    ) -> None:
        self._stock, self._plain = stock, batches
        self._seal, self._answer_plain = seal, answer_plain
        self._created = created
        self._price_again = price_again
        self.shortages: RefusedLately[int, int] = RefusedLately()  # by partner: what there is
        self.used_up = UsedUp()
        self._put_unsold, self._try_again = put_unsold, try_again
        self._requeue, self._settle = requeue, settle
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
            self._settle_others(hand, lines, answer)
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
            self._plain.settle_created(batch, results)
        lines = [item for item in items if not isinstance(item, PlainBatch)]
        return [*lines, *self._plain.open_all(hand, unsealed)]

    def _settle_others(self, hand: Hand, lines: Sequence[Line], answer: CommitAnswer) -> None:
        """Answer those that made no order."""
        again = []
        for place, (line, outcome) in enumerate(zip(lines, answer.outcomes, strict=True)):
            if outcome == _CREATED:
                continue
            release(self._stock, line)
            verdict, about = Verdict(outcome), answer.existing[place] or 0
            if verdict is Verdict.CONFLICT:  # unless an earlier release made another digest of it
                self._put_unsold(hand.let_go(line), taken_by=about)
            elif verdict is Verdict.CAMPAIGN_CLOSED:
                self._out_of_window(hand.let_go(line), answer.committed_at)
            elif verdict in {Verdict.UNITS_ELSEWHERE, Verdict.UNITS_DUE}:
                again.append(line)
            elif verdict is Verdict.REPLAYED:
                self._settle(hand.let_go(line), Settled(verdict, order_id=about))
            elif verdict is Verdict.PURCHASE_LIMIT:
                settled = self.used_up.found(line, used_up(answer, place))
                self._settle(hand.let_go(line), settled)
            else:
                if verdict is Verdict.INSUFFICIENT_BALANCE:
                    self.shortages.found(line.partner_id, about)
                self._settle(hand.let_go(line), Settled(verdict, amount=about))
        if again:
            self._try_again(hand, again)

    def _out_of_window(self, line: Loose, moment: datetime) -> None:
        """Not within its window by the clock of the database: its campaign is closed, or another
        price is in force by now, and it may go again at that."""
        refusal = self._price_again(line, moment)
        if refusal is None:
            self._requeue([line])
        else:
            self._settle(line, Settled(Verdict.REFUSED, refusal=refusal))

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
            self._settle(hand.let_go(line), Settled(_CREATED, line.order_id, moment, codes))
