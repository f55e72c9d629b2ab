"""Campaigns in a worker: made ready before the doors open, and counted."""

from functools import partial
from typing import Final

from gateway.campaigns.metrics import families
from gateway.campaigns.warm_up import WarmUp
from gateway.catalog.events import CatalogChanged
from gateway.catalog.rules import CurrentCatalog
from gateway.codes.stock import Stock
from gateway.ground.wiring import Built, Kit, Wiring, awaits


def build(kit: Kit) -> Built:
    """It watches for campaigns that open soon."""
    catalog, stock, now = kit[CurrentCatalog], kit[Stock], kit.on.clock.now
    warm_up = WarmUp(catalog=catalog, stock=stock, now=now)

    async def changed(_event: CatalogChanged) -> None:
        warm_up.changed()

    return Built(
        keeping=(warm_up.run,),
        subscriptions=(awaits(CatalogChanged, changed),),
        metrics=(partial(families, catalog, stock, now),),
    )


WIRING: Final = Wiring(build=build)
