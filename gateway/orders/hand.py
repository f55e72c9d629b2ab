"""Who owes a line its answer: one place at any time, and its type says so.

A `Loose` line is being handed over: to the queue, to the tail, to whoever looks its number up, or
to its answer. A task that awaits holds its lines in a `Hand`, and only a hand makes them loose
again. So whatever goes wrong, what is left in the hand is what this task still owes, no more.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from gateway.ground.errors import InvariantBrokenError
from gateway.orders.line import Answered, Line
from gateway.orders.plain_batch import PlainBatch
from gateway.orders.rules import LineOutcome

if TYPE_CHECKING:

    class Loose(Line, kw_only=True, eq=False, gc=False):
        """A line that is being handed over; a type of its own for the checker only."""

else:
    Loose = Line


class Hand:
    """The lines one task has to answer, and batches of plain ones; each leaves it once."""

    __slots__ = ("_lines",)

    def __init__(self, lines: Iterable[Loose | PlainBatch]) -> None:
        self._lines: dict[Line | PlainBatch, None] = dict.fromkeys(lines)

    def __iter__(self) -> Iterator[Line | PlainBatch]:
        """The lines and batches as they are now; they may leave meanwhile."""
        return iter(list(self._lines))

    def __len__(self) -> int:
        return len(self._lines)

    def let_go(self, line: Line) -> Loose:
        """The line is the next one's. Raises InvariantBrokenError when it is not ours to give."""
        try:
            del self._lines[line]
        except KeyError:
            raise InvariantBrokenError("a line was handed over twice") from None
        return line  # type: ignore[return-value]  # cast would be a call more

    def exchange(self, batch: PlainBatch, lines: Iterable[Line]) -> None:
        """The batch became these lines."""
        self.let_go_all(batch)
        self._lines.update(dict.fromkeys(lines))

    def let_go_all(self, batch: PlainBatch) -> None:
        """All of the batch are answered. Raises InvariantBrokenError when it is not in hand."""
        if self._lines.pop(batch, self) is self:
            raise InvariantBrokenError("a batch was handed over twice")


def tell(line: Line, answered: Answered) -> None:
    """Tell the line's waiter, unless it was told."""
    if line.future is not None and not line.future.done():
        line.future.set_result(answered)


def ask_later(lines: Sequence[Line]) -> None:
    """Keep nobody waiting; the numbers stay on their way until their commit is decided."""
    for line in lines:
        waiters, line.waiters = line.waiters, None
        for each in (line, *(waiters or ())):
            tell(each, Answered(LineOutcome.DATABASE_AWAY))
