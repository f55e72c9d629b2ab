"""Codes in a worker: what it has leased, and how it comes by more."""

from functools import partial
from typing import Final

from gateway.catalog.events import CatalogChanged
from gateway.catalog.rules import CurrentCatalog
from gateway.codes.corrupt import find_corrupt
from gateway.codes.lease_keeping import LeaseKeeping
from gateway.codes.lease_losses import LeaseLosses
from gateway.codes.lease_store import LeaseStore
from gateway.codes.level_store import StockLevelStore
from gateway.codes.levels import StockLevels
from gateway.codes.metrics import families
from gateway.codes.shelf_ending import ShelfEnding
from gateway.codes.shelving import ShelfBook
from gateway.codes.stock import Stock
from gateway.ground.native import Allocator
from gateway.ground.telemetry import name_things
from gateway.ground.wiring import Built, Kit, Wiring, awaits


def allocator(_kit: Kit) -> Allocator:
    """Leased codes, in the native core."""
    return Allocator()


def leases(kit: Kit) -> LeaseStore:
    """This worker's leases."""
    on = kit.on
    return LeaseStore(
        on.pools.control,
        worker_id=on.worker_id,
        slot=on.slot,
        ttl_s=on.config.lease_ttl_s,
        losses=kit[LeaseLosses],
    )


def stock(kit: Kit) -> Stock:
    """What it can sell."""
    return Stock(
        allocator=kit[Allocator],
        leases=kit[LeaseStore],
        find_corrupt=partial(find_corrupt, kit.on.vault),
    )


def levels(kit: Kit) -> StockLevels:
    """How much there is, for partners."""
    return StockLevels(StockLevelStore(kit.on.pools.reads))


def build(kit: Kit) -> Built:
    """Leases are renewed; other workers' news of codes is heard."""
    on, held = kit.on, kit[Stock]
    keeping = LeaseKeeping(leases=kit[LeaseStore], stock=held, ttl_s=on.config.lease_ttl_s)

    async def came(shelf_id: str) -> None:  # a pool's id is that of its main shelf
        held.announce_shelf(int(shelf_id))

    async def wanted(rest: str) -> None:
        shelf_id, asking, outlet = (*rest.split(":"), "")[:3]  # an older release names no outlet
        if asking != str(on.worker_id):
            await held.give_back_shelf(int(shelf_id), None)
        elif outlet:
            await held.give_back_shelf(int(shelf_id), int(outlet))

    catalog = kit[CurrentCatalog]

    ending = ShelfEnding(
        catalog=catalog, close=kit[LeaseStore].close_ended_shelves, now=on.clock.now
    )

    def look_at() -> None:
        ending.changed()
        name_things({"shelf": catalog.now.book(ShelfBook).names})

    async def changed(_event: CatalogChanged) -> None:
        look_at()

    look_at()

    async def missed() -> None:
        held.announce_all()

    return Built(
        keeping=(keeping.run, ending.run),
        topics={"pool": came, "shelf": came, "recall": wanted},
        subscriptions=(awaits(CatalogChanged, changed),),
        missed=(missed,),
        metrics=(partial(families, held, kit[LeaseLosses]),),
    )


WIRING: Final = Wiring(makes=(allocator, leases, stock, levels), build=build)
