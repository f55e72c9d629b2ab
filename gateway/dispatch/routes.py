"""Routes and their lanes: where an order goes first, and where it may go instead."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import replace

from gateway.catalog.routing import LaneHealth, choose_route
from gateway.catalog.rules import Catalog, Route, Sku
from gateway.dispatch.job import Job, Platform
from gateway.dispatch.lane import Call, Lane
from gateway.ground.traffic.pace import Pace
from gateway.ground.traffic.retry import GIVE_UP_S
from gateway.orders.refusal import Reason, Refusal

WAITING_MAX = 20_000  # per lane; more orders are refused as overloaded


class Routes:
    """The lanes of one worker. `tried_routes` tells where an order has been already;
    `sells_at_once` how many a route sells in one order (None: as many as wanted); `share` is
    this worker's part of the calls that an upstream allows; `covers` whether our balance there
    pays for a route."""

    def __init__(
        self,
        *,
        catalog: Callable[[], Catalog],
        send: Callable[[Job, Call], Awaitable[None]],
        tried_routes: Callable[[int], Awaitable[Sequence[tuple[int, str]]]],
        sells_at_once: Callable[[Route], int | None],
        covers: Callable[[Route], bool] = lambda _: True,
        share: float = 1.0,
    ) -> None:
        self._catalog = catalog
        self._send = send
        self._tried_routes = tried_routes
        self._sells_at_once = sells_at_once
        self._platforms: Mapping[int, Platform] = {}
        self._lanes: dict[tuple[int, str], Lane] = {}
        self._paces: dict[int, Pace] = {}
        self._share = share
        self._covers = covers

    @property
    def lanes(self) -> Sequence[Lane]:
        """All there are."""
        return list(self._lanes.values())

    def lane(self, upstream_id: int, product_id: str) -> Lane:
        """The lane of a product, made at first use."""
        lane = self._lanes.get((upstream_id, product_id))
        if lane is None:
            platform = self._platforms.get(upstream_id)
            lane = self._lanes[upstream_id, product_id] = Lane(
                upstream_id=upstream_id,
                product_id=product_id,
                send=self._send,
                gap_s=platform.capabilities.min_gap_per_account_s if platform else 0.0,
                paused=self._is_paused(upstream_id),
                pace=self._pace(upstream_id),
            )
        return lane

    def set_platforms(self, platforms: Mapping[int, Platform]) -> None:
        """The upstreams as they are now."""
        self._platforms = platforms
        for lane in self._lanes.values():
            lane.paused = self._is_paused(lane.upstream_id)
            lane.keep_pace(self._pace(lane.upstream_id))
            lane.pump()

    def quantity_max(self, sku: Sku) -> int | None:
        """How many each usable route sells in one order; None: as many as wanted."""
        usable = [route for route in sku.routes if not self._is_paused(route.upstream_id)]
        limits = [self._sells_at_once(route) for route in usable or sku.routes]
        return min((limit for limit in limits if limit is not None), default=None)

    def choose(
        self,
        sku: Sku,
        price_minor: int,
        quantity: int,
        avoid: Collection[tuple[int, str]] = (),
    ) -> Route | None:
        """The best route for an order."""
        routes: Sequence[Route] = sku.routes
        if quantity > 1:
            most = {route: self._sells_at_once(route) for route in routes}
            routes = [route for route in routes if quantity <= (most[route] or quantity)]
        return choose_route(routes, price_minor=price_minor, health=self._health, avoid=avoid)

    def refusal(self, sku: Sku) -> Refusal:
        """Why there is no route."""
        if any(self.lane(r.upstream_id, r.product_id).waiting >= WAITING_MAX for r in sku.routes):
            return Refusal(Reason.ROUTES_FULL)
        # What an upstream has is never proved empty: "sold-out" would be said for ever.
        return Refusal(Reason.NO_ROUTE, sku=sku.sku)

    def may_go_elsewhere(self, job: Job) -> bool:
        """Whether another route takes orders now; the order may have been there already."""
        sku = self._catalog().skus_by_id.get(job.sku_id)
        if sku is None or len(sku.routes) < 2:
            return False
        route = self.choose(sku, job.price_minor, job.quantity, [job.lane])
        return route is not None and self._is_open(route)

    async def elsewhere(self, job: Job) -> Route | None:
        """A route that takes orders now and that the order has not been to."""
        if not self.may_go_elsewhere(job):
            return None
        route = await self._untried(job)
        return route if route is not None and self._is_open(route) else None

    async def follower(
        self, job: Job, *, attempt_id: int, now: float, same_route: bool
    ) -> Job | None:
        """The attempt that takes over after a definite refusal; None: there is nowhere to go.

        `same_route`: the upstream refuses everything just now, so the route itself may be
        tried again when there is no other.
        """
        route = await self._untried(job)
        upstream_id, product_id = job.lane
        if route is not None:
            upstream_id, product_id = route.upstream_id, route.product_id
        elif not same_route or now - job.ordered_at >= GIVE_UP_S:
            return None
        return Job(
            attempt_id=attempt_id,
            partner_id=job.partner_id,
            order_id=job.order_id,
            sku_id=job.sku_id,
            upstream_id=upstream_id,
            product_id=product_id,
            account=job.account,
            quantity=job.quantity,
            amount_minor=job.amount_minor,
            cost_max_minor=job.cost_max_minor,
            face_minor=job.face_minor,
            ordered_at=job.ordered_at,
            since=now,
        )

    async def _untried(self, job: Job) -> Route | None:
        sku = self._catalog().skus_by_id.get(job.sku_id)
        if sku is None or len(sku.routes) < 2:
            return None
        tried = await self._tried_routes(job.order_id)
        return self.choose(sku, job.price_minor, job.quantity, tried)

    def _health(self, route: Route) -> LaneHealth | None:
        if self._is_paused(route.upstream_id):
            return None
        lane = self.lane(route.upstream_id, route.product_id)
        if lane.waiting >= WAITING_MAX:
            return None
        return lane.health if self._covers(route) else replace(lane.health, open=False)

    def _is_open(self, route: Route) -> bool:
        """Whether an order would be taken now."""
        health = self._health(route)
        return health is not None and health.open

    def _pace(self, upstream_id: int) -> Pace | None:
        upstream = self._catalog().upstreams.get(upstream_id)
        if upstream is None or upstream.calls_per_s is None:
            return None
        calls_per_s = upstream.calls_per_s * self._share
        pace = self._paces.get(upstream_id)
        if pace is None or pace.calls_per_s != calls_per_s:
            # Another rate begins anew: nobody waits for a slot of the old one.
            pace = self._paces[upstream_id] = Pace(calls_per_s)
        return pace

    def _is_paused(self, upstream_id: int) -> bool:
        upstream = self._catalog().upstreams.get(upstream_id)
        return upstream is None or upstream.paused or upstream_id not in self._platforms
