"""Campaigns in a worker: made ready before the doors open, and counted; their passes are judged and
issued here."""

from functools import partial
from typing import Final

from gateway.campaigns import http_passes
from gateway.campaigns.count_refusals import CampaignRefusals
from gateway.campaigns.issue_pass import PassIssuing
from gateway.campaigns.judge_pass import PassJudge
from gateway.campaigns.metrics import families
from gateway.campaigns.pass_store import WaitingRooms
from gateway.campaigns.refusal_store import RefusalStore
from gateway.campaigns.warm_up import WarmUp
from gateway.catalog.events import CatalogChanged
from gateway.catalog.rules import CurrentCatalog
from gateway.codes.stock import Stock
from gateway.ground.wiring import Built, Kit, Wiring, awaits
from gateway.partners.authentication import Gate


def passes(kit: Kit) -> PassJudge:
    """What is checked offline."""
    on = kit.on
    return PassJudge(catalog=kit[CurrentCatalog], verify=on.keyring.verify_text, now=on.clock.now)


def issued(kit: Kit) -> http_passes.Passes:
    """A waiting room for fronts that have none."""
    on = kit.on
    return http_passes.Passes(
        kit[Gate],
        catalog=kit[CurrentCatalog],
        issuing=PassIssuing(WaitingRooms(on.pools.reads)),
        sign=on.keyring.sign_text,
        now=on.clock.now,
    )


def refusals(kit: Kit) -> CampaignRefusals:
    """How often orders and holds are refused in each."""
    return CampaignRefusals(kit[CurrentCatalog], RefusalStore(kit.on.pools.background))


def build(kit: Kit) -> Built:
    """It watches for campaigns that open soon."""
    catalog, stock, now = kit[CurrentCatalog], kit[Stock], kit.on.clock.now
    warm_up = WarmUp(catalog=catalog, stock=stock, now=now)

    async def changed(_event: CatalogChanged) -> None:
        warm_up.changed()

    return Built(
        services=(kit[CampaignRefusals],),
        keeping=(warm_up.run,),
        subscriptions=(awaits(CatalogChanged, changed),),
        metrics=(partial(families, catalog, stock, now),),
    )


WIRING: Final = Wiring(makes=(passes, refusals), faces=((issued, http_passes.ROUTES),), build=build)
