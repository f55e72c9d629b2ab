"""Batches of plain lines that are under way, and how they become lines of their own."""

import asyncio
from collections.abc import Iterable

from gateway.ground.native import NumbersUnderWay
from gateway.orders.hand import Hand, Loose, tell
from gateway.orders.line import Answered, Line
from gateway.orders.plain_batch import PlainBatch, lines_of
from gateway.orders.rules import LineOutcome


class PlainBatches:
    """Of one intake. `on_the_way` has its lines by number: a number is there, or in one batch, or
    not under way (I5)."""

    def __init__(self, on_the_way: dict[tuple[int, str], Line]) -> None:
        self._on_the_way = on_the_way
        self._numbers = NumbersUnderWay()
        self._batches: dict[PlainBatch, None] = {}

    def __len__(self) -> int:
        """Orders, not batches."""
        return sum(len(batch.lines) for batch in self._batches)

    def enter(self, batch: PlainBatch) -> bool:
        """False: one of its numbers may be under way already, and it was not taken."""
        if self._on_the_way and batch.lines.meets(self._on_the_way):
            return False
        if not self._numbers.add(batch.lines):
            return False
        self._batches[batch] = None
        return True

    def add(self, batch: PlainBatch, number: str) -> bool:
        """Take in another number of a batch that grows. False: it may be under way already."""
        if self._on_the_way and (batch.partner_id, number) in self._on_the_way:
            return False
        if not self._numbers.add_one(batch.partner_id, number):
            return False
        self._batches[batch] = None
        return True

    def drop(self, batch: PlainBatch, number: str) -> None:
        """The number that was added last did not come after all."""
        self._numbers.remove_one(batch.partner_id, number)
        if not len(batch.lines):
            del self._batches[batch]

    def may_contain(self, number: tuple[int, str]) -> bool:
        """False: the number is not under way in a batch."""
        return bool(self._batches) and self._numbers.may_contain(*number)

    def find(self, line: Line) -> tuple[PlainBatch, int] | None:
        """The batch that has the line's number, and its place there."""
        if not self.may_contain(line.number):
            return None
        for batch in self._batches:
            if batch.partner_id == line.partner_id:
                place = batch.lines.place_of(line.out_order_no)
                if place is not None:
                    return batch, place
        return None

    def open(self, batch: PlainBatch) -> list[Line]:
        """The lines instead of the batch, whose caller is told of them; they are the caller's."""
        self._leave(batch)
        lines = lines_of(batch)
        opened = []
        for line in lines:
            future = line.future = asyncio.get_running_loop().create_future()
            self._on_the_way[line.number] = line
            opened.append((line, future))
        for place, waiter in batch.waiters:
            lines[place].waiters = [*(lines[place].waiters or ()), waiter]
        batch.tell(opened)
        return lines

    def open_all(self, hand: Hand, items: Iterable[Line | PlainBatch]) -> list[Line]:
        """The lines of all of these, in their order, now in hand."""
        lines: list[Line] = []
        for item in items:
            if isinstance(item, PlainBatch):
                opened = self.open(item)
                hand.exchange(item, opened)
                lines += opened
            else:
                lines.append(item)
        return lines

    def answer_created(self, batch: PlainBatch, results: bytes | list[bytes]) -> None:
        """All of it is durable: tell the caller, and who waited for one of its numbers."""
        self._leave(batch)
        batch.tell(results)
        for place, waiter in batch.waiters:
            made = batch.lines.line(place)
            same = waiter.content_hash == made[5]
            outcome = LineOutcome.REPLAYED if same else LineOutcome.CONFLICT
            tell(waiter, Answered(outcome, order_id=made[8]))

    def _leave(self, batch: PlainBatch) -> None:
        del self._batches[batch]
        self._numbers.remove(batch.lines)


def loose_lines(batches: PlainBatches, items: Iterable[Loose | PlainBatch]) -> list[Loose]:
    """The lines of what nobody has in hand."""
    lines: list[Loose] = []
    for item in items:
        if isinstance(item, PlainBatch):
            lines += batches.open(item)  # type: ignore[arg-type]  # as in Hand
        else:
            lines.append(item)
    return lines
