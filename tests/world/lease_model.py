"""A small faithful model of `codes/routines_leases.sql`: one pool, several workers, a manual clock.

Every call of a worker waits twice: before it takes effect and before its answer arrives. `Gates`
decides who goes on, and whether the answer is lost: so a test can run through the orders of all.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from gateway.codes.lease import Grant, PackedRange, Refill, Renewal
from gateway.ground.errors import StoreUnavailableError

POOL = 1
TTL_S = 30.0
Run = tuple[int, int, int, int]


class Gates:
    """Where calls wait; a test lets one go on, or breaks its connection."""

    def __init__(self) -> None:
        self.waiting: list[asyncio.Future[None]] = []

    async def wait(self) -> None:
        """Wait for the test. Raises StoreUnavailableError where it breaks the connection."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.waiting.append(future)
        await future

    def go_on(self, index: int, *, broken: bool = False) -> None:
        """Let one of those that wait go on."""
        future = self.waiting.pop(index % len(self.waiting))
        if broken:
            future.set_exception(StoreUnavailableError("cut"))
        else:
            future.set_result(None)


@dataclass(slots=True)
class ModelLease:
    """A row of `lease`."""

    worker: str
    lo: int
    hi: int
    epoch: int
    expires_at: float
    active: bool = True


@dataclass(slots=True)
class Books:
    """The database: who holds what, what is free, what is sold."""

    size: int
    workers: int
    gates: Gates
    now: float = 0.0
    leases: dict[int, ModelLease] = field(default_factory=dict)
    free: set[int] = field(default_factory=set)
    sold: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.free = set(range(self.size))

    @property
    def unsold(self) -> int:
        """Codes nobody was sold."""
        return self.size - len(self.sold)

    def active_of(self, worker: str) -> set[int]:
        """Ids of the leases in a worker's name."""
        return {i for i, row in self.leases.items() if row.active and row.worker == worker}

    def close(self, lease_ids: set[int]) -> None:
        """close_leases."""
        for lease_id in lease_ids:
            row = self.leases[lease_id]
            row.active = False
            row.epoch += 1
            self.free |= set(range(row.lo, row.hi)) - self.sold

    def expire(self) -> None:
        """reclaim."""
        self.close(
            {i for i, row in self.leases.items() if row.active and row.expires_at < self.now}
        )

    def commit(self, runs: Sequence[Run]) -> bool:
        """commit_orders: all of the runs are sold, or (False) a lease was lost and none is."""
        if any(
            not self.leases[lease_id].active or self.leases[lease_id].epoch != epoch
            for lease_id, epoch, _, _ in runs
        ):
            return False
        codes = [seq for _, _, lo, count in runs for seq in range(lo, lo + count)]
        assert not self.sold & set(codes), "I1: a code was sold twice"
        self.sold |= set(codes)
        return True

    def grant(self, worker: str, want: int) -> list[Grant]:
        """The ranges of refill: at most its share, whole runs of what is free."""
        share = max(1, min(want, -(-len(self.free) // (2 * self.workers))))
        grants: list[Grant] = []
        for seq in sorted(self.free)[:share]:
            if grants and grants[-1].hi == seq:
                last = grants.pop()
                grants.append(Grant(lease_id=last.lease_id, epoch=1, lo=last.lo, hi=seq + 1))
            else:
                lease_id = len(self.leases) + len(grants) + 1
                grants.append(Grant(lease_id=lease_id, epoch=1, lo=seq, hi=seq + 1))
        for grant in grants:
            self.leases[grant.lease_id] = ModelLease(
                worker, grant.lo, grant.hi, grant.epoch, self.now + TTL_S
            )
            self.free -= set(range(grant.lo, grant.hi))
        return grants


@dataclass(slots=True)
class ModelLeases:
    """The `Leases` port of one worker."""

    books: Books
    worker: str

    async def refill(
        self,
        outlet: int,
        want: int,
        held: Sequence[int],
        *,
        short: int = 0,  # noqa: ARG002 - nobody lends here
        recalled: bool = False,  # noqa: ARG002
    ) -> Refill:
        """See codes/routines_leases.sql."""
        assert outlet == POOL
        books = self.books
        await books.gates.wait()
        books.expire()
        books.close(books.active_of(self.worker) - set(held))
        grants: list[Grant] = []
        if books.free:
            verdict = "granted"
            grants = books.grant(self.worker, want)
        else:
            holders = {row.worker for row in books.leases.values() if row.active}
            verdict = "mine" if holders == {self.worker} else "others" if holders else "sold_out"
        await books.gates.wait()
        return Refill(verdict=verdict, pool_id=POOL, generation=0, grants=tuple(grants))  # type: ignore[arg-type]

    async def read_range(self, pool_id: int, lo: int, hi: int) -> PackedRange:
        """Records of the range."""
        assert pool_id == POOL
        await self.books.gates.wait()
        record = b"sealed"
        return PackedRange(
            packed=(len(record).to_bytes(4, "big") + record) * (hi - lo), data_keys=()
        )

    async def give_back(self, outlet: int | None = None, held: Sequence[int] = ()) -> int:
        """See codes/routines_leases.sql."""
        assert outlet in {POOL, None}
        await self.books.gates.wait()
        before = len(self.books.free)
        self.books.close(self.books.active_of(self.worker) - set(held))
        await self.books.gates.wait()
        return len(self.books.free) - before

    async def recall(self, outlet: int) -> None:
        """Nobody hears it here: the test recalls."""

    async def void(self, pool_id: int, seqs: Sequence[int], reason: str) -> int:
        """Nothing is corrupt here."""
        raise NotImplementedError

    async def renew(self, held: Sequence[int]) -> Renewal:
        """See codes/routines_leases.sql; not held up."""
        active = self.books.active_of(self.worker)
        for lease_id in active & set(held):
            self.books.leases[lease_id].expires_at = self.books.now + TTL_S
        self.books.expire()
        active = self.books.active_of(self.worker)
        return Renewal(
            workers=self.books.workers,
            gone=tuple(set(held) - active),
            unknown=dict.fromkeys(active - set(held), POOL),
        )

    async def tell_lost(self, lease_ids: Sequence[int]) -> int:
        """Here all losses are to others."""
        return len(lease_ids)
