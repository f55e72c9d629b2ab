"""Products as a partner sees them: its price, whether there is any, how many it may have.

For the API, and for whoever tells partners of changes.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final, Literal

from msgspec import UNSET, Struct, UnsetType

from gateway.catalog.rules import CurrentCatalog, Sku, SkuKind
from gateway.codes.levels import StockLevels
from gateway.codes.shelving import ShelfBook
from gateway.ground.http.wire import Minor, Time
from gateway.orders.rules import QUANTITY_MAX
from gateway.prices.rules import PriceBook, Priced, price_of

StockLevel = Literal["none", "low", "ok"]
NONE: Final[StockLevel] = "none"


class QuotaLeft(Struct, kw_only=True):
    """What of a limit is left for this buyer; `resets_at` null: for ever."""

    quota: str
    max: int
    left: int
    resets_at: Time | None


class Limits(Struct, kw_only=True, omit_defaults=True):
    """How many may be bought: by one buyer in all (null: no limit), and in one order.

    With `buyer`: how many this buyer may still have (null: no limit), and of which limits.
    """

    per_buyer: int | None
    quantity_max: int
    left: int | UnsetType | None = UNSET
    quotas: list[QuotaLeft] | UnsetType = UNSET


class Product(Struct, kw_only=True):
    """A SKU at this partner's price (null: it has none at the moment, and is not available).

    `account_rule` is a name or a pattern matched whole.
    """

    sku: str
    name: str
    kind: SkuKind
    face_value: Minor | None
    price: Minor | None
    currency: str
    available: bool
    stock_level: StockLevel
    account_rule: str | None
    limits: Limits
    category: str | None  # it lies in those above it, too
    tags: list[str]
    updated_at: Time


class ProductsSeen:
    """Composes products. `upstreams_max` is how many of a SKU its routes sell in one order (None:
    as many as any order); `now` is the database's clock."""

    def __init__(
        self,
        catalog: CurrentCatalog,
        stock_levels: StockLevels,
        *,
        upstreams_max: Callable[[Sku], int | None],
        now: Callable[[], datetime],
    ) -> None:
        self._catalog = catalog
        self._stock_levels = stock_levels
        self._upstreams_max = upstreams_max
        self._now = now

    def price(self, sku: Sku, partner_id: int, at: datetime | None = None) -> Priced:
        """What one of it costs this partner now, or at a moment, in no campaign."""
        prices = self._catalog.now.book(PriceBook).lists[sku.id]
        clock = self._now if at is None else lambda: at
        return price_of(prices, partner_id, 1, campaign=None, channel=None, now=clock)

    async def levels(self, skus: Sequence[Sku]) -> Mapping[int, StockLevel]:
        """By a SKU's id whether there is any: nobody counts what an upstream has."""
        catalog = self._catalog.now
        shelves = catalog.book(ShelfBook)
        outlets = {sku.id: shelves.outlet_for(sku, channel=None, campaign=None) for sku in skus}
        wanted = {
            sku.id: (outlet, _enough(sku))
            for sku in skus
            if (outlet := outlets[sku.id]) is not None
        }
        counts = await self._stock_levels.of(list(wanted.values()))
        found: dict[int, StockLevel] = {}
        for sku in skus:
            if sku.id not in wanted:
                found[sku.id] = "ok" if catalog.has_open_route(sku) else NONE
            else:
                left = counts[wanted[sku.id]]
                found[sku.id] = NONE if left == 0 else "low" if left < sku.low_stock else "ok"
        return found

    def product(
        self, sku: Sku, partner_id: int, level: StockLevel, at: datetime | None = None
    ) -> Product:
        """A SKU as this partner sees it now, or will at a moment if nothing else changes."""
        priced = self.price(sku, partner_id, at)
        return Product(
            sku=sku.sku,
            name=sku.name,
            kind=sku.kind,
            face_value=sku.face_value_minor,
            price=priced.minor if priced.sound else None,
            currency=sku.currency,
            available=sku.on_sale and level != NONE and priced.sound,
            stock_level=level,
            account_rule=sku.account_rule,
            limits=Limits(per_buyer=sku.per_buyer, quantity_max=self.quantity_max(sku)),
            category=sku.categories[0] if sku.categories else None,
            tags=list(sku.tags),
            updated_at=sku.updated_at,
        )

    def quantity_max(self, sku: Sku) -> int:
        """The tightest of what the API, the SKU and the upstreams allow in one order."""
        limits = (QUANTITY_MAX, sku.quantity_max, self._upstreams_max(sku))
        return min(limit for limit in limits if limit is not None)


def _enough(sku: Sku) -> int:
    """So many codes need not be counted exactly."""
    return max(1, sku.low_stock)
