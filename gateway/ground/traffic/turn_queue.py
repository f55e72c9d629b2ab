"""What waits for a common thing, by owner: owners take turns, whoever sends most."""

import time
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Sequence
from typing import Final, Generic, TypeVar

from gateway.ground.histogram import Histogram

Item = TypeVar("Item")

TURN_WEIGHT: Final = 16  # a turn ends with the item that makes it as heavy
SHARED_S: Final = 1.0  # for so long owners are known to have come one after the other


def _one(_item: object) -> int:
    return 1


class TurnQueue(Generic[Item]):
    """First in, first out for each owner; `len` is how many items wait in all. An item may be
    several (`size`).

    `waits` holds how long items waited, of one item at a time: the first that comes after the one
    before it was taken. So the clock is read twice for each time that something is taken.
    """

    def __init__(
        self,
        *,
        weigh: Callable[[Item], int] = _one,
        size: Callable[[Item], int] = _one,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._weigh, self._size = weigh, size
        self._clock = clock
        self._timed: Item | None = None
        self._timed_since = 0.0
        self.waits = Histogram()
        self._queues: OrderedDict[Hashable, deque[Item]] = OrderedDict()
        self._count = 0
        self._more: dict[Hashable, int] = {}  # of an owner: items beyond one for each in its queue
        self._last: Hashable = None  # who came last
        self._shared_until = float("-inf")

    def __len__(self) -> int:
        return self._count

    def is_full(self, owner: Hashable, most: int) -> bool:
        """Whether the owner's items take up as much of `most` places as they leave free.

        Alone an owner gets half of them, and whoever comes next always half of the rest.
        """
        free = most - self._count
        if free * 2 > most:
            return False
        return len(self._queues.get(owner, ())) + self._more.get(owner, 0) >= free

    @property
    def is_shared(self) -> bool:
        """Whether more than one owner came within the last moment."""
        return self._clock() < self._shared_until

    def put(self, owner: Hashable, item: Item) -> bool:
        """The item comes after its owner's others; whether it is the only one that waits."""
        queue = self._queues.get(owner)
        if queue is None:
            queue = self._queues[owner] = deque()
        is_first = not self._count
        queue.append(item)
        self._count += self._sized(owner, item)
        if owner != self._last:
            if self._last is not None:
                self._shared_until = self._clock() + SHARED_S
            self._last = owner
        if self._timed is None:
            self._timed, self._timed_since = item, self._clock()
        return is_first

    def grew(self, owner: Hashable) -> None:
        """An item of the owner's that waits is one more than it was."""
        self._count += 1
        self._more[owner] = self._more.get(owner, 0) + 1

    def put_back(self, items: Sequence[tuple[Hashable, Item]]) -> None:
        """These were taken before and come first again, in this order."""
        for owner, item in reversed(items):
            self._queues.setdefault(owner, deque()).appendleft(item)
            self._queues.move_to_end(owner, last=False)
            self._count += self._sized(owner, item)

    def _sized(self, owner: Hashable, item: Item, sign: int = 1) -> int:
        """How many items it is, which come (or, -1, go)."""
        size = self._size(item)
        if size != 1:
            more = self._more.pop(owner, 0) + sign * (size - 1)
            if more:
                self._more[owner] = more
        return size

    def take(self, count_max: int, weight_max: int) -> list[Item]:
        """The next items: no more than `count_max`, and the one that makes them weigh `weight_max`
        or more is the last; as is one that is several and makes them more than `count_max`.
        """
        taken: list[Item] = []
        timed = self._timed
        weight = count = 0
        while self._queues and count < count_max and weight < weight_max:
            owner, queue = next(iter(self._queues.items()))
            # Alone, there are no turns to be taken.
            ends_at = weight_max
            if len(self._queues) > 1:
                ends_at = min(weight_max, weight + TURN_WEIGHT)
            while queue and weight < ends_at and count < count_max:
                item = queue.popleft()
                if item is timed:
                    self._timed = None
                    self.waits.observe(self._clock() - self._timed_since)
                weight += self._weigh(item)
                count += self._sized(owner, item, -1)
                taken.append(item)
            if queue:
                self._queues.move_to_end(owner)
            else:
                del self._queues[owner]
        self._count -= count
        return taken
