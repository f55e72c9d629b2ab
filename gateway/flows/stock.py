"""The codes a worker holds: leases, refills and the proof of "sold out" (D3, I8).

The native allocator hands out positions; this room decides when to fetch more, keeps count
of what is in flight under each lease, and gives finished leases back. Decisions are taken
synchronously; only refills await.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import structlog

from gateway.domain.errors import StoreUnavailableError
from gateway.domain.lease import Grant, PackedRange
from gateway.flows.ports import Leases
from gateway.native import Allocator

log = structlog.get_logger()

Run = tuple[int, int, int, int]  # lease id, epoch, first seq, count

WANT_MIN = 1024  # a cold pool asks for this much: a flash sale starts without a history
PREFETCH_BELOW = 0.5  # of the leased codes: time for the next lease


@dataclass(slots=True)
class _Lease:
    """A lease of ours: how many codes can still be claimed, how many await their commit."""

    epoch: int
    left: int
    in_flight: int = 0
    lost: bool = False


@dataclass(slots=True)
class _Pool:
    """What we know of one pool. `verdict` is the last refill's, None while news made it stale."""

    leases: dict[int, _Lease] = field(default_factory=dict)
    orphans: list[int] = field(default_factory=list)  # ours in the database, not sold from here
    verdict: str | None = None
    news: int = 0  # grows with every announcement from the database
    refill: asyncio.Task[str] | None = None
    settled: asyncio.Event = field(default_factory=asyncio.Event)
    claimed: int = 0  # since the last refill, to estimate the rate
    claimed_since: float = 0.0
    last_used: float = 0.0
    size: int = 0
    sold_out_since: float = 0.0  # when the refill that proved it was answered


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
        self._pools: dict[int, _Pool] = {}
        self._closed = False

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

    def lost(self, pool_id: int, lease_ids: Sequence[int]) -> None:
        """These leases may have been reclaimed: stop claiming from them."""
        pool = self._pools[pool_id]
        self.announce(pool_id)
        for lease_id in lease_ids:
            lease = pool.leases.get(lease_id)
            if lease is not None and not lease.lost:
                lease.lost = True
                lease.left = 0
                self._allocator.close(pool_id, lease_id)

    def abandon(self, pool_id: int, runs: Sequence[Run]) -> None:
        """Nobody knows what became of these positions: their leases end, the database knows."""
        self.lost(pool_id, [run[0] for run in runs])
        self.used(pool_id, runs)

    def _settle(self, pool_id: int, pool: _Pool, lease_id: int, count: int) -> None:
        lease = pool.leases[lease_id]
        lease.in_flight -= count
        if lease.in_flight == 0:
            pool.settled.set()
            if lease.lost:
                del pool.leases[lease_id]
                self._allocator.forget(pool_id, lease_id)
                pool.orphans.append(lease_id)  # perhaps still ours in the database
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
            and not pool.orphans
            and not any(lease.in_flight for lease in pool.leases.values())
            and self._allocator.remaining(pool_id) < quantity
        )

    def holdings(self) -> dict[int, tuple[int, int]]:
        """By pool id: codes this worker can claim now, and codes whose commit is not decided."""
        return {
            pool_id: (
                self._allocator.remaining(pool_id),
                sum(lease.in_flight for lease in pool.leases.values()),
            )
            for pool_id, pool in self._pools.items()
        }

    def announce(self, pool_id: int) -> None:
        """Codes may have become claimable: what was concluded before no longer holds."""
        pool = self._pools.get(pool_id)
        if pool is not None:
            pool.news += 1
            pool.verdict = None

    def announce_all(self) -> None:
        """Announcements may have been missed: nothing concluded before holds."""
        for pool_id in self._pools:
            self.announce(pool_id)

    # ------------------------------------------------------------ refilling

    async def refill(self, pool_id: int, demand: int = 0) -> str:
        """Fetch more codes: 'granted', 'others', 'mine', 'sold_out' or 'unavailable'.

        Concurrent calls share one refill.
        """
        pool = self._pools.setdefault(pool_id, _Pool(claimed_since=self._clock()))
        if pool.refill is None:
            pool.refill = asyncio.create_task(self._refill(pool_id, pool, demand))
        return await asyncio.shield(pool.refill)

    async def settled(self, pool_id: int, timeout_s: float) -> None:
        """Wait, at most `timeout_s`, until a commit under the pool's leases is decided."""
        pool = self._pools[pool_id]
        if not any(lease.in_flight for lease in pool.leases.values()):
            return
        pool.settled.clear()
        try:
            await asyncio.wait_for(pool.settled.wait(), timeout_s)
        except TimeoutError:
            return

    def _prefetch(self, pool_id: int) -> None:
        pool = self._pools[pool_id]
        exhausted = pool.verdict in {"mine", "sold_out"}
        if pool.refill is not None or exhausted or self._closed:
            return
        left = sum(lease.left for lease in pool.leases.values())
        if left < PREFETCH_BELOW * pool.size:
            pool.refill = asyncio.create_task(self._refill(pool_id, pool, 0))

    async def _refill(self, pool_id: int, pool: _Pool, demand: int) -> str:
        news = pool.news
        finished = [
            lease_id
            for lease_id, lease in pool.leases.items()
            if not lease.left and not lease.in_flight and not lease.lost
        ]
        orphans, pool.orphans = pool.orphans, []
        try:
            answer = await self._leases.refill(
                pool_id, self._want(pool, demand), [*finished, *orphans]
            )
            for lease_id in finished:
                del pool.leases[lease_id]
                self._allocator.forget(pool_id, lease_id)
            orphans = [grant.lease_id for grant in answer.grants]
            for grant in answer.grants:
                await self._take_in(pool_id, pool, grant)
                orphans.remove(grant.lease_id)
        except StoreUnavailableError as error:
            pool.orphans += orphans
            log.warning("stock.refill_failed", pool_id=pool_id, error=str(error))
            return "unavailable"
        else:
            pool.verdict = answer.verdict if pool.news == news else None
            pool.sold_out_since = self._clock()
            pool.size = sum(lease.left for lease in pool.leases.values())
            return str(answer.verdict)
        finally:
            pool.refill = None

    def _want(self, pool: _Pool, demand: int) -> int:
        """About one second's worth at the rate seen since the last refill."""
        now = self._clock()
        seconds = max(now - pool.claimed_since, 0.001)
        rate = pool.claimed / seconds
        pool.claimed, pool.claimed_since, pool.last_used = 0, now, now
        return max(WANT_MIN, int(rate), 2 * demand)

    async def _take_in(self, pool_id: int, pool: _Pool, grant: Grant) -> None:
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
        pool.leases[grant.lease_id] = _Lease(epoch=grant.epoch, left=grant.hi - grant.lo)

    async def recall(self, pool_id: int) -> None:
        """Ask the other workers for what they do not need; without harm when it fails."""
        try:
            await self._leases.recall(pool_id)
        except StoreUnavailableError as error:
            log.warning("stock.recall_failed", pool_id=pool_id, error=str(error))

    # ------------------------------------------------------------ giving back

    async def give_back(self, pool_id: int) -> None:
        """Return what is left of a pool to the database; commits in flight finish first."""
        pool = self._pools.get(pool_id)
        if pool is None or not (pool.leases or pool.orphans):
            return
        if pool.refill is not None:
            await asyncio.wait([pool.refill])
        leases = list(pool.leases)
        for lease_id in leases:
            self._allocator.close(pool_id, lease_id)
            pool.leases[lease_id].left = 0
        self.announce(pool_id)  # "mine" was said of codes that nobody can claim here any more
        while any(pool.leases[i].in_flight for i in leases if i in pool.leases):
            await self.settled(pool_id, 1.0)
        await self._leases.give_back(pool_id)
        pool.orphans.clear()
        for lease_id in leases:
            if lease_id in pool.leases:
                del pool.leases[lease_id]
                self._allocator.forget(pool_id, lease_id)
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
        """Return everything; nothing may be in flight any more."""
        self._closed = True
        refills = [pool.refill for pool in self._pools.values() if pool.refill is not None]
        if refills:
            await asyncio.wait(refills)
        await self._leases.give_back(None)
