"""Rate limits and known order numbers of the native core, as Python sees them: a stub beside
`_core.pyi`, which names it all; there is no module of this name."""

from collections.abc import Sequence
from os import PathLike
from typing import Self, final

@final
class RateLimiter:
    """Token buckets by key, with a burst of one second."""

    @staticmethod
    def shared(path: str | PathLike[str], slots: int, *, counting: bool = False) -> RateLimiter:
        """One table for all processes that open `path`; a damaged or foreign file is replaced.

        `counting`: what this process takes is remembered for `spent`.

        OSError: the file cannot be made. ValueError: more than 2^24 slots."""
    @staticmethod
    def local(slots: int, *, counting: bool = False) -> RateLimiter:
        """A table for this process alone."""
    def acquire(self, key: str, rate_per_s: int, n: int, now_ns: int) -> tuple[bool, int, int]:
        """Take `n` permits: (granted, remaining, retry_after_ms). None is taken if refused.

        `now_ns` is of a clock that all sharers agree on (`time.monotonic_ns()`). More
        permits than `rate_per_s` are never granted. ValueError: the rate is 0."""
    def look(self, key: str, rate_per_s: int, now_ns: int) -> tuple[bool, int, int]:
        """What `acquire` of one permit would say now; nothing is taken."""
    def share(self, nodes: int, price: int = 1000) -> None:
        """From now on this process has the `nodes`-th part of each burst, and pays `price`
        thousandths of a permit for one. At first it is alone."""
    def empty(self, at_ns: int) -> None:
        """All buckets were empty at `at_ns`, for this process, and fill at their rate."""
    def spent(self, now_ns: int) -> list[tuple[str, int, int, int]]:
        """(key, rate_per_s, permits, debt_ns) of what this process took since the last call."""
    def retell(self, key: str, rate_per_s: int, permits: int) -> None:
        """So many of what `spent` gave were told to nobody after all."""
    def charge(self, key: str, rate_per_s: int, debt_ns: int, now_ns: int) -> None:
        """All nodes together owe so many nanoseconds of the key's rate, without what is not told
        yet; a bucket that knows of more stays as it is."""

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
