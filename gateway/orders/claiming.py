"""Codes and ids for what is about to be committed, in the order in which it came."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

from gateway.codes.stock import Stock
from gateway.orders.hand import Hand, Loose
from gateway.orders.line import Line
from gateway.orders.plain_batch import PlainBatch
from gateway.orders.plain_batches import PlainBatches

Park: TypeAlias = Callable[[int, Loose], None]


class Claiming:
    """Of one intake; `park` takes lines that found no codes in their outlet."""

    def __init__(
        self,
        *,
        stock: Stock,
        batches: PlainBatches,
        park: Park,
        next_ids: Callable[[int], list[int]],
    ) -> None:
        self._stock, self._batches = stock, batches
        self._park, self._next_ids = park, next_ids

    def claim(self, hand: Hand) -> list[Line | PlainBatch]:
        """What is in hand and has its codes now. A batch that does not get all of them at once is
        lines from then on, each of which gets some or is parked."""
        ready: list[Line | PlainBatch] = []
        lines: list[Line] = []
        for item in hand:
            if not isinstance(item, PlainBatch):
                lines.append(item)
                continue
            ready += self._claim_lines(hand, lines)
            lines = []
            if self._claim_batch(item):
                ready.append(item)
            else:
                lines = self._batches.open_all(hand, [item])
        ready += self._claim_lines(hand, lines)
        self._give_ids(ready)
        return ready

    def _claim_lines(self, hand: Hand, lines: Sequence[Line]) -> list[Line]:
        wanting = [(line, outlet) for line in lines if (outlet := line.outlet) is not None]
        runs_of = self._stock.claim_many([(outlet, line.quantity) for line, outlet in wanting])
        for (line, outlet), runs in zip(wanting, runs_of, strict=True):
            line.runs = runs
            if runs is None:
                self._park(outlet, hand.let_go(line))
        return [line for line in lines if line.outlet is None or line.runs is not None]

    def _claim_batch(self, batch: PlainBatch) -> bool:
        wanted = batch.lines.wanted()
        claimed = []
        for (outlet, _), runs in zip(wanted, self._stock.claim_many(wanted), strict=True):
            if runs is not None:
                claimed.append((outlet, runs))
        if len(claimed) < len(wanted):
            for outlet, runs in claimed:
                self._stock.unused(outlet, runs)
            return False
        batch.lines.give_codes(claimed)
        batch.claimed = claimed
        return True

    def _give_ids(self, items: Sequence[Line | PlainBatch]) -> None:
        """Ids that grow from line to line."""
        count = sum(len(item.lines) if isinstance(item, PlainBatch) else 1 for item in items)
        ids, start = self._next_ids(count), 0
        for item in items:
            if isinstance(item, PlainBatch):
                end = start + len(item.lines)
                item.lines.give_ids(ids[start:end])
                start = end
            else:
                item.order_id = ids[start]
                start += 1
