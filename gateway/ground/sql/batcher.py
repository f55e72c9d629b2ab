"""Group commit for anything that can be written or read in batches (design D5).

Items queue; each of a few tasks takes what has gathered and hands it to one `run` call. At once
when idle, larger batches under load, never more than `calls_max` calls in flight. A call costs
the database and us as much as dozens of items, so where nobody counts milliseconds batches keep
a distance. Results come back in the order of the items of a batch.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Generic, TypeVar

from gateway.ground.errors import OverloadedError
from gateway.ground.traffic.turn_queue import TurnQueue

Item = TypeVar("Item")
Result = TypeVar("Result")


class GroupCommit(Generic[Item, Result]):
    """Collects items and runs them in batches; `submit` answers when the item's batch is done.

    `run` must return one result (or exception instance) per item, in order. An exception it
    raises fails every item of its batch. At most `waiting_max` items wait; more are refused
    with OverloadedError. Batches begin `apart_s` after one another at the earliest. With `turn_of`
    the owners it names take turns, and none takes all the places.
    """

    def __init__(
        self,
        run: Callable[[Sequence[Item]], Awaitable[Sequence[Result | Exception]]],
        *,
        calls_max: int = 2,
        batch_max: int = 256,
        waiting_max: int = 10_000,
        apart_s: float = 0.0,
        turn_of: Callable[[Item], Hashable] = lambda _: None,
    ) -> None:
        self._run = run
        self._calls_max = calls_max
        self._batch_max = batch_max
        self._waiting_max = waiting_max
        self._apart_s = apart_s
        self._next_at = 0.0  # loop time
        self._resting = False
        self._turn_of = turn_of
        self._queue: TurnQueue[tuple[Item, asyncio.Future[Result]]] = TurnQueue()
        self._tasks: set[asyncio.Task[None]] = set()

    def put(self, item: Item) -> asyncio.Future[Result]:
        """Queue the item; its result is to come. Raises OverloadedError at once when full."""
        owner = self._turn_of(item)
        if len(self._queue) >= self._waiting_max or (
            owner is not None and self._queue.is_full(owner, self._waiting_max)
        ):
            raise OverloadedError("too much is waiting already")
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._queue.put(owner, (item, future))
        if len(self._tasks) < self._calls_max and not self._resting:
            self._tasks.add(asyncio.create_task(self._drain()))
        return future

    async def submit(self, item: Item) -> Result:
        """Queue the item and wait for its result. Cancelling the wait does not undo the work."""
        return await self.put(item)

    async def _drain(self) -> None:
        # The place is free before anybody whom it told something runs: who asks again at once, as
        # the only one, would else wait for a task that has ended.
        try:
            await self._work_off()
        finally:
            self._tasks.discard(asyncio.current_task())

    async def _work_off(self) -> None:
        while self._queue and not self._resting:
            await self._rest()
            batch = self._queue.take(self._batch_max, self._batch_max)
            for (_, future), result in zip(batch, await self._results(batch), strict=True):
                if future.done():
                    continue  # nobody waits any more
                if isinstance(result, Exception):
                    future.set_exception(result)
                else:
                    future.set_result(result)

    async def _results(
        self, batch: Sequence[tuple[Item, asyncio.Future[Result]]]
    ) -> Sequence[Result | Exception]:
        """As many as there are items, whatever `run` raises: nobody waits for ever."""
        try:
            results = await self._run([item for item, _ in batch])
        except (asyncio.CancelledError, KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # noqa: BLE001 - told to each waiter; a panic arrives as one
            failure = error if isinstance(error, Exception) else RuntimeError(repr(error))
            return [failure] * len(batch)
        if len(results) != len(batch):
            return [RuntimeError(f"{len(results)} results for {len(batch)} items")] * len(batch)
        return results

    async def _rest(self) -> None:
        """Keep the distance to the batch before; one task does, for all that comes meanwhile."""
        if self._apart_s:
            clock = asyncio.get_running_loop().time
            self._resting = True
            try:
                await asyncio.sleep(self._next_at - clock())
            finally:
                self._resting = False
            self._next_at = clock() + self._apart_s

    async def idle(self) -> None:
        """Wait until nothing is queued or running."""
        while self._tasks:
            await asyncio.wait(self._tasks)
