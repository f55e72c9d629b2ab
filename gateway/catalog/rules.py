"""What can be sold to whom, as one immutable snapshot that a worker holds in memory."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, TypeVar

Book = TypeVar("Book")
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Scope(StrEnum):
    """What a key may do."""

    ORDERS_WRITE = "orders:write"
    ORDERS_READ = "orders:read"
    CODES_READ = "codes:read"
    ACCOUNT_READ = "account:read"


class SkuKind(StrEnum):
    """What a SKU delivers."""

    CODE = "code"
    LINK = "link"
    QR = "qr"
    TOPUP = "topup"


# How wrong what we know of the database's clock may be: a slow round trip, a step since the last.
CLOCK_DOUBT: Final = timedelta(seconds=3)

_TOPUP: Final = SkuKind.TOPUP  # to look it up for every order costs 0.1 µs


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A partner's key as the order path needs it; its secrets stay in the native key ring."""

    key_id: str
    partner_id: int
    scopes: frozenset[str]
    allow_ips: tuple[Network, ...]
    rate_per_s: int | None
    expires_at: datetime | None
    reads_codes: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Where a SKU can be bought. `cost_minor` is for one; None: not known."""

    upstream_id: int
    product_id: str
    priority: int
    cost_minor: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sku:
    """What is sold. `price_minor` is the list price of one; gateway.prices has what it costs whom.

    Codes are sold from the stock in `pool_id`, or bought on demand into `purchase_pool_id`.
    """

    id: int
    sku: str
    name: str
    kind: SkuKind
    pool_id: int | None
    price_minor: int
    currency: str
    face_value_minor: int | None
    account_rule: str | None
    per_buyer: int | None
    low_stock: int
    offered_to_all: bool
    on_sale: bool
    updated_at: datetime
    offers: frozenset[int] = frozenset()  # ids of partners that it is offered to
    routes: tuple[Route, ...] = ()
    purchase_pool_id: int | None = None
    min_life_days: int = 0  # how long its codes must last when they are sold
    quantity_max: int | None = None  # in one order; None: as many as the routes allow
    categories: tuple[str, ...] = ()  # its own, then those above it
    tags: tuple[str, ...] = ()

    @property
    def buys_codes(self) -> bool:
        """Whether its codes are bought on demand."""
        return self.purchase_pool_id is not None

    @property
    def bought(self) -> bool:
        """Whether an upstream delivers it: a top-up, or codes bought on demand."""
        return self.kind is _TOPUP or self.purchase_pool_id is not None

    def offered_to(self, partner_id: int) -> bool:
        """Whether this partner may buy it."""
        return self.offered_to_all or partner_id in self.offers


@dataclass(frozen=True, slots=True, kw_only=True)
class Upstream:
    """A platform we buy from; its settings are read, decrypted, by the dispatcher alone."""

    id: int
    name: str
    connector: str
    base_url: str
    paused: bool
    calls_per_s: float | None = None  # what the platform allows us; None: no limit known


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """One consistent view of everything administrators can change."""

    keys: Mapping[str, Key]
    skus: Mapping[str, Sku]
    skus_by_id: Mapping[int, Sku]
    upstreams: Mapping[int, Upstream]
    webhook_partners: frozenset[int]  # partners with an enabled endpoint
    partner_names: Mapping[int, str]
    books: Mapping[type[Any], Any] = field(default_factory=dict)  # what features above add
    category_ids: Mapping[str, int] = field(default_factory=dict)  # by their names
    sales_closed: bool = False  # the shop was restored, and is not checked yet

    def book(self, kind: type[Book]) -> Book:
        """What another feature keeps for the order path, read in the same snapshot."""
        found: Book = self.books[kind]
        return found

    def has_open_route(self, sku: Sku) -> bool:
        """Whether an upstream that is not paused sells it."""
        upstreams = (self.upstreams.get(route.upstream_id) for route in sku.routes)
        return any(upstream is not None and not upstream.paused for upstream in upstreams)


class CurrentCatalog:
    """The view that is in force; a new one is set as a whole when an administrator changes it."""

    __slots__ = ("now",)

    def __init__(self, catalog: Catalog) -> None:
        self.now = catalog
