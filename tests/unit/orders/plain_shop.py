"""A shop in memory whose SKUs are sold as plainly as can be."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from gateway.catalog.rules import Catalog, Key, Sku, SkuKind
from gateway.codes.shelving import ShelfBook
from gateway.prices.rules import PriceBook, Priced, PriceList
from gateway.quotas.rules import Per, Quota, QuotaBook, Window

MOMENT = "2026-11-30T08:00:00.123456Z"
KEY = Key(
    key_id="qk_1", partner_id=7, scopes=frozenset(), allow_ips=(), rate_per_s=None,
    expires_at=None, reads_codes=False,
)  # fmt: skip


class Sold(NamedTuple):
    """A SKU and what is counted of it."""

    sku: Sku
    quotas: Sequence[Quota]


def sku(
    id_: int, name: str, *, quotas: Sequence[tuple[int, Per]] = (), quantity_max: int | None = None
) -> Sold:
    """A SKU with codes in a pool of its own number, for 199 each."""
    return Sold(
        Sku(
            id=id_, sku=name, name=name, kind=SkuKind.CODE, pool_id=id_, price_minor=199,
            currency="CNY", face_value_minor=None, account_rule=None, per_buyer=None, low_stock=0,
            offered_to_all=True, on_sale=True, updated_at=datetime(2026, 1, 1, tzinfo=UTC),
            quantity_max=quantity_max,
        ),
        [Quota(id=n, name="q", per=per, window=Window.DAY, most=9) for n, per in quotas],
    )  # fmt: skip


def shop(*sold: Sold) -> Catalog:
    """What partner 7 finds."""
    return Catalog(
        keys={KEY.key_id: KEY},
        skus={one.sku.sku: one.sku for one in sold},
        skus_by_id={one.sku.id: one.sku for one in sold},
        upstreams={},
        webhook_partners=frozenset(),
        partner_names={7: "p"},
        books={
            PriceBook: PriceBook({one.sku.id: PriceList(Priced(199)) for one in sold}),
            QuotaBook: QuotaBook(of_sku={one.sku.id: one.quotas for one in sold}),
            ShelfBook: ShelfBook(divided={}, next_end=None, names={}),
        },
    )
