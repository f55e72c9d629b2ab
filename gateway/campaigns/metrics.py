"""What one worker says about campaigns: those that are not long over."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Final

from gateway.campaigns.rules import CampaignBook
from gateway.catalog.rules import CurrentCatalog
from gateway.codes.shelving import ShelfBook
from gateway.codes.stock import Stock
from gateway.ground.metric_family import Family

SHOWN_FOR: Final = timedelta(hours=1)  # after its end


def families(
    catalog: CurrentCatalog, stock: Stock, now: Callable[[], datetime]
) -> Iterator[Family]:
    """Whether each is open, and whether what it sells from is proved empty."""
    moment, view = now(), catalog.now
    shelves, opened, empty = view.book(ShelfBook), [], []
    for campaign in view.book(CampaignBook).campaigns.values():
        if moment >= campaign.ends_at + SHOWN_FOR:
            continue
        opened.append(([campaign.name], float(campaign.is_open(moment))))
        sku = view.skus_by_id[campaign.sku_id]
        outlet = shelves.outlet_for(sku, channel=None, campaign=campaign.name)
        if outlet is not None:
            empty.append(([campaign.name], float(stock.sold_out(outlet))))
    yield Family(
        "gauge",
        "quangate_campaign_open",
        "Whether a campaign is open: 1 within its window. It has no sample an hour after its end.",
        ["campaign"],
        opened,
    )
    yield Family(
        "gauge",
        "quangate_campaign_sold_out",
        "Whether what a campaign sells from is proved empty, as far as this worker knows.",
        ["campaign"],
        empty,
    )
