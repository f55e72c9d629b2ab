"""The sandbox in a worker: twins of what partners may ask."""

from typing import Final

from gateway.catalog.events import CatalogComing
from gateway.catalog.snapshot import CatalogRead
from gateway.ground.wiring import Built, Kit, Wiring, awaits
from gateway.partners.authentication import Gate
from gateway.sandbox import http, http_reads
from gateway.sandbox.place import SandboxPlacement
from gateway.sandbox.sealing import SandboxSeals
from gateway.sandbox.store import SandboxStore


def seals(kit: Kit) -> SandboxSeals:
    """Seals codes."""
    made = SandboxSeals(kit.on.vault)
    made.take(kit[CatalogRead].secrets)
    return made


def placement(kit: Kit) -> SandboxPlacement:
    """Places orders."""
    on = kit.on
    store = SandboxStore(on.pools.lists)
    return SandboxPlacement(store, kit[SandboxSeals], now=on.clock.now, next_ids=on.next_ids)


def placing(kit: Kit) -> http.SandboxPlacing:
    """One order, or many."""
    return http.SandboxPlacing(kit[Gate], kit[SandboxPlacement])


def reading(kit: Kit) -> http_reads.SandboxReading:
    """What there is."""
    on = kit.on
    store = SandboxStore(on.pools.lists)
    return http_reads.SandboxReading(kit[Gate], store, kit[SandboxPlacement], on.clock.now)


def build(kit: Kit) -> Built:
    """Keys work before a catalog names them."""
    held = kit[SandboxSeals]

    async def coming(event: CatalogComing) -> None:
        held.take(event.keys)

    return Built(subscriptions=(awaits(CatalogComing, coming),))


WIRING: Final = Wiring(
    makes=(seals, placement),
    twins=((placing, http.TWINS), (reading, http_reads.TWINS)),
    build=build,
)
