"""Permits for something that all owners share, so that the excess of one is its own.

No owner holds more than its share, and owners that wait take turns. Who waits too long, or in
too long a queue of its own, is told so (OverloadedError): the others are not.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager

from gateway.ground.errors import OverloadedError

Waiting = deque[tuple[int, "asyncio.Future[None]"]]


class Shares:
    """`total` permits, of which one owner holds at most `own`.

    At most `waiting_max` requests of an owner wait, each up to `wait_s` seconds (None: for ever).
    `late` counts those that waited too long, `turned_away` those that found too many waiting.
    """

    def __init__(self, *, total: int, own: int, waiting_max: int, wait_s: float | None) -> None:
        self.total = self._free = total
        self.late = self.turned_away = 0
        self._own = own
        self._waiting_max = waiting_max
        self._wait_s = wait_s
        self._held: dict[Hashable, int] = {}
        self._queues: OrderedDict[Hashable, Waiting] = OrderedDict()

    @property
    def in_use(self) -> int:
        """Permits held now."""
        return self.total - self._free

    @property
    def waiting(self) -> int:
        """Requests that wait for a permit."""
        return sum(map(len, self._queues.values()))

    @asynccontextmanager
    async def held(self, owner: Hashable, amount: int = 1) -> AsyncIterator[None]:
        """Hold `amount` permits, at most the share; raises OverloadedError."""
        await self._take(owner, min(amount, self._own))
        try:
            yield
        finally:
            self._give_back(owner, min(amount, self._own))

    async def _take(self, owner: Hashable, amount: int) -> None:
        if owner not in self._queues and self._fits(owner, amount):
            self._grant(owner, amount)
            return
        queue = self._queues.setdefault(owner, deque())
        if len(queue) >= self._waiting_max:
            self.turned_away += 1
            raise OverloadedError
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        queue.append((amount, turn))
        try:
            async with asyncio.timeout(self._wait_s):
                await turn
        except BaseException as error:
            if turn.done() and not turn.cancelled():  # granted in the same moment
                self._give_back(owner, amount)
            else:
                self._leave(owner, amount, turn)
            if isinstance(error, TimeoutError):
                self.late += 1
                raise OverloadedError from None
            raise

    def _leave(self, owner: Hashable, amount: int, turn: "asyncio.Future[None]") -> None:
        queue = self._queues.get(owner)
        if queue is not None and (amount, turn) in queue:
            queue.remove((amount, turn))
            if not queue:
                del self._queues[owner]
            self._pump()  # it may have stood in the way of a smaller one

    def _fits(self, owner: Hashable, amount: int) -> bool:
        return amount <= self._free and self._held.get(owner, 0) + amount <= self._own

    def _grant(self, owner: Hashable, amount: int) -> None:
        self._free -= amount
        self._held[owner] = self._held.get(owner, 0) + amount

    def _give_back(self, owner: Hashable, amount: int) -> None:
        self._free += amount
        self._held[owner] -= amount
        if not self._held[owner]:
            del self._held[owner]
        self._pump()

    def _pump(self) -> None:
        """Grant what fits, one of each owner in turn."""
        passed_by = 0
        while passed_by < len(self._queues):
            owner, queue = next(iter(self._queues.items()))
            amount, turn = queue[0]
            if not turn.done() and not self._fits(owner, amount):
                self._queues.move_to_end(owner)
                passed_by += 1
                continue
            queue.popleft()
            if queue:
                self._queues.move_to_end(owner)
            else:
                del self._queues[owner]
            if not turn.done():
                self._grant(owner, amount)
                turn.set_result(None)
            passed_by = 0
