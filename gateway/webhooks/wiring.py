"""Webhooks in a worker: partners are told, and may see what they were told."""

from functools import partial
from typing import Final

from gateway.catalog.events import CatalogChanged
from gateway.catalog.rules import CurrentCatalog
from gateway.dispatch.events import WebhookMade
from gateway.ground.wiring import Built, Kit, Wiring, awaits, hears
from gateway.orders.events import OrdersCreated
from gateway.orders.ports import OrdersById
from gateway.orders.products import ProductsSeen
from gateway.partners.authentication import Gate
from gateway.webhooks import http, http_sandbox
from gateway.webhooks.guarded_client import GuardedClient
from gateway.webhooks.metrics import families
from gateway.webhooks.product_store import ProductsTold
from gateway.webhooks.product_telling import ProductTelling
from gateway.webhooks.read_store import WebhookDesk
from gateway.webhooks.store import WebhookStore
from gateway.webhooks.telling import Telling


def telling(kit: Kit) -> Telling:
    """Tells partners."""
    on = kit.on
    return Telling(
        webhooks=WebhookStore(on.pools.background, worker_id=on.worker_id, slot=on.slot),
        orders=kit[OrdersById],
        client=GuardedClient(on.config.webhook_allow),
        vault=on.vault,
        catalog=kit[CurrentCatalog],
    )


def products(kit: Kit) -> ProductTelling:
    """Tells of products that changed."""
    on = kit.on
    return ProductTelling(
        told=ProductsTold(on.pools.background, on.worker_id),
        seen=kit[ProductsSeen],
        catalog=kit[CurrentCatalog],
        now=on.clock.now,
    )


def deliveries(kit: Kit) -> http.Deliveries:
    """A partner's messages."""
    return _deliveries(kit, sandbox=False)


def deliveries_in_sandbox(kit: Kit) -> http_sandbox.SandboxDeliveries:
    """Those about the sandbox."""
    return http_sandbox.SandboxDeliveries(kit[Gate], _deliveries(kit, sandbox=True))


def _deliveries(kit: Kit, *, sandbox: bool) -> http.Deliveries:
    on = kit.on
    return http.Deliveries(
        kit[Gate],
        reads=WebhookDesk(on.pools.reads, sandbox=sandbox),
        lists=WebhookDesk(on.pools.lists, sandbox=sandbox),
        catalog=kit[CurrentCatalog],
        next_id=on.next_id,
        now=on.clock.now,
    )


def build(kit: Kit) -> Built:
    """Sends what was just committed, without waiting for a poll."""
    service, news = kit[Telling], kit[ProductTelling]

    async def changed(_event: CatalogChanged) -> None:
        await service.catalog_changed()
        news.changed()

    return Built(
        services=(service, news),
        subscriptions=(
            hears(OrdersCreated, service.created),
            hears(WebhookMade, service.made),
            awaits(CatalogChanged, changed),
        ),
        metrics=(partial(families, service.courier),),
    )


WIRING: Final = Wiring(
    makes=(telling, products),
    faces=((deliveries, http.ROUTES),),
    twins=((deliveries_in_sandbox, http_sandbox.TWINS),),
    build=build,
    messages=http.WEBHOOK_TYPES,
    shapes=(http.WebhookMessage, http.OtherMessage),
)
