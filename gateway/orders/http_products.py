"""GET /v1/products: what this partner may buy, at its price, and whether there is any."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

from aiohttp.web import BaseRequest, Response
from msgspec import Struct

from gateway.catalog.rules import CurrentCatalog, Sku
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
from gateway.ground.http.wire import Cursor
from gateway.orders.answers import SKU
from gateway.orders.products import Limits, Product, ProductsSeen, QuotaLeft
from gateway.orders.wire import TEXT_LENGTH_MAX
from gateway.partners.authentication import Gate
from gateway.partners.zones import ZoneBook
from gateway.quotas.left import WhatIsLeft
from gateway.quotas.rules import Buying, QuotaBook


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
    """What a partner may buy."""

    def __init__(
        self,
        gate: Gate,
        catalog: CurrentCatalog,
        seen: ProductsSeen,
        *,
        left: WhatIsLeft,
        now: Callable[[], datetime],
    ) -> None:
        self._gate = gate
        self._catalog = catalog
        self._seen = seen
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
            and self._seen.price(sku, partner_id).sound
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
        levels = await self._seen.levels(skus)
        return [self._seen.product(sku, partner_id, levels[sku.id]) for sku in skus]


def _wanted(sku: Sku, query: Mapping[str, str]) -> bool:
    """Whether a list narrowed like this shows it; nothing lies in a category that is not there."""
    category, tag = query.get("category"), query.get("tag")
    return (category is None or category in sku.categories) and (tag is None or tag in sku.tags)


ROUTES: Final = (
    Route("GET", "/v1/products", Products.page, LIST_PRODUCTS),
    Route("GET", "/v1/products/{sku}", Products.read, READ_PRODUCT),
)
