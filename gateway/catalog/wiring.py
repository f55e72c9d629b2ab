"""The catalog in a worker: kept the one that is in the database."""

from functools import partial
from typing import Final

from gateway.catalog.events import CatalogChanged, CatalogComing
from gateway.catalog.keeping import CatalogHints, CatalogKeeping
from gateway.catalog.rules import CurrentCatalog
from gateway.catalog.snapshot import CatalogRead
from gateway.catalog.store import read_catalog
from gateway.ground.wiring import Built, Kit, Wiring

CATALOG: Final = "catalog"  # the topic, of the database's announcements and of hints


def build(kit: Kit) -> Built:
    """Whoever changes it says so; after a break in the connection it may have changed."""
    keeping = CatalogKeeping(
        read=partial(read_catalog, kit.on.pools.control),
        catalog=kit[CurrentCatalog],
        first=kit[CatalogRead],
        coming=kit.ask(CatalogComing),
        changed=kit.ask(CatalogChanged),
    )

    redis = kit.on.redis

    async def changed(_rest: str) -> None:
        if redis is not None:
            redis.say(CATALOG, "")
        await keeping.refresh()

    if redis is None:
        return Built(topics={CATALOG: changed}, missed=(keeping.refresh,))
    hints = CatalogHints(keeping)
    redis.hear(CATALOG, hints.hear)
    return Built(topics={CATALOG: changed}, missed=(keeping.refresh,), keeping=(hints.keep,))


WIRING: Final = Wiring(build=build)
