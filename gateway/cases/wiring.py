"""Cases in a worker: opened, read and withdrawn by partners; platforms are asked."""

from functools import partial
from typing import Final

from gateway.cases import http
from gateway.cases.ask_upstreams import keep_asking
from gateway.cases.asking_store import AskingStore
from gateway.cases.metrics import OpenedCases, families
from gateway.cases.store import CaseStore
from gateway.dispatch.complaints import Complaints
from gateway.ground.wiring import Built, Keeper, Kit, Wiring
from gateway.partners.authentication import Gate


def opened(_kit: Kit) -> OpenedCases:
    """What partners opened."""
    return OpenedCases()


def cases(kit: Kit) -> http.Cases:
    """A partner's cases."""
    pools, vault = kit.on.pools, kit.on.vault
    return http.Cases(
        kit[Gate],
        making=CaseStore(pools.control, vault),
        reads=CaseStore(pools.reads, vault),
        lists=CaseStore(pools.lists, vault),
        opened=kit[OpenedCases],
    )


def build(kit: Kit) -> Built:
    """Platforms are asked by one worker of a node."""
    keeping: list[Keeper] = []
    if kit.on.place == 0:
        asking = AskingStore(kit.on.pools.background)
        keeping.append(partial(keep_asking, asking, kit[Complaints]))
    return Built(keeping=keeping, metrics=(partial(families, kit[OpenedCases]),))


WIRING: Final = Wiring(
    makes=(opened,),
    faces=((cases, http.ROUTES),),
    build=build,
    messages=http.MESSAGES,
)
