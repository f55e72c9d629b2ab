"""What one worker knows of that a person has to look at."""

import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

from gateway.alerts.rules import Finding
from gateway.campaigns.rules import CampaignBook
from gateway.catalog.rules import CurrentCatalog
from gateway.codes.shelving import ShelfBook
from gateway.codes.stock import Stock
from gateway.dispatch.topups import TopUps
from gateway.ground.redis.link import Link
from gateway.ground.traffic.breaker import BreakerState
from gateway.settings.rules import SettingsBook

MIB: Final = 1 << 20


class SeenHere:
    """Asked again and again; each answer is what is so now."""

    def __init__(
        self,
        *,
        catalog: CurrentCatalog,
        stock: Stock,
        topups: TopUps,
        redis: Link | None,
        data: Path,
        now: Callable[[], datetime],
    ) -> None:
        self._catalog = catalog
        self._stock = stock
        self._topups = topups
        self._redis = redis
        self._data = data
        self._now = now

    def threshold(self, setting: str) -> int | None:
        """A setting in force; None: that is off."""
        return self._catalog.now.book(SettingsBook).values[setting]

    def __call__(self) -> Iterable[Finding]:
        """All of it."""
        yield from self._upstreams()
        yield from self._campaigns()
        yield from self._disk()
        if self._redis is not None and self._redis.up is False:
            detail = "does not answer; orders go on without it"
            yield Finding(kind="redis-lost", subject=self._redis.address.shown, detail=detail)

    def _upstreams(self) -> Iterator[Finding]:
        names = {each.id: each.name for each in self._catalog.now.upstreams.values()}
        for lane in self._topups.dispatcher.lanes:
            if lane.breaker.state is BreakerState.OPEN and not lane.paused:
                name = names.get(lane.upstream_id, str(lane.upstream_id))
                subject = f"{name}/{lane.product_id}"
                detail = f"no calls for now; {lane.failures} of {lane.calls} failed so far"
                yield Finding(kind="upstream-down", subject=subject, detail=detail)
        low = self.threshold("alerts.balance_minor")
        for upstream_id, left in self._topups.balances_minor.items():
            if low is not None and left < low:
                detail = f"{left} minor units are left, {low} is the mark"
                yield Finding(
                    kind="balance-low", subject=names.get(upstream_id, str(upstream_id)),
                    detail=detail,
                )  # fmt: skip

    def _campaigns(self) -> Iterator[Finding]:
        moment, view = self._now(), self._catalog.now
        shelves = view.book(ShelfBook)
        for campaign in view.book(CampaignBook).campaigns.values():
            if not campaign.is_open(moment):
                continue
            sku = view.skus_by_id[campaign.sku_id]
            outlet = shelves.outlet_for(sku, channel=None, campaign=campaign.name)
            if outlet is not None and self._stock.sold_out(outlet):
                detail = f"{sku.sku} is sold out until {campaign.ends_at:%Y-%m-%dT%H:%M:%SZ}"
                yield Finding(kind="campaign", subject=campaign.name, detail=detail)

    def _disk(self) -> Iterator[Finding]:
        least = self.threshold("alerts.disk_mib")
        try:
            free = shutil.disk_usage(self._data).free
        except OSError:
            return  # the doctor says why
        if least is not None and free < least * MIB:
            subject = f"{os.uname().nodename}:{self._data}"
            yield Finding(kind="disk", subject=subject, detail=f"{free // MIB} MiB are free")
