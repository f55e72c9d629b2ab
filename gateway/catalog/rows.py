"""Rows of the catalog's snapshot, as store.py reads them; rules.py has what is made of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What a thing of an id is called."""

    id: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRow:
    """A key that works, its secrets wrapped by the vault."""

    key_id: str
    partner_id: int
    signing_key: bytes = field(repr=False)
    delivery_key: bytes = field(repr=False)
    scopes: Sequence[str]
    allow_ips: Sequence[str]
    rate_per_s: int | None
    expires_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SkuRow:
    """A SKU without what other tables add."""

    id: int
    sku: str
    name: str
    kind: str
    pool_id: int | None
    purchase_pool_id: int | None
    price: int
    currency: str
    face_value: int | None
    account_rule: str | None
    per_buyer: int | None
    quantity_max: int | None
    low_stock: int
    min_life_days: int
    offered_to_all: bool
    on_sale: bool
    updated_at: datetime
    category_id: int | None
    tags: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryRow:
    """A category and the one it lies below."""

    id: int
    name: str
    parent_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferRow:
    """Who may buy what."""

    sku_id: int
    partner_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteRow:
    """Where a SKU can be bought."""

    sku_id: int
    upstream_id: int
    product_id: str
    priority: int
    cost: int | None
