"""What one worker counts about upstreams: calls, breakers, balances."""

from collections.abc import Callable, Iterator

from gateway.catalog.rules import CurrentCatalog
from gateway.dispatch.lane import Lane
from gateway.dispatch.topups import TopUps
from gateway.ground.histogram import Histogram, Labels
from gateway.ground.metric_family import Family, durations
from gateway.ground.traffic.breaker import BreakerState


def families(topups: TopUps, catalog: CurrentCatalog) -> Iterator[Family]:
    """All of this worker's, now."""
    names = {upstream.id: upstream.name for upstream in catalog.now.upstreams.values()}
    dispatcher = topups.dispatcher
    lanes = [
        ([names.get(lane.upstream_id, str(lane.upstream_id)), lane.product_id], lane)
        for lane in dispatcher.lanes
    ]

    def per_lane(kind: str, name: str, help_: str, value: Callable[[Lane], float]) -> Family:
        samples = [(labels, value(lane)) for labels, lane in lanes]
        return Family(kind, f"quangate_upstream_{name}", help_, ["upstream", "product"], samples)

    yield per_lane("counter", "calls", "Submissions that ended.", lambda lane: lane.calls)
    yield per_lane(
        "counter",
        "failed_calls",
        "Submissions that failed by the upstream's fault.",
        lambda lane: lane.failures,
    )
    yield per_lane(
        "gauge", "waiting_attempts", "Attempts not under way.", lambda lane: lane.waiting
    )
    yield per_lane(
        "gauge", "calls_under_way", "Submissions under way.", lambda lane: lane.under_way
    )
    yield per_lane(
        "gauge",
        "breaker_open",
        "1 while the breaker holds calls back; 0 while it lets probes pass, or somebody paused it.",
        lambda lane: int(lane.breaker.state is BreakerState.OPEN and not lane.paused),
    )
    yield per_lane(
        "gauge",
        "breaker_half_open",
        "1 while it lets only probes pass: they close it, or open it again.",
        lambda lane: int(lane.breaker.state is BreakerState.HALF_OPEN and not lane.paused),
    )
    exchanges: dict[Labels, Histogram] = {
        (names.get(int(upstream_id), str(upstream_id)), str(call), str(outcome)): times
        for (upstream_id, call, outcome), times in dispatcher.exchanges.items()
    }
    yield durations(
        "quangate_upstream_exchange_duration_seconds",
        "Time of a call to an upstream until we knew what became of it: call is submit or query.",
        ["upstream", "call", "outcome"],
        exchanges,
    )
    yield Family(
        "counter",
        "quangate_upstream_outcomes",
        "What became of submissions.",
        ["upstream", "outcome"],
        [
            ([str(upstream), str(outcome)], times.count)
            for (upstream, call, outcome), times in sorted(exchanges.items())
            if call == "submit"
        ],
    )
    yield Family(
        "gauge",
        "quangate_upstream_balance_minor",
        "What is left at an upstream, as it last told; absent where it does not tell.",
        ["upstream"],
        [
            ([names.get(upstream_id, str(upstream_id))], left_minor)
            for upstream_id, left_minor in sorted(topups.balances_minor.items())
        ],
    )
