"""Counting who is refused in a campaign: nothing grows, and nothing is forgotten."""

from collections.abc import Mapping
from datetime import UTC, datetime

from gateway.campaigns.count_refusals import CampaignRefusals
from gateway.campaigns.rules import Campaign, CampaignBook
from gateway.catalog.rules import Catalog, CurrentCatalog
from gateway.ground.errors import StoreUnavailableError

SALE = Campaign(
    id=7, name="1111", sku_id=1, starts_at=datetime(2026, 11, 11, tzinfo=UTC),
    ends_at=datetime(2026, 11, 12, tzinfo=UTC), per_buyer=None, warm_up_s=0, partners=None,
)  # fmt: skip


class Counts:
    """Keeps what it is told; `away`: it cannot be told."""

    def __init__(self) -> None:
        self.told: list[Mapping[tuple[int, str], int]] = []
        self.away = False

    async def add(self, counts: Mapping[tuple[int, str], int]) -> None:
        """As the store does."""
        if self.away:
            raise StoreUnavailableError("away")
        self.told.append(dict(counts))


def counting() -> tuple[CampaignRefusals, Counts]:
    """Of a catalog with one campaign."""
    catalog = Catalog(
        keys={}, skus={}, skus_by_id={}, upstreams={}, webhook_partners=frozenset(),
        partner_names={}, books={CampaignBook: CampaignBook(campaigns={"1111": SALE})},
    )  # fmt: skip
    counts = Counts()
    return CampaignRefusals(CurrentCatalog(catalog), counts), counts


async def test_only_campaigns_there_are_have_counts() -> None:
    """Names that anybody makes up leave nothing behind, nor does an order without one; where
    nothing was refused nothing is told.

    Seen red with names counted as they came.
    """
    refusals, counts = counting()
    for n in range(100):
        refusals.count(f"made-up-{n}", "campaign-closed")
    refusals.count(None, "sold-out")
    await refusals.tell()
    assert counts.told == []
    for _ in range(3):
        refusals.count("1111", "sold-out")
    refusals.count("1111", "purchase-limit")
    await refusals.tell()
    await refusals.tell()
    assert counts.told == [{(7, "sold-out"): 3, (7, "purchase-limit"): 1}]


async def test_what_could_not_be_told_is_told_later() -> None:
    """With what came meanwhile, once; the last ones when the worker ends.

    Seen red with what failed thrown away.
    """
    refusals, counts = counting()
    await refusals.start()
    refusals.count("1111", "sold-out")
    counts.away = True
    await refusals.tell()
    counts.away = False
    refusals.count("1111", "sold-out")
    refusals.count("1111", "busy")
    await refusals.stop()
    assert counts.told == [{(7, "sold-out"): 2, (7, "busy"): 1}]
