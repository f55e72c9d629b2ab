"""The native core (core_rs/py), as Python sees it. Only `gateway.native` imports it.

Each section belongs to one half of the engine; keep them apart."""

from collections.abc import Sequence
from os import PathLike
from typing import Self, final

__version__: str

# --- allocation -------------------------------------------------------------------------
# A run of claimed codes is (lease_id, epoch, seq_lo, count). After a fork every method
# that changes something raises RuntimeError in the child: the codes are the parent's.

@final
class Allocator:
    """The codes one worker process may sell; claims are lock-free and keep the GIL."""

    def __new__(cls) -> Self: ...
    def publish(
        self, pool_id: int, lease_id: int, epoch: int, lo: int, records: Sequence[bytes]
    ) -> None:
        """Make a lease claimable; record i belongs to position lo + i.

        ValueError: no record, too many, or a lease that is published already."""
    def publish_packed(
        self, pool_id: int, lease_id: int, epoch: int, lo: int, packed: bytes
    ) -> None:
        """As `publish`, of records in one piece: each its length in four bytes, then itself."""
    def claim(self, pool_id: int, quantity: int) -> list[tuple[int, int, int, int]] | None:
        """Claim exactly `quantity` codes as runs, or nothing: None. ValueError: quantity 0."""
    def claim_one(self, pool_id: int) -> tuple[int, int, int] | None:
        """Claim one code: (lease_id, epoch, seq), or None."""
    def claim_many(
        self, requests: Sequence[tuple[int, int]]
    ) -> list[list[tuple[int, int, int, int]] | None]:
        """Serve (pool_id, quantity) in order, each as `claim` does.

        ValueError: a quantity is 0; then nothing is claimed."""
    def give_back(self, pool_id: int, lease_id: int, seq_lo: int, count: int) -> bool:
        """Make definitely unused positions claimable again; never those of a commit in doubt.

        False: the lease is closed or unknown, reclaiming it finds them. ValueError: a
        position is outside the lease, was never claimed or is given back already."""
    def close(self, pool_id: int, lease_id: int) -> int:
        """End claiming from a lease; how many claimable positions that dropped. Idempotent.

        Its records stay readable until `forget`."""
    def forget(self, pool_id: int, lease_id: int) -> bool:
        """Close a lease and drop its records; False when it is unknown."""
    def remaining(self, pool_id: int) -> int:
        """Codes that could be claimed now."""
    def capacity(self, pool_id: int) -> int:
        """Size of the leases that still have something to claim: prefetch by remaining/capacity."""
    def lease_ids(self, pool_id: int) -> list[int]:
        """Leases published and not closed, used up or not, by id: those to renew."""
    def record(self, pool_id: int, lease_id: int, seq: int) -> bytes | None:
        """The sealed record of a position, until the lease is forgotten. For tests."""

@final
class OrderIds:
    """Order ids of one worker slot: 41 bits ms since 2025 | 10 bits slot | 12 bits counter.

    They only grow, whatever the clock does. RuntimeError in a forked child."""

    def __new__(cls, worker_slot: int) -> Self:
        """ValueError: the slot is not within 0..=1023."""
    def next(self, now_ms: int) -> int:
        """The next id at `now_ms`, Unix milliseconds."""
    def next_many(self, now_ms: int, n: int) -> list[int]:
        """The next `n` ids, growing."""

@final
class RateLimiter:
    """Token buckets by key, with a burst of one second."""

    @staticmethod
    def shared(path: str | PathLike[str], slots: int) -> RateLimiter:
        """One table for all processes that open `path`; a damaged or foreign file is replaced.

        OSError: the file cannot be made. ValueError: more than 2^24 slots."""
    @staticmethod
    def local(slots: int) -> RateLimiter:
        """A table for this process alone."""
    def acquire(self, key: str, rate_per_s: int, n: int, now_ns: int) -> tuple[bool, int, int]:
        """Take `n` permits: (granted, remaining, retry_after_ms). None is taken if refused.

        `now_ns` is of a clock that all sharers agree on (`time.monotonic_ns()`). More
        permits than `rate_per_s` are never granted. ValueError: the rate is 0."""

@final
class NumberFilter:
    """A Bloom filter of accepted order numbers: no false negatives, keyed at random."""

    def __new__(cls, capacity: int, bits_per_item: int = 12) -> Self:
        """12 bits give about 0.5 % false positives when full. ValueError: over 2 GiB."""
    def add(self, partner_id: int, numbers: Sequence[str]) -> None:
        """Add numbers of one partner."""
    def add_one(self, partner_id: int, number: str) -> None:
        """Add one number."""
    def add_lines(self, partner_id: int, blob: bytes) -> None:
        """Add the numbers of a text, one per line (LF); empty lines are skipped."""
    def may_contain(self, partner_id: int, number: str) -> bool:
        """False: certainly never added. True: look it up."""
    def __len__(self) -> int:
        """Numbers added, repeats not counted."""
    @property
    def full(self) -> bool:
        """Whether it holds what it was made for; more only raises the false positives."""

# --- the order path ---------------------------------------------------------------------

def check_json(text: bytes, depth_max: int) -> tuple[str, int] | None:
    """None for strict JSON nested at most `depth_max` deep, else (what is wrong, byte offset).

    Refused: BOM, invalid UTF-8, NaN and other non-JSON, equal keys, lone surrogates, depth."""
