"""Order channels in a worker: what they ask, and how they learn what became of it."""

from collections.abc import Mapping
from typing import Final

from connectors.transport import HttpTransport
from gateway.catalog.events import CatalogChanged
from gateway.catalog.rules import CurrentCatalog
from gateway.channels import http
from gateway.channels.agiso import AgisoHouse, AgisoPushes
from gateway.channels.counter import Counter
from gateway.channels.dujiao import Dujiao
from gateway.channels.face import Face
from gateway.channels.following import Followers
from gateway.channels.goofish import Goofish
from gateway.channels.kakayun import Kakayun
from gateway.channels.kasushou import Kasushou
from gateway.channels.reading_orders import ChannelOrders
from gateway.channels.results import Channels
from gateway.channels.store import ChannelStore
from gateway.channels.supply import SupplyHouse
from gateway.channels.task_store import TaskStore
from gateway.codes.levels import StockLevels
from gateway.ground.http.public_url import public_url_of
from gateway.ground.wiring import Built, Kit, Wiring, awaits
from gateway.ledger.accounts import Accounts
from gateway.orders.cancel import Cancellation
from gateway.orders.finding import OrderDesk
from gateway.orders.place import Placement
from gateway.webhooks.guarded_client import GuardedClient


def orders(kit: Kit) -> ChannelOrders:
    """What they ordered."""
    return ChannelOrders(catalog=kit[CurrentCatalog], desk=kit[OrderDesk])


def channels(kit: Kit) -> Channels:
    """Who they are, and what is still to be told."""
    on = kit.on
    return Channels(
        channels=ChannelStore(on.pools.background),
        client=GuardedClient(on.config.webhook_allow),
        vault=on.vault,
        orders=kit[ChannelOrders],
        public_url=public_url_of(on.config),
    )


def counter(kit: Kit) -> Counter:
    """Where they buy."""
    return Counter(
        catalog=kit[CurrentCatalog],
        placement=kit[Placement],
        orders=kit[ChannelOrders],
        cancellation=kit[Cancellation],
        accounts=kit[Accounts],
        stock_levels=kit[StockLevels],
        expect_order=kit[Channels].expect_order,
        now=kit.on.clock.now,
    )


def tasks(kit: Kit) -> TaskStore:
    """What is still to be done with orders that are followed."""
    return TaskStore(kit.on.pools.background)


def followers(kit: Kit) -> Followers:
    """Those who do it."""
    transport = HttpTransport()
    return Followers(
        accounts=kit[Channels].all,
        houses={"agiso": AgisoHouse(transport), "kasushou-supply": SupplyHouse(transport)},
        tasks=kit[TaskStore],
        counter=kit[Counter],
        catalog=kit[CurrentCatalog],
        transport=transport,
    )


def calls(kit: Kit) -> http.ChannelCalls:
    """What they ask."""
    sells = kit[Counter]
    faces: Mapping[str, Face] = {
        "goofish": Goofish(sells),
        "dujiao": Dujiao(sells),
        "kasushou": Kasushou(sells),
        "kakayun": Kakayun(sells),
        "agiso": AgisoPushes(kit[TaskStore]),
    }
    return http.ChannelCalls(kit[Channels], faces, sells, kit.on.door)


def build(kit: Kit) -> Built:
    """Results are told until they are taken."""
    service = kit[Channels]

    async def changed(_event: CatalogChanged) -> None:
        await service.catalog_changed()

    return Built(
        services=(service, kit[Followers]), subscriptions=(awaits(CatalogChanged, changed),)
    )


WIRING: Final = Wiring(
    makes=(orders, channels, counter, tasks, followers), faces=((calls, http.ROUTES),), build=build
)
