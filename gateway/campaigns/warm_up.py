"""Making ready before the doors open: each worker holds codes of a campaign, in memory, before
the first order comes. Nothing of it can be bought or seen until then.
"""

import asyncio
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final

from gateway.campaigns.rules import Campaign, CampaignBook
from gateway.catalog.rules import Catalog, CurrentCatalog
from gateway.codes.shelving import ShelfBook
from gateway.codes.stock import Stock

AGAIN_S: Final = 5.0  # between two looks, at most


class WarmUp:
    """One worker's watch; `now` is the database's clock."""

    def __init__(
        self,
        *,
        catalog: CurrentCatalog,
        stock: Stock,
        now: Callable[[], datetime],
    ) -> None:
        self._catalog = catalog
        self._stock = stock
        self._now = now
        self._changed = asyncio.Event()

    def changed(self) -> None:
        """Another catalog is in force: there may be more to make ready."""
        self._changed.set()

    async def run(self) -> None:
        """Make ready for what opens soon, and stay so until it opens; until cancelled."""
        while True:
            self._changed.clear()
            catalog, now = self._catalog.now, self._now()
            book = catalog.book(CampaignBook)
            self._stock.kept = frozenset(outlets(catalog, book.warming(now)))
            for outlet in self._stock.kept:
                if not self._stock.claimable(outlet):
                    await self._stock.refill(outlet)
            warms_at = book.next_warm_up(now)
            until_next_s = AGAIN_S if warms_at is None else (warms_at - now).total_seconds()
            try:
                async with asyncio.timeout(min(AGAIN_S, until_next_s)):
                    await self._changed.wait()
            except TimeoutError:
                continue


def outlets(catalog: Catalog, campaigns: Iterator[Campaign]) -> Iterator[int]:
    """What orders of these campaigns take their codes from."""
    shelves = catalog.book(ShelfBook)
    for campaign in campaigns:
        sku = catalog.skus_by_id[campaign.sku_id]
        outlet = shelves.outlet_for(sku, channel=None, campaign=campaign.name)
        if outlet is not None:
            yield outlet
