"""When a campaign is open, and when workers make ready for it."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.campaigns.rules import Campaign, CampaignBook

DOORS = datetime(2026, 11, 11, tzinfo=UTC)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def campaign(*, ends_at: datetime = DOORS + HOUR, warm_up_s: int = 60) -> Campaign:
    """One that opens at DOORS."""
    return Campaign(
        id=1, name="c", sku_id=1, starts_at=DOORS, ends_at=ends_at, per_buyer=None,
        warm_up_s=warm_up_s, partners=None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("made", "moment", "warm", "open_"),
    [
        (campaign(), DOORS - MINUTE - timedelta(microseconds=1), False, False),
        (campaign(), DOORS - MINUTE, True, False),
        (campaign(), DOORS - timedelta(microseconds=1), True, False),
        (campaign(), DOORS, False, True),
        (campaign(), DOORS + HOUR - timedelta(microseconds=1), False, True),
        (campaign(), DOORS + HOUR, False, False),
        (campaign(warm_up_s=0), DOORS - MINUTE, False, False),
        (campaign(ends_at=DOORS - HOUR), DOORS - MINUTE, False, False),  # ended before it began
        (campaign(ends_at=DOORS - HOUR), DOORS, False, False),
    ],
)
def test_to_the_instant(made: Campaign, moment: datetime, warm: bool, open_: bool) -> None:
    """The start belongs to it, the end does not; the warm-up ends where it begins."""
    book = CampaignBook(campaigns={made.name: made})
    assert (list(book.warming(moment)), made.is_open(moment)) == ([made] if warm else [], open_)
    coming = moment < made.warms_at
    assert book.next_warm_up(moment) == (made.warms_at if coming else None)
