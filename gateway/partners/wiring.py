"""Partners in a worker: who asks, and may they."""

import time
from functools import partial
from pathlib import Path
from typing import Final

import structlog

from gateway.catalog.events import CatalogComing
from gateway.catalog.rules import CurrentCatalog
from gateway.catalog.snapshot import CatalogRead
from gateway.ground.native import RateLimiter
from gateway.ground.wiring import Built, Kit, Wiring, awaits
from gateway.partners.authentication import Gate
from gateway.partners.held_keys import HeldKeys
from gateway.partners.metrics import families
from gateway.partners.nonces import RememberedNonces
from gateway.partners.refusals import Refusals, share_refusals
from gateway.partners.shared_rates import SharedRates
from gateway.partners.store import UsedNonces

log = structlog.get_logger()

LIMITER_SLOTS: Final = 65_536


def refusals(_kit: Kit) -> Refusals:
    """What was refused, for the operator."""
    return Refusals()


def gate(kit: Kit) -> Gate:
    """What every signed request passes."""
    return Gate(
        catalog=kit[CurrentCatalog],
        keyring=kit.on.keyring,
        limiter=kit[RateLimiter],
        nonces=RememberedNonces(UsedNonces(kit.on.pools.reads), kit.on.redis),
        refusals=kit[Refusals],
        door=kit.on.door,
    )


def limiter(kit: Kit) -> RateLimiter:
    """Rate limits, shared with the other workers of this node where that can be."""
    counting = kit.on.redis is not None
    file = Path(kit.on.config.data) / "run" / "rate-limits"
    knows = file.exists()
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        limits = RateLimiter.shared(str(file), LIMITER_SLOTS, counting=counting)
    except OSError as error:
        log.warning("worker.limits_not_shared", error=str(error))
        limits = RateLimiter.local(LIMITER_SLOTS, counting=counting)
    if kit.on.nodes.count > 1 and not knows:
        limits.empty(time.monotonic_ns())  # the others had the burst until now
    return limits


def shared_rates(kit: Kit) -> SharedRates:
    """Rate limits over all nodes."""
    return SharedRates(kit[RateLimiter], kit.on.nodes, kit.on.redis)


def build(kit: Kit) -> Built:
    """Keys work before a catalog names them."""
    on = kit.on
    held = HeldKeys(on.keyring, on.vault)
    held.take(kit[CatalogRead].secrets)

    rates = kit[SharedRates]
    if on.redis is not None:
        on.redis.take(rates)

    async def coming(event: CatalogComing) -> None:
        held.take(event.keys)

    return Built(
        subscriptions=(awaits(CatalogComing, coming),),
        keeping=(partial(share_refusals, kit[Refusals], on.config.data, on.slot), rates.keep),
        metrics=() if on.redis is None else (partial(families, rates),),
    )


WIRING: Final = Wiring(makes=(refusals, limiter, shared_rates, gate), build=build)
