"""Leases that somebody else closed, said by name: whose it was, of which pool, why and by whom.

Two see it: who took it back (a worker that found the other dead or late), and who held it. Codes
that expire end their leases too, and those that come in and expire sooner call them back to be
sold first, or that are moved to another shelf: that is no loss, and no line of the log.
"""

import os
import socket
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import structlog

log = structlog.get_logger()

EXPIRED = "codes-expired"
NO_LOSS = frozenset({EXPIRED, "codes-sooner", "codes-moved"})


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenBack:
    """Leases of a pool that we closed of another holder, and the codes that became free."""

    pool: str
    holder: str
    why: str
    leases: int
    freed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """Leases of a pool that others closed of us."""

    pool: str
    why: str
    leases: int
    codes: int


class LeaseLosses:
    """Counts by (pool, why)."""

    def __init__(self) -> None:
        self.taken_back: Counter[tuple[str, str]] = Counter()  # by us, from others
        self.lost: Counter[tuple[str, str]] = Counter()  # ours

    def took_back(self, rows: Iterable[TakenBack]) -> int:
        """Say what SQL's `reclaim` closed just now; how many codes became free."""
        freed = 0
        for row in rows:
            freed += row.freed
            self.taken_back[row.pool, row.why] += row.leases
            if row.why != EXPIRED:
                log.warning(
                    "lease.taken_back",
                    pool=row.pool,
                    leases=row.leases,
                    codes=row.freed,
                    of=row.holder,
                    by=f"{socket.gethostname()}:{os.getpid()}",
                    why=row.why,
                )
        return freed

    def lost_ours(self, rows: Iterable[Lost]) -> int:
        """Say which of our leases others closed; how many, without those that are no loss."""
        count = 0
        for row in rows:
            self.lost[row.pool, row.why] += row.leases
            if row.why not in NO_LOSS:
                count += row.leases
                log.warning(
                    "lease.lost",
                    pool=row.pool,
                    leases=row.leases,
                    codes=row.codes,
                    of=f"{socket.gethostname()}:{os.getpid()}",
                    why=row.why,
                )
        return count
