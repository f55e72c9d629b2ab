"""Everything that one worker counts for the order path: HTTP, verdicts, commits, leases."""

from dataclasses import dataclass, field

from gateway.codes.lease_losses import LeaseLosses
from gateway.ground.histogram import Times
from gateway.ground.http.meters import HttpMeters
from gateway.orders.rules import Verdict


@dataclass(slots=True)
class Meters(HttpMeters):
    """All counters of a worker. `verdicts` is indexed by Verdict."""

    verdicts: list[int] = field(default_factory=lambda: [0] * (max(Verdict) + 1))
    commit_times: Times = field(default_factory=Times)  # see orders/commit_store.py
    lease_losses: LeaseLosses = field(default_factory=LeaseLosses)
