"""Upstreams in a worker: what is bought there, and what they tell us."""

from functools import partial
from typing import Final

from gateway.catalog.events import CatalogChanged, CatalogComing
from gateway.catalog.rules import CurrentCatalog
from gateway.dispatch import http
from gateway.dispatch.complaints import Complaints
from gateway.dispatch.events import WebhookMade
from gateway.dispatch.hints import BREAKER, hear_hint, hint
from gateway.dispatch.metrics import families
from gateway.dispatch.purchase_store import PurchaseStore
from gateway.dispatch.store import AttemptStore
from gateway.dispatch.topups import TopUps
from gateway.ground.wiring import Built, Kit, Wiring, awaits, hears
from gateway.orders.chains import chain_of_purchases
from gateway.orders.events import OrdersCreated
from gateway.orders.ports import Upstreams


def topups(kit: Kit) -> TopUps:
    """Buys from upstreams."""
    on = kit.on
    attempts = AttemptStore(on.pools.background, on.worker_id)
    tell = kit.tell(WebhookMade)
    return TopUps(
        config=on.config,
        attempts=attempts,
        purchases=PurchaseStore(
            on.pools.background, attempts, on.vault, chain_of_purchases(on.slot)
        ),
        vault=on.vault,
        catalog=kit[CurrentCatalog],
        next_id=on.next_id,
        told=lambda webhook_id: tell(WebhookMade(webhook_id)),
        opened=partial(hint, on.redis),
    )


def upstreams(kit: Kit) -> Upstreams:
    """What orders know of it."""
    return kit[TopUps]


def complaints(kit: Kit) -> Complaints:
    """Asks platforms to look again."""
    on = kit.on
    return Complaints(AttemptStore(on.pools.background, on.worker_id), on.vault)


def callbacks(kit: Kit) -> http.Callbacks:
    """What platforms tell."""
    return http.Callbacks(kit[TopUps], kit.on.door)


def build(kit: Kit) -> Built:
    """Sends what is created, once its upstream is open."""
    service = kit[TopUps]
    if kit.on.redis is not None:
        kit.on.redis.hear(BREAKER, partial(hear_hint, service))

    async def coming(_event: CatalogComing) -> None:
        await service.prepare()

    async def changed(_event: CatalogChanged) -> None:
        service.catalog_changed()

    return Built(
        services=(service,),
        subscriptions=(
            hears(OrdersCreated, service.created),
            awaits(CatalogComing, coming),
            awaits(CatalogChanged, changed),
        ),
        metrics=(partial(families, service, kit[CurrentCatalog]),),
    )


WIRING: Final = Wiring(
    makes=(topups, upstreams, complaints), faces=((callbacks, http.ROUTES),), build=build
)
