"""Which SKUs are sold so plainly that their lines need no look at each."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from gateway.catalog.rules import Catalog, SkuKind
from gateway.ground.native import PlainLines
from gateway.orders.plain_batch import plain_batch
from gateway.prices.rules import PriceBook, Priced, PriceList
from gateway.quotas.rules import Per, Quota, QuotaBook, Window
from tests.unit.orders.plain_shop import KEY, shop, sku

CATALOG = shop(sku(1, "PLAIN"))
SKU = CATALOG.skus["PLAIN"]


def changed(**changes: Any) -> Catalog:
    """The shop with that SKU changed."""
    return replace(CATALOG, skus={"PLAIN": replace(SKU, **changes)})


def with_prices(prices: PriceList) -> Catalog:
    """The shop with these prices."""
    return replace(CATALOG, books={**CATALOG.books, PriceBook: PriceBook({SKU.id: prices})})


def counted(per: Per) -> Catalog:
    """The shop with something counted."""
    quota = Quota(id=3, name="q", per=per, window=Window.EVER, most=1)
    return replace(CATALOG, books={**CATALOG.books, QuotaBook: QuotaBook(of_sku={SKU.id: [quota]})})


@pytest.mark.parametrize(
    "catalog",
    [
        replace(CATALOG, sales_closed=True),
        replace(CATALOG, webhook_partners=frozenset({7})),
        replace(CATALOG, skus={}),
        changed(on_sale=False),
        changed(offered_to_all=False, offers=frozenset({8})),
        changed(pool_id=None),
        changed(kind=SkuKind.TOPUP),
        changed(purchase_pool_id=4),
        changed(quantity_max=1),
        with_prices(PriceList(Priced(199, sound=False))),
        with_prices(PriceList(Priced(199, since=datetime(2027, 1, 1, tzinfo=UTC)))),
        with_prices(PriceList(Priced(199, until=datetime(2027, 1, 1, tzinfo=UTC)))),
        with_prices(PriceList(Priced(199), rows=(cast("Any", "a row"),))),
        *(counted(per) for per in Per),
    ],
)
def test_what_a_rule_has_to_look_at(catalog: Catalog) -> None:
    """What depends on more than the SKU, or would be refused, is no plain batch. Seen red with each
    condition taken away, but for `pool_id`, which a shelf needs too,
    and the SKU that is not there."""
    lines = PlainLines.read(b'{"orders":[{"out_order_no":"a","sku":"PLAIN","quantity":2}]}')
    assert lines is not None
    assert plain_batch(CATALOG, KEY, lines, None) is not None
    assert plain_batch(catalog, KEY, lines, None) is None
