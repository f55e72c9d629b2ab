"""Lines that found no codes: parked beside their pool until the database has spoken (I8)."""

import asyncio
import time
from collections import defaultdict, deque
from collections.abc import Callable, Sequence

import structlog

from gateway.domain.order import Verdict
from gateway.flows.line import Line, Settled
from gateway.flows.stock import Stock

log = structlog.get_logger()

PARK_S_MAX = 0.2  # while other workers hold codes; then "busy" (design D3, faults §5)
SETTLE_WAIT_S = 0.2  # for our own commits in flight, which may return codes
OWN_S_MAX = 2.0  # the same, in all: a commit that takes longer is in doubt; then "busy"
RECALL_PAUSE_S = 0.02
TRIES_MAX = 64  # refills one line may see before it is told to come back later


class Tail:
    """One feeder per pool with parked lines; it ends when none is left."""

    def __init__(
        self,
        *,
        stock: Stock,
        requeue: Callable[[Sequence[Line]], None],
        settle: Callable[[Line, Settled], None],
        settle_unsold: Callable[[Sequence[Line]], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stock = stock
        self._requeue = requeue
        self._settle = settle
        self._settle_unsold = settle_unsold
        self._clock = clock
        self._parked: defaultdict[int, deque[Line]] = defaultdict(deque)
        self._feeders: dict[int, asyncio.Task[None]] = {}

    def park(self, pool_id: int, line: Line) -> None:
        """Keep the line until more codes came or none can."""
        if not line.parked_at:
            line.parked_at = self._clock()
        self._parked[pool_id].append(line)
        if pool_id not in self._feeders:
            self._feeders[pool_id] = asyncio.create_task(self._feed(pool_id))

    def flush(self, verdict: Verdict) -> None:
        """Settle all parked lines alike."""
        for parked in self._parked.values():
            while parked:
                self._settle(parked.popleft(), Settled(verdict))

    async def idle(self) -> None:
        """Wait until nothing is parked."""
        while self._feeders:
            await asyncio.wait(self._feeders.values())

    async def _feed(self, pool_id: int) -> None:
        parked = self._parked[pool_id]
        recalled = False
        try:
            while parked:
                verdict = await self._stock.refill(pool_id, sum(line.quantity for line in parked))
                if verdict == "others":
                    await self._wait_for_others(pool_id, parked, recalled=recalled)
                    recalled = True
                elif verdict == "mine":
                    await self._finish_own(pool_id, parked)
                elif verdict == "granted":
                    self._try_again(parked)
                elif verdict == "sold_out":
                    self._settle_unsold(list(parked))
                    parked.clear()  # not before: what fails below is settled below, too
                else:
                    self._settle_all(parked, Verdict.UNAVAILABLE)
        except Exception:
            log.exception("tail.failed", pool_id=pool_id)
            self._settle_all(parked, Verdict.INTERNAL)
        finally:
            del self._feeders[pool_id]

    async def _wait_for_others(self, pool_id: int, parked: deque[Line], *, recalled: bool) -> None:
        """Other workers hold codes: ask for them, wait a little, then say "busy"."""
        if not recalled:
            await self._stock.recall(pool_id)
        await asyncio.sleep(RECALL_PAUSE_S)
        self._give_up(parked, PARK_S_MAX)

    def _give_up(self, parked: deque[Line], waited_s: float) -> None:
        """Answer "busy" to those that waited this long."""
        oldest_allowed = self._clock() - waited_s
        while parked and parked[0].parked_at <= oldest_allowed:
            self._settle(parked.popleft(), Settled(Verdict.BUSY))

    async def _finish_own(self, pool_id: int, parked: deque[Line]) -> None:
        """Nothing is free but what we hold: wait for our commits, then judge line by line."""
        await self._stock.settled(pool_id, SETTLE_WAIT_S)
        lines = _take_all(parked)
        unsold = [line for line in lines if self._stock.too_few(pool_id, line.quantity)]
        self._settle_unsold(unsold)
        kept = {id(line) for line in unsold}
        parked.extend(line for line in lines if id(line) not in kept)
        self._give_up(parked, OWN_S_MAX)
        self._try_again(parked)

    def _try_again(self, parked: deque[Line]) -> None:
        lines = _take_all(parked)
        for line in lines:
            line.tries += 1
        for line in lines:
            if line.tries > TRIES_MAX:
                self._settle(line, Settled(Verdict.BUSY))
        self._requeue([line for line in lines if line.tries <= TRIES_MAX])

    def _settle_all(self, parked: deque[Line], verdict: Verdict) -> None:
        for line in _take_all(parked):
            self._settle(line, Settled(verdict))


def _take_all(parked: deque[Line]) -> list[Line]:
    lines = list(parked)
    parked.clear()
    return lines
