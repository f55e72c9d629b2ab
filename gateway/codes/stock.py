"""The codes a worker holds: leases, refills and the proof of "sold out" (D3, I8).

The native allocator hands out positions; this room decides when to fetch more, keeps count
of what is in flight under each lease, and gives finished leases back. Decisions are taken
synchronously; only refills and giving back await, one at a time for an outlet.

What we hold is what `Holding.leases` names, and nothing else: each call to the database says so,
and takes back whatever else it has in our name. So a grant that was never taken in (its answer
was lost, its records could not be read) is free again with the next call, or runs out: it is
nobody's to renew.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence, Set
from typing import Final

import structlog

from gateway.codes.grants import Grants
from gateway.codes.holding import Holding
from gateway.codes.lease import Expiring, PackedRange, Renewal
from gateway.codes.outlet import shelf_of
from gateway.codes.port import Leases
from gateway.ground.errors import OverloadedError, StoreUnavailableError
from gateway.ground.native import Allocator

log = structlog.get_logger()

Run = tuple[int, int, int, int]  # lease id, epoch, first seq, count

PREFETCH_BELOW = 0.5  # of the leased codes: time for the next lease
_EXHAUSTED: Final = frozenset({"mine", "held", "sold_out", "closed"})  # asking ahead is of no use
SETTLE_S = 1.0  # a recalled outlet's commits in flight have this long; what is later runs out


class Stock:
    """All outlets of this worker, by number."""

    def __init__(
        self,
        *,
        allocator: Allocator,
        leases: Leases,
        find_corrupt: Callable[[int, int, PackedRange], list[int]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._allocator = allocator
        self._leases = leases
        self._grants = Grants(
            allocator=allocator, leases=leases, find_corrupt=find_corrupt, clock=clock
        )
        self._clock = clock
        self._holdings: dict[int, Holding] = {}
        self.kept: Set[int] = frozenset()  # outlets that are made ready: never idle
        self._closed = False
        self.expiring: Sequence[Expiring] = ()  # soon, in all pools; found by lease_keeping
        self.unknown_leases = self.lost_leases = 0  # found by the last renewal
        self._strange: frozenset[int] = frozenset()  # in our name, and we do not know why
        self.closed_by_others: list[int] = []  # leases that were ours; lease_keeping asks why

    # ------------------------------------------------------------ claiming

    def claim_many(self, wanted: Sequence[tuple[int, int]]) -> list[list[Run] | None]:
        """Claim for (outlet, quantity) in order; None where the leases at hand do not suffice."""
        answers = self._allocator.claim_many(wanted)
        touched = set()
        for (outlet, quantity), runs in zip(wanted, answers, strict=True):
            if runs is None:
                continue
            holding = self._holdings[outlet]
            holding.claimed += quantity
            touched.add(outlet)
            for lease_id, _, _, count in runs:
                lease = holding.leases[lease_id]
                lease.left -= count
                lease.in_flight += count
        for outlet in touched:
            self._prefetch(outlet)
        return answers

    def used(self, outlet: int, runs: Sequence[Run]) -> None:
        """These positions were committed."""
        holding = self._holdings[outlet]
        for lease_id, _, _, count in runs:
            self._settle(outlet, holding, lease_id, count)

    def unused(self, outlet: int, runs: Sequence[Run]) -> None:
        """These positions were definitely not committed: they are claimable again."""
        holding = self._holdings[outlet]
        for lease_id, _, seq_lo, count in runs:
            if self._allocator.give_back(outlet, lease_id, seq_lo, count):
                holding.leases[lease_id].left += count
            else:
                self.announce(outlet)  # free again, but only once the database closed the lease
            self._settle(outlet, holding, lease_id, count)

    def lost(self, outlet: int, lease_ids: Iterable[int]) -> None:
        """These leases may have been reclaimed: stop claiming from them."""
        holding = self._holdings[outlet]
        self.announce(outlet)
        for lease_id in lease_ids:
            self._close(outlet, holding, lease_id)

    def abandon(self, outlet: int, runs: Sequence[Run]) -> None:
        """Nobody knows what became of these positions: their leases end, the database knows."""
        self.lost(outlet, [run[0] for run in runs])
        self.used(outlet, runs)

    def _close(self, outlet: int, holding: Holding, lease_id: int) -> None:
        """Claim no more from a lease; it is not ours once nothing is in flight under it."""
        lease = holding.leases.get(lease_id)
        if lease is None:
            return
        lease.closed = True
        lease.left = 0
        self._allocator.close(outlet, lease_id)
        if not lease.in_flight:
            del holding.leases[lease_id]
            self._allocator.forget(outlet, lease_id)
            holding.stray = True

    def _settle(self, outlet: int, holding: Holding, lease_id: int, count: int) -> None:
        lease = holding.leases[lease_id]
        lease.in_flight -= count
        if lease.in_flight == 0:
            holding.settled.set()
            if lease.closed:
                self._close(outlet, holding, lease_id)
                self.announce(outlet)

    # ------------------------------------------------------------ knowing

    def sold_out(self, outlet: int) -> bool:
        """Whether the database proved that nothing is left, and nothing happened since (I8)."""
        holding = self._holdings.get(outlet)
        return holding is not None and holding.verdict == "sold_out"

    def sold_out_since(self, outlet: int) -> float:
        """The monotonic time after which nobody can have sold a code of the outlet."""
        return self._holdings[outlet].sold_out_since

    def too_few(self, outlet: int, quantity: int) -> bool:
        """Whether all that is left in the outlet is ours, settled, or on hold, and less than
        `quantity`."""
        holding = self._holdings[outlet]
        return (
            holding.verdict in {"mine", "held"}
            and not holding.in_flight
            and self._allocator.remaining(outlet) + holding.held < quantity
        )

    def claimable(self, outlet: int) -> int:
        """How many codes this worker can claim now."""
        return self._allocator.remaining(outlet)

    def held_back_s(self, outlet: int, quantity: int) -> int:
        """When the first hold ends, where `quantity` can be had only of what holds give back; 0:
        it may be had otherwise, or not at all."""
        holding = self._holdings[outlet]
        left = self._allocator.remaining(outlet)
        waits = holding.verdict in {"mine", "held"} and not holding.in_flight
        return holding.held_s if waits and left < quantity <= left + holding.held else 0

    def held(self) -> dict[int, int]:
        """Lease id → outlet of what this worker holds: that is to be renewed, and nothing else."""
        return {
            lease_id: outlet
            for outlet, holding in self._holdings.items()
            for lease_id in (*holding.leases, *holding.entering)
        }

    def renewed(self, renewal: Renewal) -> None:
        """What the database says of `held`: what is not ours any more is sold no longer.

        A lease in our name that we do not hold is a difference only if we do not know of it: a
        call under way may have granted it or given it back meanwhile (then it is another matter
        at the next renewal), and what we let go of ourselves (`stray`) goes with the next call.
        """
        for lease_id in renewal.gone:
            for outlet, holding in self._holdings.items():
                if lease_id in holding.leases:
                    self.lost(outlet, [lease_id])
                    self.closed_by_others.append(lease_id)
        strange = frozenset(
            lease_id
            for lease_id, outlet in renewal.unknown.items()
            if outlet not in self._holdings or not self._holdings[outlet].stray
        )
        lasting, self._strange = strange & self._strange, strange
        if lasting and len(lasting) != self.unknown_leases:
            log.warning("stock.leases_differ", unknown=sorted(lasting)[:20])
        self.unknown_leases = len(lasting)

    def holdings(self) -> dict[int, tuple[int, int]]:
        """By pool id: codes this worker can claim now, and codes whose commit is not decided."""
        counts: dict[int, tuple[int, int]] = {}
        for outlet, holding in self._holdings.items():
            claimable, in_flight = counts.get(holding.pool_id, (0, 0))
            counts[holding.pool_id] = (
                claimable + self._allocator.remaining(outlet),
                in_flight + holding.in_flight,
            )
        counts.pop(0, None)  # outlets of which nothing was heard yet
        return counts

    def announce(self, outlet: int) -> None:
        """Codes may have become claimable: what was concluded before no longer holds."""
        holding = self._holdings.get(outlet)
        if holding is not None:
            holding.hear()

    def announce_shelf(self, shelf_id: int) -> None:
        """As `announce`, for all outlets of a shelf."""
        for outlet in self._holdings:
            if shelf_of(outlet) == shelf_id:
                self.announce(outlet)

    def announce_all(self) -> None:
        """Announcements may have been missed: nothing concluded before holds."""
        for outlet in self._holdings:
            self.announce(outlet)

    # ------------------------------------------------------------ refilling

    async def refill(self, outlet: int, demand: int = 0, *, recalled: bool = False) -> str:
        """Fetch more codes: 'granted', 'others', 'mine', 'held', 'sold_out' or 'closed'; 'away'
        when the database does not answer, 'overloaded' when too much waits, 'broken' by a bug.

        Lines wait for `demand` codes; `recalled`: they have waited since `recall`. Concurrent
        calls share one refill.
        """
        holding = self._holdings.setdefault(outlet, Holding(claimed_since=self._clock()))
        if holding.refill is None:
            holding.refill = asyncio.create_task(
                self._refill(outlet, holding, demand, recalled=recalled)
            )
        return await asyncio.shield(holding.refill)

    async def settled(self, outlet: int, timeout_s: float) -> None:
        """Wait, at most `timeout_s`, until a commit under the outlet's leases is decided."""
        holding = self._holdings[outlet]
        if not holding.in_flight:
            return
        holding.settled.clear()
        try:
            await asyncio.wait_for(holding.settled.wait(), timeout_s)
        except TimeoutError:
            return

    def _prefetch(self, outlet: int) -> None:
        holding = self._holdings[outlet]
        exhausted = holding.verdict in _EXHAUSTED
        if holding.refill is not None or exhausted or self._closed or holding.asking.locked():
            return
        if holding.left < PREFETCH_BELOW * holding.size:
            holding.refill = asyncio.create_task(self._refill(outlet, holding, 0, recalled=False))

    async def _refill(self, outlet: int, holding: Holding, demand: int, *, recalled: bool) -> str:
        try:
            async with holding.asking:
                return await self._ask_for_more(outlet, holding, demand, recalled=recalled)
        except OverloadedError:
            return "overloaded"
        except StoreUnavailableError as error:
            log.warning("stock.refill_failed", shelf_id=shelf_of(outlet), error=str(error))
            return "away"
        except (asyncio.CancelledError, KeyboardInterrupt, SystemExit):
            raise
        except BaseException:  # a panic in Rust arrives as one; what was granted is not held
            log.exception("stock.refill_failed", shelf_id=shelf_of(outlet))
        finally:
            holding.refill = None
            holding.entering.clear()
        return "broken"

    async def _ask_for_more(
        self, outlet: int, holding: Holding, demand: int, *, recalled: bool
    ) -> str:
        for lease_id, lease in list(holding.leases.items()):
            if not lease.left and not lease.in_flight:
                self._close(outlet, holding, lease_id)
        short = max(0, demand - holding.left)
        return await self._grants.ask(outlet, holding, demand, short=short, recalled=recalled)

    async def recall(self, outlet: int) -> None:
        """Ask the other workers for what they do not need; without harm when it fails."""
        try:
            await self._leases.recall(outlet)
        except StoreUnavailableError as error:
            log.warning("stock.recall_failed", shelf_id=shelf_of(outlet), error=str(error))

    # ------------------------------------------------------------ giving back

    async def give_back(self, outlet: int) -> None:
        """Return what is left of an outlet to the database; commits in flight finish first.

        A commit that takes longer than SETTLE_S keeps its lease: that ends with it.
        """
        holding = self._holdings.get(outlet)
        if holding is None or not (holding.leases or holding.stray):
            return
        async with holding.asking:
            for lease_id in list(holding.leases):
                self._close(outlet, holding, lease_id)
            closed = list(holding.leases)
            self.announce(outlet)  # "mine" was said of codes that nobody can claim here any more
            await self._leases.give_back(outlet, closed)
            holding.stray = bool(closed)
        end = self._clock() + SETTLE_S
        while any(i in holding.leases for i in closed) and (rest := end - self._clock()) > 0:
            await self.settled(outlet, rest)
        if closed:
            async with holding.asking:
                await self._leases.give_back(outlet, list(holding.leases))
                holding.stray = bool(holding.leases)
        self.announce(outlet)

    async def give_back_shelf(self, shelf_id: int, asking: int | None) -> None:
        """Return what all outlets of a shelf have left, but for the one of ours that asks."""
        for outlet in list(self._holdings):
            if shelf_of(outlet) == shelf_id and outlet != asking:
                await self.give_back(outlet)

    async def give_back_idle(self, idle_s: float) -> None:
        """Return outlets nobody bought from for a while."""
        now = self._clock()
        for outlet, holding in list(self._holdings.items()):
            if holding.leases and not holding.claimed and now - holding.last_used > idle_s:
                if outlet not in self.kept:
                    await self.give_back(outlet)
            elif holding.claimed:
                holding.last_used = now

    async def close(self) -> None:
        """Return everything but what is in flight: the outcome of that is not known."""
        self._closed = True
        refills = [
            holding.refill for holding in self._holdings.values() if holding.refill is not None
        ]
        if refills:
            await asyncio.wait(refills)
        in_flight = [
            lease_id
            for holding in self._holdings.values()
            for lease_id, lease in holding.leases.items()
            if lease.in_flight
        ]
        await self._leases.give_back(None, in_flight)
