"""What its actions and views ask, statement by statement."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict

from gateway.ground.sql.declared import Row, Statement, Statements


class NamedPool(TypedDict):
    """A pool."""

    id: int
    purchased: bool


class BatchOfPool(TypedDict):
    """One import, as `pool show` has it."""

    batch: str
    kind: str
    state: str
    source: str
    imported: int
    duplicates: int
    rejected: int
    created_at: datetime


class RouteOfSku(TypedDict):
    """Where a SKU is bought."""

    upstream: str
    connector: str
    product_id: str
    priority: int
    cost: int | None
    paused: bool


class NamedUpstream(TypedDict):
    """A platform account."""

    id: int
    connector: str


class Offer(TypedDict):
    """A partner who may buy a SKU, and what one costs him, minor units."""

    partner: str
    price: int
    own_price: bool


class SQL(Statements, file="catalog/administration"):
    """Asked within an operator's transaction."""

    insert_pool: Statement[[str, bool, bool], int]
    insert_purchase_pool: Statement[[str], int]
    pool_by_name: Statement[[str], NamedPool]
    list_pools: Statement[[str | None], Row]
    pool_batches: Statement[[str], BatchOfPool]
    insert_sku: Statement[
        [
            str,
            str,
            str,
            int | None,
            int | None,
            int,
            int | None,
            str | None,
            int | None,
            int | None,
            int | None,
            bool,
            int | None,
            Sequence[str],
            int,
            bool,
        ],
        int,
    ]
    sku_by_name: Statement[[str], int]
    list_skus: Statement[[str | None], Row]
    sku_routes: Statement[[str], RouteOfSku]
    insert_offer: Statement[[int, int], None]
    insert_route: Statement[[int, int, str, int, int | None], int]
    set_limits: Statement[[str, int | None, int | None, int | None], int]
    set_account_rule: Statement[[str, str], int]
    set_on_sale: Statement[[str, bool], int]
    upstream_by_name: Statement[[str], NamedUpstream]
    trace_pool: Statement[[str], Row]
    trace_sku: Statement[[str], Row]
    trace_offer: Statement[[str, str], Row]
    set_own_price: Statement[[int, int, int, bool, int | None], int]
    sku_offers: Statement[[str], Offer]
