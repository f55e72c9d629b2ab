"""Codes in a worker: what it has leased, and how it comes by more."""

from collections.abc import Mapping
from contextlib import nullcontext
from functools import partial
from typing import Any, Final

import msgspec

from gateway.catalog.events import CatalogChanged
from gateway.catalog.rules import CurrentCatalog
from gateway.codes import desk
from gateway.codes.corrupt import find_corrupt
from gateway.codes.lease_keeping import LeaseKeeping
from gateway.codes.lease_losses import LeaseLosses
from gateway.codes.lease_store import LeaseStore
from gateway.codes.level_store import StockLevelStore
from gateway.codes.levels import StockLevels
from gateway.codes.metrics import families
from gateway.codes.run_upload import OpenFile, UploadedImports
from gateway.codes.shelf_ending import ShelfEnding
from gateway.codes.shelving import ShelfBook
from gateway.codes.stock import Stock
from gateway.codes.upload_store import UploadStore, note_batch
from gateway.ground.desk.action import Change
from gateway.ground.desk.administration import Transaction
from gateway.ground.desk.given import kept
from gateway.ground.desk.job import Site
from gateway.ground.desk.opening import Desk
from gateway.ground.desk.perform import write_down
from gateway.ground.footing import Footing
from gateway.ground.native import Allocator
from gateway.ground.sql.connecting import create_pool
from gateway.ground.sql.database import Database
from gateway.ground.sql.replica import LaggingReads
from gateway.ground.telemetry import name_things
from gateway.ground.wiring import Built, Kit, Wiring, awaits

CONNECTIONS: Final = 3  # of an import: it reads and copies at the same time


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
    on = kit.on
    reads = LaggingReads(
        on.pools.replica,
        on.pools.reads,
        now=on.clock.now,
        behind_s_max=on.config.replica_lag_s,
    )
    return StockLevels(StockLevelStore(reads))


def uploads(kit: Kit) -> UploadedImports:
    """What operators upload, imported by one worker of each node."""
    on = kit.on
    store = UploadStore(on.pools.background, on.worker_id)
    return UploadedImports(store, on.vault.open_secret, partial(import_uploaded, on))


async def import_uploaded(on: Footing, file: OpenFile) -> Mapping[str, Any]:
    """Over connections of its own, as a command has them: it may take minutes."""
    taken = file.taken
    given = msgspec.json.decode(taken.given, type=desk.Import)
    change = Change(
        actor=taken.made_by, whence=taken.whence, reason=taken.reason, person=taken.person,
        permissions=frozenset(), how=msgspec.json.decode(taken.how),
    )  # fmt: skip

    async def note(db: Transaction, after: Mapping[str, Any]) -> None:
        await note_batch(db, taken.id, int(after["batch"]["id"]))
        after = {**after, "import": str(taken.id)}
        await write_down(db, change, "codes.import", taken.pool, given=kept(given), after=after)

    pool = await create_pool(on.dsn, on.config, CONNECTIONS)
    try:
        opened = Desk(config=on.config, database=Database(dsn=on.dsn, pool=pool, embedded=None))
        site = Site(config=on.config, asker=file.asker, open=lambda: nullcontext(opened), note=note)
        return await desk.import_given(
            site, given, file=str(file.path), name=taken.file, report=None, verdicts=file.verdicts
        )
    finally:
        pool.terminate()


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

    imports = kit[UploadedImports]

    async def uploaded(_rest: str) -> None:
        imports.came()

    importing = (imports.keep_importing,) if on.place == 0 else ()
    return Built(
        keeping=(keeping.run, ending.run, *importing),
        topics={"pool": came, "shelf": came, "recall": wanted, "import": uploaded},
        subscriptions=(awaits(CatalogChanged, changed),),
        missed=(missed,),
        metrics=(partial(families, held, kit[LeaseLosses]),),
    )


WIRING: Final = Wiring(makes=(allocator, leases, stock, levels, uploads), build=build)
