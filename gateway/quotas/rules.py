"""What quotas there are, and what an order asks of them. Pure.

A quota counts units (pieces) by subject and window. Which window an order falls in, what is left
and whether that suffices, the commit decides; here is decided which quotas are asked, and for whom.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import Final

import orjson

from gateway.ground.http.address import read_address


class Per(StrEnum):
    """Whom a quota counts; SQL's words, too."""

    BUYER = "buyer"  # of a partner
    DEVICE = "device"  # this and the next two whoever the partner is
    IP = "ip"
    RECIPIENT = "recipient"  # the account of a top-up
    PARTNER = "partner"
    TOTAL = "total"  # everybody together


class Window(StrEnum):
    """Within what time; SQL's words, too. Days and hours of what is counted of a partner are those
    of its zone, all others of UTC."""

    EVER = "ever"
    DAY = "day"
    HOUR = "hour"
    CAMPAIGN = "campaign"  # each campaign by itself; orders of none are not counted


LASTS: Final[Mapping[Window, timedelta]] = {
    Window.DAY: timedelta(days=1),
    Window.HOUR: timedelta(hours=1),
}
_OF_A_PARTNER: Final = frozenset({Per.BUYER, Per.PARTNER})
_FOR_EVER: Final = timedelta(days=10**6)
_EPOCH: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """So many units (`most`) for each subject, in each window."""

    id: int
    name: str
    per: Per
    window: Window
    most: int

    def resets_at(self, now: datetime, zone: tzinfo) -> datetime | None:
        """When the window that `now` lies in ends, for a partner of this zone; None: never."""
        lasts = LASTS.get(self.window)
        if lasts is None:
            return None
        local = now.astimezone(zone if self.per in _OF_A_PARTNER else UTC)
        if self.window is Window.DAY:
            tomorrow = datetime.combine(local.date() + lasts, time(), local.tzinfo)
            return tomorrow.astimezone(UTC)
        east = local.utcoffset() or timedelta()
        return now + lasts - (now - _EPOCH + east) % lasts


@dataclass(frozen=True, slots=True, kw_only=True)
class Buying:
    """What quotas need to know of who buys; None: the order does not say."""

    partner_id: int
    campaign: str | None = None
    buyer_id: str | None = None
    device: str | None = None
    ip: str | None = None
    account: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaBook:
    """All quotas that count, and which of them an order asks, those that never begin anew first."""

    of_sku: Mapping[int, Sequence[Quota]] = field(default_factory=dict)  # on it, above it, on all
    of_campaign: Mapping[str, Sequence[Quota]] = field(default_factory=dict)  # and its SKU's
    by_id: Mapping[int, Quota] = field(default_factory=dict)

    def quotas_of(self, sku_id: int, campaign: str | None) -> Sequence[Quota]:
        """Those that an order asks."""
        found = self.of_campaign.get(campaign) if campaign is not None else None
        return self.of_sku.get(sku_id, ()) if found is None else found


def in_order(quotas: Sequence[Quota]) -> Sequence[Quota]:
    """As they are asked: of several that refuse the first is named, and it had better be the one
    that is over for longest."""
    return sorted(quotas, key=lambda quota: (-LASTS.get(quota.window, _FOR_EVER), quota.id))


def is_counted(quotas: Sequence[Quota], campaign: str | None) -> bool:
    """Whether one of these counts a total for an order in this campaign (None: in none): that is
    the stock of what has no codes."""
    return any(
        quota.per is Per.TOTAL and (quota.window is not Window.CAMPAIGN or campaign is not None)
        for quota in quotas
    )


def subject_of(quota: Quota, buying: Buying) -> str | None:
    """Whom the quota counts this for; None: the order does not say who that is."""
    subject: str | None
    match quota.per:
        case Per.BUYER:
            buyer = buying.buyer_id
            subject = None if buyer is None else f"{buying.partner_id} {buyer}"
        case Per.DEVICE:
            subject = buying.device
        case Per.IP:
            # One spelling for an address: 2001:DB8::1 and 2001:db8:0::1 are the same.
            address = None if buying.ip is None else read_address(buying.ip)
            subject = None if address is None else str(address)
        case Per.RECIPIENT:
            subject = buying.account
        case Per.PARTNER:
            subject = str(buying.partner_id)
        case Per.TOTAL:
            subject = ""
    if subject is None or quota.window is not Window.CAMPAIGN:
        return subject
    return f"{buying.campaign} {subject}" if subject else buying.campaign


def asks(quotas: Sequence[Quota], buying: Buying) -> str | Per | None:
    """What an order asks, as the commit reads it: JSON `[[quota id, subject], …]`; None: nothing.

    A Per: some quota counts by that, and the order does not say it.
    """
    asked: list[tuple[int, str]] = []
    for quota in quotas:
        if quota.window is Window.CAMPAIGN and buying.campaign is None:
            continue
        subject = subject_of(quota, buying)
        if subject is None:
            return quota.per
        asked.append((quota.id, subject))
    return orjson.dumps(asked).decode() if asked else None
