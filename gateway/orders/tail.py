"""Lines that found no codes: parked beside their outlet until the database has spoken (I8)."""

import asyncio
import time
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from typing import Final

import structlog

from gateway.codes.outlet import shelf_of
from gateway.codes.stock import Stock
from gateway.orders.hand import Loose
from gateway.orders.line import Answered, Line
from gateway.orders.rules import LineOutcome

log = structlog.get_logger()

PARK_S_MAX = 0.2  # while other workers hold codes; then "busy" (design D3, faults §5)
SETTLE_WAIT_S = 0.2  # for our own commits in flight, which may return codes
OWN_S_MAX = 2.0  # the same, in all: a commit that takes longer is in doubt; then "busy"
CLOSED_S_MAX = 2.0  # until the catalog says where to sell from instead of a closed shelf
RECALL_PAUSE_S = 0.02
TRIES_MAX = 64  # refills one line may see before it is told to come back later

# Why there was no answer from the database, as an outcome.
_NO_ANSWER: Final = {
    "away": LineOutcome.DATABASE_AWAY,
    "overloaded": LineOutcome.OVERLOADED,
    "broken": LineOutcome.INTERNAL,
}


class Tail:
    """One feeder per outlet with parked lines; it ends when none is left."""

    def __init__(
        self,
        *,
        stock: Stock,
        requeue: Callable[[Sequence[Loose]], None],
        answer: Callable[[Loose, Answered], None],
        answer_unsold: Callable[[Loose], None],
        outlet_now: Callable[[Line], int | None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stock = stock
        self._requeue = requeue
        self._answer = answer
        self._answer_unsold = answer_unsold
        self._outlet_now = outlet_now
        self._clock = clock
        self._parked: defaultdict[int, deque[Loose]] = defaultdict(deque)
        self._feeders: dict[int, asyncio.Task[None]] = {}

    def park(self, outlet: int, line: Loose) -> None:
        """Keep the line until more codes came or none can."""
        if not line.parked_at:
            line.parked_at = self._clock()
        self._parked[outlet].append(line)
        if outlet not in self._feeders:
            self._feeders[outlet] = asyncio.create_task(self._feed(outlet))

    def flush(self, outcome: LineOutcome) -> None:
        """Answer all parked lines alike."""
        for parked in self._parked.values():
            while parked:
                self._answer(parked.popleft(), Answered(outcome))

    async def idle(self) -> None:
        """Wait until nothing is parked."""
        while self._feeders:
            await asyncio.wait(self._feeders.values())

    async def _feed(self, outlet: int) -> None:
        parked = self._parked[outlet]
        recalled = False
        try:
            while parked:
                demand = sum(line.quantity for line in parked)
                outcome = await self._stock.refill(outlet, demand, recalled=recalled)
                if outcome == "others" and self._stock.claimable(outlet) >= parked[0].quantity:
                    self._try_again(parked)  # meanwhile some came
                elif outcome == "others":
                    await self._wait_for_others(outlet, parked, recalled=recalled)
                    recalled = True
                elif outcome in {"mine", "held"}:
                    await self._finish_own(outlet, parked)
                elif outcome == "granted":
                    self._try_again(parked)
                elif outcome == "sold_out":
                    self._answer_parked_unsold(parked, lambda _: True)
                elif outcome == "closed":
                    await self._leave_closed(outlet, parked)
                else:
                    self._answer_all(parked, _NO_ANSWER[outcome])
        except (asyncio.CancelledError, KeyboardInterrupt, SystemExit):
            raise
        except BaseException:  # a panic in Rust arrives as one (faults 8)
            log.exception("tail.failed", shelf_id=shelf_of(outlet))
            self._answer_all(parked, LineOutcome.INTERNAL)
        finally:
            del self._feeders[outlet]

    async def _wait_for_others(self, outlet: int, parked: deque[Loose], *, recalled: bool) -> None:
        """Other workers hold codes: ask for them, wait a little, then say "busy"."""
        if not recalled:
            await self._stock.recall(outlet)
        await asyncio.sleep(RECALL_PAUSE_S)
        self._give_up(parked, PARK_S_MAX)

    def _give_up(self, parked: deque[Loose], waited_s: float) -> None:
        """Answer "busy" to those that waited this long."""
        oldest_allowed = self._clock() - waited_s
        while parked and parked[0].parked_at <= oldest_allowed:
            self._answer(parked.popleft(), Answered(LineOutcome.BUSY))

    async def _leave_closed(self, outlet: int, parked: deque[Loose]) -> None:
        """The shelf was closed: its orders sell from the one that is theirs now.

        That is what the catalog says, which may hear of it a moment after the database did.
        """
        leaving = []
        for _ in range(len(parked)):
            now = self._outlet_now(parked[0])
            if now == outlet:
                parked.rotate(-1)
            else:
                line = parked.popleft()
                line.outlet = now
                leaving.append(line)
        self._requeue(leaving)
        if parked:
            await asyncio.sleep(RECALL_PAUSE_S)
            self._give_up(parked, CLOSED_S_MAX)

    async def _finish_own(self, outlet: int, parked: deque[Loose]) -> None:
        """Nothing is free but what we have or holds may give back: wait for our commits, then
        judge line by line."""
        await self._stock.settled(outlet, SETTLE_WAIT_S)
        self._answer_held_back(outlet, parked)
        self._answer_parked_unsold(parked, lambda line: self._stock.too_few(outlet, line.quantity))
        self._give_up(parked, OWN_S_MAX)
        self._try_again(parked)

    def _answer_held_back(self, outlet: int, parked: deque[Loose]) -> None:
        """Answer "busy" to those that can only have what holds give back, and say when."""
        for _ in range(len(parked)):
            after_s = self._stock.held_back_s(outlet, parked[0].quantity)
            if after_s:
                self._answer(parked.popleft(), Answered(LineOutcome.BUSY, retry_after_s=after_s))
            else:
                parked.rotate(-1)

    def _answer_parked_unsold(self, parked: deque[Loose], unsold: Callable[[Loose], bool]) -> None:
        # One by one, and each parked until somebody else has it: what fails is answered once.
        for _ in range(len(parked)):
            if unsold(parked[0]):
                self._answer_unsold(parked[0])
                parked.popleft()
            else:
                parked.rotate(-1)

    def _try_again(self, parked: deque[Loose]) -> None:
        for _ in range(len(parked)):
            parked[0].tries += 1
            if parked[0].tries > TRIES_MAX:
                self._answer(parked.popleft(), Answered(LineOutcome.BUSY))
            else:
                parked.rotate(-1)
        lines = list(parked)
        parked.clear()
        self._requeue(lines)

    def _answer_all(self, parked: deque[Loose], outcome: LineOutcome) -> None:
        while parked:
            self._answer(parked.popleft(), Answered(outcome))
