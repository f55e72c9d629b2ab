"""What a worker knows of the codes of one outlet: plain data, changed by its stock alone."""

import asyncio
from dataclasses import dataclass, field

WANT_MIN = 1024  # a cold outlet asks for this much: a flash sale starts without a history


@dataclass(slots=True)
class Lease:
    """A lease of ours: how many codes can still be claimed, how many await their commit."""

    left: int
    in_flight: int = 0
    closed: bool = False  # nothing is claimed from it any more


@dataclass(slots=True)
class Holding:
    """What we know of one outlet. `verdict` is the last refill's, None while news made it stale."""

    pool_id: int = 0  # where its codes lie; 0 until the database has answered
    leases: dict[int, Lease] = field(default_factory=dict)
    stray: bool = False  # the database may have leases in our name that are not in `leases`
    entering: list[int] = field(default_factory=list)  # granted, their records are being read
    asking: asyncio.Lock = field(default_factory=asyncio.Lock)  # one call to the database at a time
    verdict: str | None = None
    held: int = 0  # codes on hold at the last refill that granted none
    held_s: int = 0  # then: how long the first of them had to go
    news: int = 0  # grows with every announcement from the database
    refill: asyncio.Task[str] | None = None
    settled: asyncio.Event = field(default_factory=asyncio.Event)
    claimed: int = 0  # since the last refill, to estimate the rate
    claimed_since: float = 0.0
    last_used: float = 0.0
    size: int = 0
    sold_out_since: float = 0.0  # when the refill that proved it was answered

    @property
    def left(self) -> int:
        """Codes that can be claimed."""
        return sum(lease.left for lease in self.leases.values())

    @property
    def in_flight(self) -> int:
        """Codes whose commit is not decided."""
        return sum(lease.in_flight for lease in self.leases.values())

    def hear(self) -> None:
        """Codes may have become claimable: what was concluded before no longer holds."""
        self.news += 1
        self.verdict = None

    def want(self, now: float, demand: int) -> int:
        """About one second's worth at the rate seen since it was asked for last."""
        seconds = max(now - self.claimed_since, 0.001)
        rate = self.claimed / seconds
        self.claimed, self.claimed_since, self.last_used = 0, now, now
        return max(WANT_MIN, int(rate), 2 * demand)
