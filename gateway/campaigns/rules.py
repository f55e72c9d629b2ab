"""Which campaigns there are, whether one is open, and who may take part. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from gateway.catalog.rules import CLOCK_DOUBT


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """A sale of one SKU: open from `starts_at` (inclusive) to `ends_at` (exclusive), which is
    before `starts_at` where it was ended before it began. `partners` None: for all."""

    id: int
    name: str
    sku_id: int
    starts_at: datetime
    ends_at: datetime
    per_buyer: int | None
    warm_up_s: int
    partners: frozenset[int] | None

    def is_open(self, now: datetime) -> bool:
        """Whether it is open at a moment of the database's clock."""
        return self.starts_at <= now < self.ends_at

    def surely_closed(self, now: datetime) -> bool:
        """Whether no order naming it can be taken; `now` may be wrong by CLOCK_DOUBT."""
        return not self.starts_at - CLOCK_DOUBT <= now < self.ends_at + CLOCK_DOUBT

    def is_for(self, partner_id: int) -> bool:
        """Whether this partner may sell in it."""
        return self.partners is None or partner_id in self.partners


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignBook:
    """All campaigns, by name."""

    campaigns: Mapping[str, Campaign]
