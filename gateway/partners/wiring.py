"""Partners in a worker: who asks, and may they."""

from functools import partial
from pathlib import Path
from typing import Final

import structlog

from gateway.catalog.events import CatalogComing
from gateway.catalog.rules import CurrentCatalog
from gateway.catalog.snapshot import CatalogRead
from gateway.ground.config import Config
from gateway.ground.native import RateLimiter
from gateway.ground.wiring import Built, Kit, Wiring, awaits
from gateway.partners.authentication import Gate
from gateway.partners.held_keys import HeldKeys
from gateway.partners.refusals import Refusals, share_refusals
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
        limiter=make_limiter(kit.on.config),
        nonces=UsedNonces(kit.on.pools.reads),
        refusals=kit[Refusals],
        door=kit.on.door,
    )


def make_limiter(config: Config) -> RateLimiter:
    """Rate limits, shared with the other workers of this node where that can be."""
    run = Path(config.data) / "run"
    try:
        run.mkdir(parents=True, exist_ok=True, mode=0o700)
        return RateLimiter.shared(str(run / "rate-limits"), LIMITER_SLOTS)
    except OSError as error:
        log.warning("worker.limits_not_shared", error=str(error))
        return RateLimiter.local(LIMITER_SLOTS)


def build(kit: Kit) -> Built:
    """Keys work before a catalog names them."""
    on = kit.on
    held = HeldKeys(on.keyring, on.vault)
    held.take(kit[CatalogRead].secrets)

    async def coming(event: CatalogComing) -> None:
        held.take(event.keys)

    return Built(
        subscriptions=(awaits(CatalogComing, coming),),
        keeping=(partial(share_refusals, kit[Refusals], on.config.data, on.slot),),
    )


WIRING: Final = Wiring(makes=(refusals, gate), build=build)
