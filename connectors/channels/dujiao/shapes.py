"""Our goods and orders as a site sees them; `answers` writes them."""

from dataclasses import dataclass

from connectors.channels.card import Card
from connectors.channels.dujiao.wire import Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """Of two levels; `parent_id` 0: of the first."""

    id: int
    parent_id: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One of our SKUs, which is a product with one SKU of the same id there.

    `stock` None: unlimited. `automatic`: nobody has to fill in a form. Times are RFC 3339.
    """

    id: int
    slug: str
    name: str
    price_minor: int
    currency: str
    stock: int | None
    active: bool
    automatic: bool
    category_id: int
    tags: tuple[str, ...]
    updated_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderAnswer:
    """An order as the site sees it; `delivered_at` (RFC 3339) once something was delivered."""

    order_id: int
    downstream_order_no: str
    status: Status
    amount_minor: int
    refunded_minor: int
    currency: str
    sku_id: int
    name: str
    quantity: int
    automatic: bool
    cards: tuple[Card, ...] = ()
    delivered_at: str | None = None
