"""Which shelf an order sells from. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from gateway.catalog.rules import Sku
from gateway.codes.outlet import outlet_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Sellers:
    """The shelves of one pool that somebody sells from: by campaign, by channel, by SKU."""

    campaigns: dict[str, int] = field(default_factory=dict)
    channels: dict[str, int] = field(default_factory=dict)
    skus: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShelfBook:
    """Who sells from which open shelf, by pool id; where no pool is named, all sell from `main`."""

    divided: Mapping[int, Sellers]
    next_end: datetime | None  # when the first of the open shelves ends
    names: Mapping[int, str]  # of open shelves, for the log: pool/shelf

    def outlet_for(self, sku: Sku, *, channel: str | None, campaign: str | None) -> int | None:
        """What an order takes its codes from: its campaign's shelf, then its channel's, its SKU's,
        `main`. None: it takes none from stock."""
        pool_id = sku.pool_id
        if pool_id is None:
            return None
        sellers = self.divided.get(pool_id)
        if sellers is None:
            return outlet_of(pool_id, sku.min_life_days)
        shelf_id = None if campaign is None else sellers.campaigns.get(campaign)
        if shelf_id is None and channel is not None:
            shelf_id = sellers.channels.get(channel)
        if shelf_id is None:
            shelf_id = sellers.skus.get(sku.sku, pool_id)
        return outlet_of(shelf_id, sku.min_life_days)
