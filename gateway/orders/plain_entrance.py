"""How plain lines come into the order path: as a batch, or gathered one by one.

Only what is certain to be plain there comes in so. For the rest the answer is no, nothing was done,
and whoever asked goes the way that every line can go.
"""

from collections.abc import Callable

from gateway.codes.stock import Stock
from gateway.ground.native import PlainOrders
from gateway.ground.sql.absence import Absence
from gateway.ground.traffic.turn_queue import TURN_WEIGHT, TurnQueue
from gateway.orders.committed import Committed
from gateway.orders.gathering import GATHERED_MAX, Gathering, Terms
from gateway.orders.hand import Loose
from gateway.orders.plain_batch import PlainBatch
from gateway.orders.plain_batches import PlainBatches


class PlainEntrance:
    """Of one intake. `work`: something waits that did not before."""

    def __init__(
        self,
        *,
        queue: TurnQueue[Loose | PlainBatch],
        batches: PlainBatches,
        stock: Stock,
        committed: Committed,
        absence: Absence,
        was_met: Callable[[int, str], bool],
        waiting_max: int,
        work: Callable[[], None],
    ) -> None:
        self._queue, self._plain, self._stock = queue, batches, stock
        self._committed, self._absence = committed, absence
        self._was_met = was_met
        self._waiting_max = waiting_max
        self._work = work
        self._open: dict[str, Gathering] = {}  # by key: they wait, and may grow
        self.is_closed = False

    def enter(self, batch: PlainBatch) -> bool:
        """Put a batch on its way."""
        partner_id, size = batch.partner_id, len(batch.lines)
        if (
            not self._is_open_to(partner_id, size, batch.asks)
            or any(map(self._stock.sold_out, batch.outlets))
            or not self._plain.enter(batch)
        ):
            return False
        if self._queue.put(partner_id, batch):
            self._work()
        return True

    def gather(self, terms: Terms, orders: PlainOrders, number: str) -> Gathering | None:
        """Put the order that was read last on its way, and say where its exchange is awaited."""
        partner_id, key_id = terms.key.partner_id, terms.key.key_id
        if (
            not self._is_open_to(partner_id, 1, terms.asks)
            or self._stock.sold_out(terms.outlet)
            or self._was_met(partner_id, number)
        ):
            return None
        known = self._open.get(key_id)
        gathering = terms.begin() if known is None else known
        if not self._plain.add(gathering, number):
            return None
        if not terms.may():  # last of all: what it takes is not given back
            self._plain.drop(gathering, number)
            return None
        if gathering.lines.add(orders):
            gathering.skus.append(terms.sku)
            gathering.outlets.append(terms.outlet)
            gathering.asks = gathering.asks or terms.asks
        gathering.quantity += orders.quantity
        if known is not None:
            self._queue.grew(partner_id)
        else:
            self._open[key_id] = gathering
            if self._queue.put(partner_id, gathering):
                self._work()
        if gathering.quantity >= (TURN_WEIGHT if self._queue.is_shared else GATHERED_MAX):
            del self._open[key_id]
        return gathering

    def part(self) -> None:
        """What waits grows no more: from now on orders are sold by something else."""
        self._open.clear()

    def take(self, count_max: int, weight_max: int) -> list[Loose | PlainBatch]:
        """What is next in the queue; nothing of it grows any more."""
        self.part()
        return self._queue.take(count_max, weight_max)

    def _is_open_to(self, partner_id: int, size: int, asks: bool) -> bool:
        """Whether that many lines of a partner may turn out plain at all."""
        committed = self._committed
        return not (
            self._absence.lasts
            or self.is_closed
            or self._queue.is_full(partner_id, self._waiting_max - size)
            or committed.shortages.refused
            or (asks and committed.used_up.counts)
        )
