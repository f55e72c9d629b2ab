"""Metrics: who may read them, and what the plain counters count."""

import ipaddress

import pytest

from gateway.ground.histogram import BOUNDS_S
from gateway.ground.http.address import Address, Network
from gateway.ground.http.meters import HttpMeters, RouteMeter
from gateway.health.metrics import may_scrape
from gateway.orders.metrics import Counted, by_outcome
from gateway.orders.rules import LineOutcome

MONITORING: list[Network] = [ipaddress.ip_network("10.1.0.0/16"), ipaddress.ip_network("fd00::/8")]


@pytest.mark.parametrize(
    ("address", "allowed", "expected"),
    [
        ("127.0.0.1", [], True),  # loopback, always
        ("127.200.3.4", [], True),  # all of it
        ("::1", [], True),
        ("10.1.2.3", [], False),  # nothing is allowed by default
        ("10.1.2.3", MONITORING, True),
        ("fd00::7", MONITORING, True),
        ("10.2.0.1", MONITORING, False),
        ("203.0.113.9", MONITORING, False),
        (None, MONITORING, False),  # no address is no right
    ],
)
def test_who_may_scrape(address: str | None, allowed: list[Network], *, expected: bool) -> None:
    """Loopback and the configured networks, nobody else."""
    parsed: Address | None = None if address is None else ipaddress.ip_address(address)
    assert may_scrape(parsed, allowed) is expected


@pytest.mark.parametrize(
    ("duration_s", "bucket"),
    [
        (0.0, 0),
        (BOUNDS_S[0], 0),  # bounds are inclusive, as Prometheus has them
        (BOUNDS_S[0] * 1.001, 1),
        (0.3, BOUNDS_S.index(0.5)),
        (1e9, len(BOUNDS_S)),  # slower than all bounds
    ],
)
def test_buckets(duration_s: float, bucket: int) -> None:
    """Each answer is counted in the one bucket it belongs to."""
    meter = RouteMeter()
    meter.observe(201, duration_s)
    assert [index for index, count in enumerate(meter.buckets) if count] == [bucket]
    assert meter.by_class == [0, 0, 1, 0, 0, 0]
    assert meter.seconds == duration_s


def test_every_verdict_is_counted() -> None:
    """The list of counters has a place for each verdict, and names it."""
    counted = Counted()
    for verdict in LineOutcome:
        counted.outcomes[verdict] += int(verdict)
    named = by_outcome(counted.outcomes)
    assert named["created"] == int(LineOutcome.CREATED)
    assert named["insufficient-balance"] == int(LineOutcome.INSUFFICIENT_BALANCE)
    assert len(named) == len(LineOutcome)


def test_routes_are_metered_once() -> None:
    """Asking twice for a route's meter gives the same one."""
    meters = HttpMeters()
    assert meters.route("GET", "/x") is meters.route("GET", "/x")
    assert meters.route("GET", "/x") is not meters.route("POST", "/x")
