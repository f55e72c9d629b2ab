"""Order channels in a worker: what they ask, and how they learn what became of it."""

from typing import Final

from gateway.catalog.events import CatalogChanged
from gateway.catalog.rules import CurrentCatalog
from gateway.channels import http
from gateway.channels.goofish import Goofish
from gateway.channels.results import Channels
from gateway.channels.store import ChannelStore
from gateway.codes.levels import StockLevels
from gateway.ground.wiring import Built, Kit, Wiring, awaits
from gateway.ledger.accounts import Accounts
from gateway.orders.finding import OrderDesk
from gateway.orders.place import Placement
from gateway.webhooks.guarded_client import GuardedClient


def channels(kit: Kit) -> Channels:
    """Who they are, and what is still to be told."""
    on = kit.on
    return Channels(
        channels=ChannelStore(on.pools.background),
        client=GuardedClient(on.config.webhook_allow),
        vault=on.vault,
        catalog=kit[CurrentCatalog],
        show=kit[OrderDesk].show,
    )


def calls(kit: Kit) -> http.ChannelCalls:
    """What they ask."""
    goofish = Goofish(
        catalog=kit[CurrentCatalog],
        placement=kit[Placement],
        desk=kit[OrderDesk],
        accounts=kit[Accounts],
        stock_levels=kit[StockLevels],
        expect_order=kit[Channels].expect_order,
        now=kit.on.clock.now,
    )
    return http.ChannelCalls(kit[Channels], goofish, kit.on.door)


def build(kit: Kit) -> Built:
    """Results are told until they are taken."""
    service = kit[Channels]

    async def changed(_event: CatalogChanged) -> None:
        await service.catalog_changed()

    return Built(services=(service,), subscriptions=(awaits(CatalogChanged, changed),))


WIRING: Final = Wiring(makes=(channels,), faces=((calls, http.ROUTES),), build=build)
