"""Which upstream an order goes to. Pure."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from gateway.catalog.rules import Route


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneHealth:
    """What is known of a lane: whether it takes calls, its success rate and latency of late."""

    open: bool
    success_rate: float = 1.0  # 0 … 1
    latency_s: float = 0.0
    waiting: int = 0


def choose_route(
    routes: Sequence[Route],
    *,
    price_minor: int,
    health: Callable[[Route], LaneHealth | None],
    avoid: Collection[tuple[int, str]] = (),
) -> Route | None:
    """The best route, or None.

    Routes that cost more than the price, were tried already (`avoid`: upstream id, product)
    or have no health (unknown or paused upstream) do not count. A lane that takes calls goes
    before one that waits; then priority, cost, success rate, latency.
    """
    ranked = []
    for route in routes:
        state = health(route)
        if state is None or (route.upstream_id, route.product_id) in avoid:
            continue
        if route.cost_minor is not None and route.cost_minor > price_minor:
            continue
        cost = route.cost_minor if route.cost_minor is not None else price_minor
        rank = (
            not state.open,
            route.priority,
            cost,
            -round(state.success_rate, 1),
            state.latency_s,
        )
        ranked.append((rank, route))
    return min(ranked, key=lambda each: each[0])[1] if ranked else None
