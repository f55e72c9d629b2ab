"""A worker's health: its probes, its metrics, and the rows it forgets."""

from functools import partial
from typing import Final

from gateway.ground.sql.readiness import Readiness
from gateway.ground.wiring import Built, Keeper, Kit, Wiring
from gateway.health import http, metrics
from gateway.health.metric_families import Watched, families
from gateway.health.retention import keep_forgetting
from gateway.health.worklist import Worklist
from gateway.orders.intake import Intake


def worklist(kit: Kit) -> Worklist:
    """What waits for a person."""
    return Worklist(kit.on.pools.background, speaks=kit.on.place == 0)


def scraped(kit: Kit) -> metrics.Scraped:
    """All that is counted."""
    on = kit.on
    return metrics.Scraped(worker=str(on.place), data=on.config.data, families=kit.metrics)


def checks(kit: Kit) -> http.HealthChecks:
    """Whether it lives and takes orders."""
    on = kit.on
    return http.HealthChecks(kit[Intake].absence, Readiness(on.pools.control), on.draining)


def page(kit: Kit) -> metrics.MetricsPage:
    """What Prometheus reads."""
    return metrics.MetricsPage(kit[metrics.Scraped], kit.on.config.metrics_allow)


def build(kit: Kit) -> Built:
    """Counting, and forgetting in small steps."""
    on, waits = kit.on, kit[Worklist]
    watched = Watched(
        meters=on.meters,
        pools=on.pools,
        clock=on.clock,
        nodes=on.nodes,
        redis=on.redis,
        absence=kit[Intake].absence,
        worklist=waits,
        door=on.door,
        places=on.places,
        draining=on.draining,
    )
    keeping: list[Keeper] = [
        partial(keep_forgetting, on.pools.database.pool, on.config),
        on.meters.watch_loop,
        waits.watch,
    ]
    if on.config.workers > 1:
        keeping.append(partial(metrics.share_metrics, kit[metrics.Scraped]))
    return Built(keeping=keeping, metrics=(partial(families, watched),))


WIRING: Final = Wiring(
    makes=(worklist, scraped),
    faces=((checks, http.ROUTES), (page, metrics.ROUTES)),
    build=build,
)
