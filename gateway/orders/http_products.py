"""GET /v1/products: what this partner may buy, at its price, and whether there is any."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final, Literal

from aiohttp.web import BaseRequest, Response
from msgspec import UNSET, Struct, UnsetType

from gateway.catalog.rules import Catalog, CurrentCatalog, Sku, SkuKind
from gateway.codes.levels import StockLevels, Wanted
from gateway.codes.shelving import ShelfBook
from gateway.ground.http.answers import encode, json_response, struct_response
from gateway.ground.http.body import invalid
from gateway.ground.http.operation import NAME, Answer, Operation, Parameter, Route
from gateway.ground.http.paging import (
    CURSOR,
    LIMIT,
    LIST_PARAMETERS,
    PRODUCTS,
    make_name_cursor,
    page_json,
    parse_limit,
    parse_name_cursor,
    parse_query,
)
from gateway.ground.http.problems import ProblemError
from gateway.ground.http.wire import Cursor, Minor, Time
from gateway.orders.answers import SKU
from gateway.orders.rules import QUANTITY_MAX
from gateway.orders.wire import TEXT_LENGTH_MAX
from gateway.partners.authentication import Gate
from gateway.partners.zones import ZoneBook
from gateway.prices.rules import PriceBook, Priced, price_of
from gateway.quotas.left import WhatIsLeft
from gateway.quotas.rules import Buying, QuotaBook

StockLevel = Literal["none", "low", "ok"]


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


class ProductPage(Struct, kw_only=True):
    """Products by SKU name."""

    data: list[Product]
    next_cursor: Cursor


TAG: Final = "Products"
LIST_PRODUCTS: Final = Operation(
    name="listProducts",
    tag=TAG,
    summary="List products",
    description="What this partner may buy, at its price, by SKU name.",
    query=(
        LIMIT,
        CURSOR,
        Parameter("category", "Only what lies in it or below it.", NAME),
        Parameter("tag", "Only what has it.", NAME),
    ),
    answers={200: Answer("One page.", ProductPage)},
    problems=("invalid-request",),
)
BUYER: Final = Parameter(
    "buyer",
    "A buyer's id, as orders have it in `buyer.id`: `limits` tell what it may still have.",
    {"type": "string", "pattern": f"^.{{1,{TEXT_LENGTH_MAX}}}$"},
)
READ_PRODUCT: Final = Operation(
    name="readProduct",
    tag=TAG,
    summary="Read a product",
    parameters=(Parameter("sku", "The SKU's name.", SKU),),
    query=(BUYER,),
    answers={200: Answer("The product.", Product)},
    problems=("unknown-sku", "invalid-request"),
)


class Products:
    """What a partner may buy; `upstreams_max` is how many of a SKU its routes sell in one order
    (None: as many as any order)."""

    def __init__(
        self,
        gate: Gate,
        catalog: CurrentCatalog,
        stock_levels: StockLevels,
        *,
        upstreams_max: Callable[[Sku], int | None],
        left: WhatIsLeft,
        now: Callable[[], datetime],
    ) -> None:
        self._gate = gate
        self._catalog = catalog
        self._stock_levels = stock_levels
        self._upstreams_max = upstreams_max
        self._left = left
        self._now = now

    async def page(self, request: BaseRequest) -> Response:
        """GET /v1/products, by SKU name."""
        key, _ = await self._gate.admit(request, None)
        query = parse_query(request, LIST_PARAMETERS | {"category", "tag"})
        limit = parse_limit(query)
        after = parse_name_cursor(PRODUCTS, query) or ""
        skus, partner_id = self._catalog.now.skus, key.partner_id
        names = sorted(
            name
            for name, sku in skus.items()
            if name > after
            and sku.offered_to(partner_id)
            and _wanted(sku, query)
            and self._price(sku, partner_id).sound
        )
        shown = [skus[name] for name in names[:limit]]
        data = [encode(product) for product in await self._products(shown, partner_id)]
        more = len(names) > limit
        return json_response(
            page_json(data, make_name_cursor(PRODUCTS, shown[-1].sku) if more else None)
        )

    async def read(self, request: BaseRequest, name: str) -> Response:
        """GET /v1/products/{sku}; a SKU not offered to the partner does not exist for it."""
        key, _ = await self._gate.admit(request, None)
        buyer = parse_query(request, frozenset({"buyer"})).get("buyer")
        if buyer is not None and not (0 < len(buyer) <= TEXT_LENGTH_MAX and buyer.isprintable()):
            raise invalid([("/buyer", f"must be 1 to {TEXT_LENGTH_MAX} printable characters")])
        sku = self._catalog.now.skus.get(name)
        if sku is None or not sku.offered_to(key.partner_id):
            raise ProblemError("unknown-sku", "There is no such SKU for this partner.")
        (product,) = await self._products([sku], key.partner_id)
        if buyer is not None:
            await self._tell_left(product.limits, sku, key.partner_id, buyer)
        return struct_response(product)

    async def _tell_left(self, limits: Limits, sku: Sku, partner_id: int, buyer: str) -> None:
        quotas = self._catalog.now.book(QuotaBook).quotas_of(sku.id, None)
        buying = Buying(partner_id=partner_id, buyer_id=buyer)
        zone = self._catalog.now.book(ZoneBook).of(partner_id)
        found = await self._left.of(quotas, buying, self._now(), zone)
        limits.left = min((each.left for each in found), default=None)
        limits.quotas = [
            QuotaLeft(
                quota=each.quota.name,
                max=each.quota.most,
                left=each.left,
                resets_at=each.resets_at,
            )
            for each in found
        ]

    async def _products(self, skus: Sequence[Sku], partner_id: int) -> list[Product]:
        shelves = self._catalog.now.book(ShelfBook)
        outlets = [shelves.outlet_for(sku, channel=None, campaign=None) for sku in skus]
        counts = await self._stock_levels.of(
            [
                (outlet, _enough(sku))
                for sku, outlet in zip(skus, outlets, strict=True)
                if outlet is not None
            ]
        )
        return [
            self._product(sku, partner_id, outlet, counts)
            for sku, outlet in zip(skus, outlets, strict=True)
        ]

    def _price(self, sku: Sku, partner_id: int) -> Priced:
        """What one of it costs this partner now, in no campaign."""
        prices = self._catalog.now.book(PriceBook).lists[sku.id]
        return price_of(prices, partner_id, 1, campaign=None, channel=None, now=self._now)

    def _product(
        self, sku: Sku, partner_id: int, outlet: int | None, counts: Mapping[Wanted, int]
    ) -> Product:
        level = _stock_level(self._catalog.now, sku, outlet, counts)
        priced = self._price(sku, partner_id)
        # The tightest of what the API, the SKU and the upstreams allow in one order.
        limits = (QUANTITY_MAX, sku.quantity_max, self._upstreams_max(sku))
        most = min(limit for limit in limits if limit is not None)
        return Product(
            sku=sku.sku,
            name=sku.name,
            kind=sku.kind,
            face_value=sku.face_value_minor,
            price=priced.minor if priced.sound else None,
            currency=sku.currency,
            available=sku.on_sale and level != "none" and priced.sound,
            stock_level=level,
            account_rule=sku.account_rule,
            limits=Limits(per_buyer=sku.per_buyer, quantity_max=most),
            category=sku.categories[0] if sku.categories else None,
            tags=list(sku.tags),
            updated_at=sku.updated_at,
        )


def _wanted(sku: Sku, query: Mapping[str, str]) -> bool:
    """Whether a list narrowed like this shows it; nothing lies in a category that is not there."""
    category, tag = query.get("category"), query.get("tag")
    return (category is None or category in sku.categories) and (tag is None or tag in sku.tags)


def _stock_level(
    catalog: Catalog, sku: Sku, outlet: int | None, counts: Mapping[Wanted, int]
) -> StockLevel:
    if outlet is None:  # nobody counts what an upstream has
        return "ok" if catalog.has_open_route(sku) else "none"
    left = counts[outlet, _enough(sku)]
    if left == 0:
        return "none"
    return "low" if left < sku.low_stock else "ok"


def _enough(sku: Sku) -> int:
    """So many codes need not be counted exactly."""
    return max(1, sku.low_stock)


ROUTES: Final = (
    Route("GET", "/v1/products", Products.page, LIST_PRODUCTS),
    Route("GET", "/v1/products/{sku}", Products.read, READ_PRODUCT),
)
