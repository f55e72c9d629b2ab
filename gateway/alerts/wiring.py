"""Alerts in a worker: it says what it sees, and now and then it is the one that looks."""

from functools import partial
from typing import Final

from gateway.alerts.mail import Mailer
from gateway.alerts.metrics import families
from gateway.alerts.notice_store import NoticeStore
from gateway.alerts.seen import SeenHere
from gateway.alerts.store import AlertStore
from gateway.alerts.telling import Telling
from gateway.alerts.watch import Watch
from gateway.catalog.rules import CurrentCatalog
from gateway.codes.stock import Stock
from gateway.dispatch.topups import TopUps
from gateway.ground.wiring import Built, Kit, Wiring
from gateway.webhooks.guarded_client import GuardedClient


def build(kit: Kit) -> Built:
    """Looking, and telling."""
    on = kit.on
    seen = SeenHere(
        catalog=kit[CurrentCatalog],
        stock=kit[Stock],
        topups=kit[TopUps],
        redis=on.redis,
        data=on.config.data,
        now=on.clock.now,
    )
    watch = Watch(AlertStore(on.pools.background), seen=seen, threshold=seen.threshold)
    telling = Telling(
        NoticeStore(on.pools.background),
        GuardedClient(on.config.webhook_allow),
        Mailer(on.config.webhook_allow),
        on.vault.open_secret,
    )
    return Built(keeping=(watch.run, telling.run), metrics=(partial(families, watch),))


WIRING: Final = Wiring(build=build)
