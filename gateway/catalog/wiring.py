"""The catalog in a worker: kept the one that is in the database."""

from functools import partial
from typing import Final

from gateway.catalog.events import CatalogChanged, CatalogComing
from gateway.catalog.keeping import CatalogKeeping
from gateway.catalog.rules import CurrentCatalog
from gateway.catalog.snapshot import CatalogRead
from gateway.catalog.store import read_catalog
from gateway.ground.wiring import Built, Kit, Wiring


def build(kit: Kit) -> Built:
    """Whoever changes it says so; after a break in the connection it may have changed."""
    keeping = CatalogKeeping(
        read=partial(read_catalog, kit.on.pools.control),
        catalog=kit[CurrentCatalog],
        first=kit[CatalogRead],
        coming=kit.ask(CatalogComing),
        changed=kit.ask(CatalogChanged),
    )

    async def changed(_rest: str) -> None:
        await keeping.refresh()

    return Built(topics={"catalog": changed}, missed=(keeping.refresh,))


WIRING: Final = Wiring(build=build)
