"""Holds in a worker: made, confirmed, given back when their time is over."""

from functools import partial
from typing import Final

from gateway.campaigns.count_refusals import CampaignRefusals
from gateway.catalog.rules import CurrentCatalog
from gateway.codes.stock import Stock
from gateway.ground.wiring import Built, Kit, Wiring
from gateway.holds import http
from gateway.holds.confirm import Confirmation
from gateway.holds.expire import keep_expiring
from gateway.holds.hold import Holding
from gateway.holds.memory import RecentHolds
from gateway.holds.store import HoldStore
from gateway.orders.intake import Intake
from gateway.orders.place import Placement
from gateway.orders.ports import Upstreams
from gateway.orders.view import OrderViews
from gateway.partners.authentication import Gate


def holds(kit: Kit) -> http.Holds:
    """A partner's holds."""
    pools = kit.on.pools
    catalog, recent = kit[CurrentCatalog], RecentHolds()
    making, reading = HoldStore(pools.control), HoldStore(pools.reads)
    return http.Holds(
        kit[Gate],
        holding=Holding(
            catalog=catalog,
            preparing=kit[Placement],
            making=making,
            reading=reading,
            stock=kit[Stock],
            recent=recent,
            next_id=kit.on.next_id,
        ),
        confirmation=Confirmation(
            catalog=catalog,
            ordering=kit[Placement],
            taking=kit[Intake],
            buying=kit[Upstreams],
            making=making,
            reading=reading,
            recent=recent,
        ),
        making=making,
        reads=reading,
        lists=HoldStore(pools.lists),
        views=kit[OrderViews],
        catalog=catalog,
        refusals=kit[CampaignRefusals],
    )


def build(kit: Kit) -> Built:
    """Goods go back by themselves."""
    return Built(keeping=(partial(keep_expiring, HoldStore(kit.on.pools.background)),))


WIRING: Final = Wiring(faces=((holds, http.ROUTES),), build=build, messages=http.MESSAGES)
