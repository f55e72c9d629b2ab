"""Which upstream an order goes to."""

import pytest

from gateway.catalog.routing import LaneHealth, choose_route
from gateway.catalog.rules import Route

PRICE_MINOR = 1000
WELL = LaneHealth(open=True)


def route(upstream_id: int, priority: int = 0, cost_minor: int | None = 900) -> Route:
    """A route to this upstream's only product."""
    return Route(upstream_id=upstream_id, product_id="p", priority=priority, cost_minor=cost_minor)


@pytest.mark.parametrize(
    ("routes", "health", "chosen"),
    [
        ([route(1), route(2, priority=-1)], {}, 2),  # the smaller priority goes first
        ([route(1), route(2, cost_minor=800)], {}, 2),  # of equal ones the cheaper
        ([route(1, cost_minor=None), route(2)], {}, 2),  # unknown cost counts as the price
        ([route(1, priority=-1, cost_minor=1001)], {}, None),  # dearer than our price: never
        ([route(1, cost_minor=1000)], {}, 1),  # at cost is allowed
        ([route(1), route(2, priority=5)], {1: LaneHealth(open=False)}, 2),  # a lane that is open
        ([route(1)], {1: LaneHealth(open=False)}, 1),  # none is open: it waits there
        ([route(1), route(2, priority=5)], {1: None}, 2),  # paused, or not usable
        ([route(1)], {1: None}, None),
        ([route(1), route(2)], {1: LaneHealth(open=True, success_rate=0.6)}, 2),
        ([route(1), route(2)], {1: LaneHealth(open=True, latency_s=2.0)}, 2),
        # Priority outranks price, success and speed.
        ([route(1, -1), route(2, cost_minor=1)], {1: LaneHealth(open=True, latency_s=9)}, 1),
    ],
)  # fmt: skip
def test_the_best_route(
    routes: list[Route], health: dict[int, LaneHealth | None], chosen: int | None
) -> None:
    """By openness, priority, cost, success rate, latency, within the price guard."""
    best = choose_route(
        routes,
        price_minor=PRICE_MINOR,
        health=lambda each: health.get(each.upstream_id, WELL),
    )
    assert (best.upstream_id if best else None) == chosen


def test_routes_tried_already_are_avoided() -> None:
    """An order never returns to a product that refused it."""
    best = choose_route(
        [route(1), route(2)], price_minor=PRICE_MINOR, health=lambda _: WELL, avoid=[(1, "p")]
    )
    assert best is not None
    assert best.upstream_id == 2
