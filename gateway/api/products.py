"""GET /v1/products: what this partner may buy, at its price, and whether there is any."""

from collections.abc import Mapping, Sequence

from aiohttp.web import BaseRequest, Response

from gateway.api.answers import encode, json_response, struct_response
from gateway.api.authentication import admit
from gateway.api.context import Context
from gateway.api.order_wire import QUANTITY_MAX
from gateway.api.paging import (
    NO_PARAMETERS,
    PRODUCTS,
    make_name_cursor,
    page_json,
    parse_limit,
    parse_name_cursor,
    parse_query,
)
from gateway.api.problems import ProblemError
from gateway.api.schemas import Limits, Product, StockLevel
from gateway.domain.catalog import Sku
from gateway.flows.stock_levels import Wanted


async def list_products(context: Context, request: BaseRequest) -> Response:
    """GET /v1/products, by SKU name."""
    key, _ = await admit(context, request, None)
    query = parse_query(request)
    limit = parse_limit(query)
    after = parse_name_cursor(PRODUCTS, query) or ""
    names = sorted(
        name
        for name, sku in context.catalog.skus.items()
        if name > after and sku.offered_to(key.partner_id)
    )
    shown = [context.catalog.skus[name] for name in names[:limit]]
    data = [encode(product) for product in await _products(context, shown, key.partner_id)]
    more = len(names) > limit
    return json_response(
        page_json(data, make_name_cursor(PRODUCTS, shown[-1].sku) if more else None)
    )


async def read_product(context: Context, request: BaseRequest, name: str) -> Response:
    """GET /v1/products/{sku}; a SKU that is not offered to the partner does not exist for it."""
    key, _ = await admit(context, request, None)
    parse_query(request, NO_PARAMETERS)
    sku = context.catalog.skus.get(name)
    if sku is None or not sku.offered_to(key.partner_id):
        raise ProblemError("unknown-sku", "There is no such SKU for this partner.")
    (product,) = await _products(context, [sku], key.partner_id)
    return struct_response(product)


async def _products(context: Context, skus: Sequence[Sku], partner_id: int) -> list[Product]:
    counts = await context.stock_levels.of(
        [(sku.pool_id, _enough(sku)) for sku in skus if sku.pool_id is not None]
    )
    return [_product(context, sku, partner_id, counts) for sku in skus]


def _product(context: Context, sku: Sku, partner_id: int, counts: Mapping[Wanted, int]) -> Product:
    level = _stock_level(context, sku, counts)
    return Product(
        sku=sku.sku,
        name=sku.name,
        kind=sku.kind,
        face_value=sku.face_value_minor,
        price=sku.price_for(partner_id),
        currency=sku.currency,
        available=sku.on_sale and level != "none",
        stock_level=level,
        account_rule=sku.account_rule,
        limits=Limits(per_buyer=sku.per_buyer, quantity_max=_quantity_max(context, sku)),
        updated_at=sku.updated_at,
    )


def _quantity_max(context: Context, sku: Sku) -> int:
    """The tightest of what the API, the SKU and the upstreams allow in one order."""
    limits = (QUANTITY_MAX, sku.quantity_max, context.topups.quantity_max(sku))
    return min(limit for limit in limits if limit is not None)


def _stock_level(context: Context, sku: Sku, counts: Mapping[Wanted, int]) -> StockLevel:
    if sku.pool_id is None:
        # Nobody counts what an upstream has: it is there while a route is open.
        routes = (context.catalog.upstreams.get(route.upstream_id) for route in sku.routes)
        is_open = any(upstream is not None and not upstream.paused for upstream in routes)
        return "ok" if is_open else "none"
    left = counts[sku.pool_id, _enough(sku)]
    if left == 0:
        return "none"
    return "low" if left < sku.low_stock else "ok"


def _enough(sku: Sku) -> int:
    """So many codes need not be counted exactly."""
    return max(1, sku.low_stock)
