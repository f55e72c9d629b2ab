"""Reads the catalog snapshot; a worker replaces its own when an administrator changes it."""

import ipaddress
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from gateway.catalog.rows import CategoryRow, KeyRow, Named, OfferRow, RouteRow, SkuRow
from gateway.catalog.rules import Catalog, Key, Route, Scope, Sku, SkuKind, Upstream
from gateway.catalog.snapshot import CatalogRead, KeySecrets
from gateway.ground import house
from gateway.ground.sql.books import unreachable_is_unavailable
from gateway.ground.sql.declared import Statement, Statements


class SQL(Statements, file="catalog/queries"):
    """Everything administrators can change."""

    partners: Statement[[], Named]
    pools: Statement[[], Named]
    keys: Statement[[], KeyRow]
    skus: Statement[[], SkuRow]
    categories: Statement[[], CategoryRow]
    offers: Statement[[], OfferRow]
    routes: Statement[[], RouteRow]
    upstreams: Statement[[], Upstream]
    endpoints: Statement[[], int]
    sales_closed: Statement[[], bool]


async def read_catalog(pool: Any) -> CatalogRead:
    """Everything administrators can change, as of one instant."""
    with unreachable_is_unavailable():
        async with (
            pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            partners = await SQL.partners.all(connection)
            pools = await SQL.pools.all(connection)
            keys = await SQL.keys.all(connection)
            sold = await SQL.skus.all(connection)
            categories = await SQL.categories.all(connection)
            offered = await SQL.offers.all(connection)
            routed = await SQL.routes.all(connection)
            upstreams = await SQL.upstreams.all(connection)
            endpoints = await SQL.endpoints.all(connection)
            sales_closed = await SQL.sales_closed.only(connection)
            books = [await read(connection) for read in house.books()]
    offers: dict[int, set[int]] = defaultdict(set)
    for offer in offered:
        offers[offer.sku_id].add(offer.partner_id)
    routes: dict[int, list[Route]] = defaultdict(list)
    for way in routed:
        routes[way.sku_id].append(
            Route(
                upstream_id=way.upstream_id,
                product_id=way.product_id,
                priority=way.priority,
                cost_minor=way.cost,
            )
        )
    above = {row.id: (row.name, row.parent_id) for row in categories}
    skus = [_sku(row, offers, routes, above) for row in sold]
    catalog = Catalog(
        keys={row.key_id: _key(row) for row in keys},
        skus={sku.sku: sku for sku in skus},
        skus_by_id={sku.id: sku for sku in skus},
        upstreams={row.id: row for row in upstreams},
        webhook_partners=frozenset(endpoints),
        partner_names={row.id: row.name for row in partners},
        books={type(book): book for book in books},
        category_ids={row.name: row.id for row in categories},
        sales_closed=sales_closed,
    )
    secrets = {
        row.key_id: KeySecrets(signing_key=row.signing_key, delivery_key=row.delivery_key)
        for row in keys
    }
    names = {
        "partner": catalog.partner_names,
        "pool": {row.id: row.name for row in pools},
        "upstream": {id_: upstream.name for id_, upstream in catalog.upstreams.items()},
    }
    return CatalogRead(catalog=catalog, secrets=secrets, names=names)


def _key(row: KeyRow) -> Key:
    return Key(
        key_id=row.key_id,
        partner_id=row.partner_id,
        scopes=frozenset(row.scopes),
        allow_ips=tuple(ipaddress.ip_network(cidr, strict=False) for cidr in row.allow_ips),
        rate_per_s=row.rate_per_s,
        expires_at=row.expires_at,
        reads_codes=Scope.CODES_READ in row.scopes,
    )


def _path(category_id: int | None, above: Mapping[int, tuple[str, int | None]]) -> Iterator[str]:
    """A category's name, then those above it; the database lets none lie below itself."""
    while category_id is not None:
        name, category_id = above[category_id]
        yield name


def _sku(
    row: SkuRow,
    offers: Mapping[int, set[int]],
    routes: dict[int, list[Route]],
    above: Mapping[int, tuple[str, int | None]],
) -> Sku:
    return Sku(
        id=row.id,
        sku=row.sku,
        name=row.name,
        kind=SkuKind(row.kind),
        pool_id=row.pool_id,
        purchase_pool_id=row.purchase_pool_id,
        price_minor=row.price,
        currency=row.currency,
        face_value_minor=row.face_value,
        account_rule=row.account_rule,
        per_buyer=row.per_buyer,
        quantity_max=row.quantity_max,
        low_stock=row.low_stock,
        min_life_days=row.min_life_days,
        offered_to_all=row.offered_to_all,
        on_sale=row.on_sale,
        updated_at=row.updated_at,
        offers=frozenset(offers.get(row.id, ())),
        routes=tuple(routes.get(row.id, ())),
        categories=tuple(_path(row.category_id, above)),
        tags=tuple(row.tags),
    )
