"""What one worker counts about upstreams: calls, breakers, balances."""

from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

from gateway.catalog.rules import CurrentCatalog
from gateway.dispatch.dispatcher import Dispatcher
from gateway.dispatch.lane import Lane
from gateway.ground.histogram import Histogram, Labels
from gateway.ground.metric_family import Family, durations
from gateway.ground.traffic.breaker import BreakerState


class Watched(Protocol):
    """What these are read from; `balances_minor`: what is left at upstreams that told it."""

    @property
    def catalog(self) -> CurrentCatalog: ...
    @property
    def dispatcher(self) -> Dispatcher: ...
    @property
    def balances_minor(self) -> Callable[[], Mapping[int, int]]: ...


def families(watched: Watched) -> Iterator[Family]:
    """All of this worker's, now."""
    names = {upstream.id: upstream.name for upstream in watched.catalog.now.upstreams.values()}
    dispatcher = watched.dispatcher
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
            for upstream_id, left_minor in sorted(watched.balances_minor().items())
        ],
    )
