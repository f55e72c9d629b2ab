"""The codes a worker holds: leases, refills and the proof of "sold out" (D3, I8).

The native allocator hands out positions; this room decides when to fetch more, keeps count
of what is in flight under each lease, and gives finished leases back. Decisions are taken
synchronously; only refills and giving back await, one at a time for a pool.

What we hold is what `Holding.leases` names, and nothing else: each call to the database says so,
and takes back whatever else it has in our name. So a grant that was never taken in (its answer
was lost, its records could not be read) is free again with the next call, or runs out: it is
nobody's to renew.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence

import structlog

from gateway.codes.holding import Holding, Lease
from gateway.codes.lease import Expiring, Grant, PackedRange, Renewal
from gateway.codes.port import Leases
from gateway.ground.errors import OverloadedError, StoreUnavailableError
from gateway.ground.native import Allocator

log = structlog.get_logger()

Run = tuple[int, int, int, int]  # lease id, epoch, first seq, count

PREFETCH_BELOW = 0.5  # of the leased codes: time for the next lease
SETTLE_S = 1.0  # a recalled pool's commits in flight have this long; what is later runs out


class Stock:
    """All pools of this worker."""

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
        self._find_corrupt = find_corrupt
        self._clock = clock
        self._pools: dict[int, Holding] = {}
        self._closed = False
        self.expiring: Sequence[Expiring] = ()  # soon, in all pools; found by lease_keeping
        self.unknown_leases = self.lost_leases = 0  # found by the last renewal
        self._strange: frozenset[int] = frozenset()  # in our name, and we do not know why
        self.closed_by_others: list[int] = []  # leases that were ours; lease_keeping asks why

    # ------------------------------------------------------------ claiming

    def claim_many(self, wanted: Sequence[tuple[int, int]]) -> list[list[Run] | None]:
        """Claim for (pool id, quantity) in order; None where the leases at hand do not suffice."""
        answers = self._allocator.claim_many(wanted)
        touched = set()
        for (pool_id, quantity), runs in zip(wanted, answers, strict=True):
            if runs is None:
                continue
            pool = self._pools[pool_id]
            pool.claimed += quantity
            touched.add(pool_id)
            for lease_id, _, _, count in runs:
                lease = pool.leases[lease_id]
                lease.left -= count
                lease.in_flight += count
        for pool_id in touched:
            self._prefetch(pool_id)
        return answers

    def used(self, pool_id: int, runs: Sequence[Run]) -> None:
        """These positions were committed."""
        pool = self._pools[pool_id]
        for lease_id, _, _, count in runs:
            self._settle(pool_id, pool, lease_id, count)

    def unused(self, pool_id: int, runs: Sequence[Run]) -> None:
        """These positions were definitely not committed: they are claimable again."""
        pool = self._pools[pool_id]
        for lease_id, _, seq_lo, count in runs:
            if self._allocator.give_back(pool_id, lease_id, seq_lo, count):
                pool.leases[lease_id].left += count
            else:
                self.announce(pool_id)  # free again, but only once the database closed the lease
            self._settle(pool_id, pool, lease_id, count)

    def lost(self, pool_id: int, lease_ids: Iterable[int]) -> None:
        """These leases may have been reclaimed: stop claiming from them."""
        pool = self._pools[pool_id]
        self.announce(pool_id)
        for lease_id in lease_ids:
            self._close(pool_id, pool, lease_id)

    def abandon(self, pool_id: int, runs: Sequence[Run]) -> None:
        """Nobody knows what became of these positions: their leases end, the database knows."""
        self.lost(pool_id, [run[0] for run in runs])
        self.used(pool_id, runs)

    def _close(self, pool_id: int, pool: Holding, lease_id: int) -> None:
        """Claim no more from a lease; it is not ours once nothing is in flight under it."""
        lease = pool.leases.get(lease_id)
        if lease is None:
            return
        lease.closed = True
        lease.left = 0
        self._allocator.close(pool_id, lease_id)
        if not lease.in_flight:
            del pool.leases[lease_id]
            self._allocator.forget(pool_id, lease_id)
            pool.stray = True

    def _settle(self, pool_id: int, pool: Holding, lease_id: int, count: int) -> None:
        lease = pool.leases[lease_id]
        lease.in_flight -= count
        if lease.in_flight == 0:
            pool.settled.set()
            if lease.closed:
                self._close(pool_id, pool, lease_id)
                self.announce(pool_id)

    # ------------------------------------------------------------ knowing

    def sold_out(self, pool_id: int) -> bool:
        """Whether the database proved that nothing is left, and nothing happened since (I8)."""
        pool = self._pools.get(pool_id)
        return pool is not None and pool.verdict == "sold_out"

    def sold_out_since(self, pool_id: int) -> float:
        """The monotonic time after which nobody can have sold a code of the pool."""
        return self._pools[pool_id].sold_out_since

    def too_few(self, pool_id: int, quantity: int) -> bool:
        """Whether all that is left in the pool is ours, settled, and less than `quantity`."""
        pool = self._pools[pool_id]
        return (
            pool.verdict == "mine"
            and not pool.in_flight
            and self._allocator.remaining(pool_id) < quantity
        )

    def held(self) -> dict[int, int]:
        """Lease id → pool id of what this worker holds: that is to be renewed, and nothing else."""
        return {
            lease_id: pool_id
            for pool_id, pool in self._pools.items()
            for lease_id in (*pool.leases, *pool.entering)
        }

    def renewed(self, renewal: Renewal) -> None:
        """What the database says of `held`: what is not ours any more is sold no longer.

        A lease in our name that we do not hold is a difference only if we do not know of it: a
        call under way may have granted it or given it back meanwhile (then it is another matter
        at the next renewal), and what we let go of ourselves (`stray`) goes with the next call.
        """
        for lease_id in renewal.gone:
            for pool_id, pool in self._pools.items():
                if lease_id in pool.leases:
                    self.lost(pool_id, [lease_id])
                    self.closed_by_others.append(lease_id)
        strange = frozenset(
            lease_id
            for lease_id, pool_id in renewal.unknown.items()
            if pool_id not in self._pools or not self._pools[pool_id].stray
        )
        lasting, self._strange = strange & self._strange, strange
        if lasting and len(lasting) != self.unknown_leases:
            log.warning("stock.leases_differ", unknown=sorted(lasting)[:20])
        self.unknown_leases = len(lasting)

    def holdings(self) -> dict[int, tuple[int, int]]:
        """By pool id: codes this worker can claim now, and codes whose commit is not decided."""
        return {
            pool_id: (self._allocator.remaining(pool_id), pool.in_flight)
            for pool_id, pool in self._pools.items()
        }

    def announce(self, pool_id: int) -> None:
        """Codes may have become claimable: what was concluded before no longer holds."""
        pool = self._pools.get(pool_id)
        if pool is not None:
            pool.hear()

    def announce_all(self) -> None:
        """Announcements may have been missed: nothing concluded before holds."""
        for pool_id in self._pools:
            self.announce(pool_id)

    # ------------------------------------------------------------ refilling

    async def refill(self, pool_id: int, demand: int = 0) -> str:
        """Fetch more codes: 'granted', 'others', 'mine' or 'sold_out'; 'away' when
        the database does not answer, 'overloaded' when too much waits for it, 'broken' by a bug.

        Concurrent calls share one refill.
        """
        pool = self._pools.setdefault(pool_id, Holding(claimed_since=self._clock()))
        if pool.refill is None:
            pool.refill = asyncio.create_task(self._refill(pool_id, pool, demand))
        return await asyncio.shield(pool.refill)

    async def settled(self, pool_id: int, timeout_s: float) -> None:
        """Wait, at most `timeout_s`, until a commit under the pool's leases is decided."""
        pool = self._pools[pool_id]
        if not pool.in_flight:
            return
        pool.settled.clear()
        try:
            await asyncio.wait_for(pool.settled.wait(), timeout_s)
        except TimeoutError:
            return

    def _prefetch(self, pool_id: int) -> None:
        pool = self._pools[pool_id]
        exhausted = pool.verdict in {"mine", "sold_out"}
        if pool.refill is not None or exhausted or self._closed or pool.asking.locked():
            return
        if pool.left < PREFETCH_BELOW * pool.size:
            pool.refill = asyncio.create_task(self._refill(pool_id, pool, 0))

    async def _refill(self, pool_id: int, pool: Holding, demand: int) -> str:
        try:
            async with pool.asking:
                return await self._ask_for_more(pool_id, pool, demand)
        except OverloadedError:
            return "overloaded"
        except StoreUnavailableError as error:
            log.warning("stock.refill_failed", pool_id=pool_id, error=str(error))
            return "away"
        except (asyncio.CancelledError, KeyboardInterrupt, SystemExit):
            raise
        except BaseException:  # a panic in Rust arrives as one; what was granted is not held
            log.exception("stock.refill_failed", pool_id=pool_id)
        finally:
            pool.refill = None
            pool.entering.clear()
        return "broken"

    async def _ask_for_more(self, pool_id: int, pool: Holding, demand: int) -> str:
        news = pool.news
        for lease_id, lease in list(pool.leases.items()):
            if not lease.left and not lease.in_flight:
                self._close(pool_id, pool, lease_id)
        held = list(pool.leases)
        pool.stray = True  # unless all of the answer arrives and is taken in
        answer = await self._leases.refill(pool_id, pool.want(self._clock(), demand), held)
        pool.entering.extend(grant.lease_id for grant in answer.grants)
        for grant in answer.grants:
            await self._take_in(pool_id, pool, grant)
            pool.entering.remove(grant.lease_id)
        pool.stray = False
        pool.verdict = answer.verdict if pool.news == news else None
        pool.sold_out_since = self._clock()
        pool.size = pool.left
        return str(answer.verdict)

    async def _take_in(self, pool_id: int, pool: Holding, grant: Grant) -> None:
        records = await self._leases.read_range(pool_id, grant.lo, grant.hi)
        corrupt = await asyncio.to_thread(self._find_corrupt, pool_id, grant.lo, records)
        if corrupt:
            # Voiding revokes the lease; the good rest comes back as fragments (faults 71, 72).
            log.error("stock.codes_corrupt", pool_id=pool_id, seqs=corrupt[:20], count=len(corrupt))
            await self._leases.void(pool_id, corrupt, "corrupt")
            return
        self._allocator.publish_packed(
            pool_id, grant.lease_id, grant.epoch, grant.lo, records.packed
        )
        pool.leases[grant.lease_id] = Lease(left=grant.hi - grant.lo)

    async def recall(self, pool_id: int) -> None:
        """Ask the other workers for what they do not need; without harm when it fails."""
        try:
            await self._leases.recall(pool_id)
        except StoreUnavailableError as error:
            log.warning("stock.recall_failed", pool_id=pool_id, error=str(error))

    # ------------------------------------------------------------ giving back

    async def give_back(self, pool_id: int) -> None:
        """Return what is left of a pool to the database; commits in flight finish first.

        A commit that takes longer than SETTLE_S keeps its lease: that ends with it.
        """
        pool = self._pools.get(pool_id)
        if pool is None or not (pool.leases or pool.stray):
            return
        async with pool.asking:
            for lease_id in list(pool.leases):
                self._close(pool_id, pool, lease_id)
            closed = list(pool.leases)
            self.announce(pool_id)  # "mine" was said of codes that nobody can claim here any more
            await self._leases.give_back(pool_id, closed)
            pool.stray = bool(closed)
        end = self._clock() + SETTLE_S
        while any(i in pool.leases for i in closed) and (rest := end - self._clock()) > 0:
            await self.settled(pool_id, rest)
        if closed:
            async with pool.asking:
                await self._leases.give_back(pool_id, list(pool.leases))
                pool.stray = bool(pool.leases)
        self.announce(pool_id)

    async def give_back_idle(self, idle_s: float) -> None:
        """Return pools nobody bought from for a while."""
        now = self._clock()
        for pool_id, pool in list(self._pools.items()):
            if pool.leases and not pool.claimed and now - pool.last_used > idle_s:
                await self.give_back(pool_id)
            elif pool.claimed:
                pool.last_used = now

    async def close(self) -> None:
        """Return everything but what is in flight: the outcome of that is not known."""
        self._closed = True
        refills = [pool.refill for pool in self._pools.values() if pool.refill is not None]
        if refills:
            await asyncio.wait(refills)
        in_flight = [
            lease_id
            for pool in self._pools.values()
            for lease_id, lease in pool.leases.items()
            if lease.in_flight
        ]
        await self._leases.give_back(None, in_flight)
