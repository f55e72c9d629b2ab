"""Which campaigns there are, whether one is open, and who may take part. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

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
    new_buyers: bool = False  # only for buyers who never bought; the commit decides
    room_id: int | None = None  # of its waiting room, if it wants passes

    def is_open(self, now: datetime) -> bool:
        """Whether it is open at a moment of the database's clock."""
        return self.starts_at <= now < self.ends_at

    def surely_closed(self, now: datetime) -> bool:
        """Whether no order naming it can be taken; `now` may be wrong by CLOCK_DOUBT."""
        return not self.starts_at - CLOCK_DOUBT <= now < self.ends_at + CLOCK_DOUBT

    @property
    def warms_at(self) -> datetime:
        """From when on workers make ready."""
        return self.starts_at - timedelta(seconds=self.warm_up_s)

    def is_for(self, partner_id: int) -> bool:
        """Whether this partner may sell in it."""
        return self.partners is None or partner_id in self.partners


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignBook:
    """All campaigns, by name."""

    campaigns: Mapping[str, Campaign]

    def warming(self, now: datetime) -> Iterator[Campaign]:
        """Those whose doors open soon, and are to be made ready for."""
        for each in self.campaigns.values():
            if each.warms_at <= now < each.starts_at < each.ends_at:
                yield each

    def next_warm_up(self, now: datetime) -> datetime | None:
        """When the next one is to be made ready for; None: none is."""
        times = (each.warms_at for each in self.campaigns.values() if now < each.warms_at)
        return min(times, default=None)
