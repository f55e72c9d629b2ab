"""Quotas in a worker: what was had is looked up, and young ones are settled by one of each node."""

from functools import partial
from typing import Final

from gateway.ground.wiring import Built, Keeper, Kit, Wiring
from gateway.quotas.keeping import keep_settling
from gateway.quotas.left import WhatIsLeft
from gateway.quotas.store import QuotaStore


def left(kit: Kit) -> WhatIsLeft:
    """For readers."""
    return WhatIsLeft(QuotaStore(kit.on.pools.reads).counts)


def build(kit: Kit) -> Built:
    """The orders that passed before every worker asked."""
    on = kit.on
    keeping: list[Keeper] = []
    if on.place == 0:
        keeping.append(partial(keep_settling, QuotaStore(on.pools.background).settle))
    return Built(keeping=keeping)


WIRING: Final = Wiring(makes=(left,), build=build)
