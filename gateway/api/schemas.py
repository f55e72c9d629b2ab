"""The contract's types (api.md): what is answered, and what the OpenAPI document shows.

Reads other than orders are encoded from these types; orders are written by hand for speed
and compared with `Order` by the contract tests.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from gateway.domain.catalog import SkuKind
from gateway.domain.delivery import DeliveryState
from gateway.domain.failure import FailureCode
from gateway.domain.ledger import EntryKind
from gateway.domain.order import OrderState

Minor = Annotated[int, Meta(description="An amount in minor units (分).")]
Cursor = Annotated[
    str | None, Meta(description="Hand it in as `cursor` for the next page; null: the last page.")
]
Time = Annotated[datetime, Meta(extra_json_schema={"format": "date-time"})]  # RFC 3339, in UTC
StockLevel = Literal["none", "low", "ok"]


class SealedCode(Struct, kw_only=True):
    """One code as a JWE compact (dir, A256GCM), readable with the key's delivery key.

    The plaintext is JSON: `code`, and `pin`, `url`, `expires_at` where there are any.
    """

    jwe: str


class Failure(Struct, kw_only=True):
    """Why an order failed, wholly or in part."""

    code: FailureCode
    detail: str


class Order(Struct, kw_only=True):
    """An order. `codes` is there only for keys with `codes:read`, and never in lists."""

    order_no: str
    out_order_no: str
    sku: str
    quantity: int
    account: str | None
    amount: Minor
    currency: str
    state: OrderState
    codes: list[SealedCode] | UnsetType = UNSET
    delivered_quantity: int
    failure: Failure | None
    metadata: dict[str, str] | None
    created_at: Time
    updated_at: Time


class OrderPage(Struct, kw_only=True):
    """Orders, newest first."""

    data: list[Order]
    next_cursor: Cursor


class ProblemError(Struct, kw_only=True):
    """One wrong member: `pointer` (RFC 6901) names it."""

    pointer: str
    detail: str


class Problem(Struct, kw_only=True):
    """Why there is no answer (RFC 9457). Programs look at `code` and `retryable`."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    retryable: bool
    trace_id: str
    errors: list[ProblemError] | UnsetType = UNSET
    server_time: (
        Annotated[int, Meta(description="Unix seconds; only with `stale-timestamp`.")] | UnsetType
    ) = UNSET


class BatchResult(Struct, kw_only=True):
    """What became of one line: `order` for 200 and 201, else `problem`."""

    status: int
    order: Order | UnsetType = UNSET
    problem: Problem | UnsetType = UNSET


class BatchResults(Struct, kw_only=True):
    """One result per line, in the order of the lines."""

    results: list[BatchResult]


class Limits(Struct, kw_only=True):
    """How many may be bought: by one buyer in all (null: no limit), and in one order."""

    per_buyer: int | None
    quantity_max: int


class Product(Struct, kw_only=True):
    """A SKU at this partner's price. `account_rule` is a name or a pattern matched whole."""

    sku: str
    name: str
    kind: SkuKind
    face_value: Minor | None
    price: Minor
    currency: str
    available: bool
    stock_level: StockLevel
    account_rule: str | None
    limits: Limits
    updated_at: Time


class ProductPage(Struct, kw_only=True):
    """Products by SKU name."""

    data: list[Product]
    next_cursor: Cursor


class Account(Struct, kw_only=True):
    """The partner's money; `available` = `balance` + `credit_limit`."""

    balance: Minor
    credit_limit: Minor
    available: Minor
    currency: str


class Entry(Struct, kw_only=True):
    """One movement of money; all amounts together are the balance."""

    id: str
    kind: EntryKind
    amount: Annotated[int, Meta(description="Signed, in minor units (分).")]
    balance_after: Minor
    order_no: str | None
    reference: str | None
    created_at: Time


class EntryPage(Struct, kw_only=True):
    """Entries, newest first."""

    data: list[Entry]
    next_cursor: Cursor


class StatementTotals(Struct, kw_only=True):
    """Sums over the day in minor units; charges are negative."""

    currency: str
    opening_balance: int
    deposit: int
    charge: int
    refund: int
    adjustment: int
    closing_balance: int


class Statement(Struct, kw_only=True):
    """The entries of one UTC day as a CSV file; until `complete` the day may still grow."""

    date: Annotated[str, Meta(extra_json_schema={"format": "date"})]
    complete: bool
    rows: Annotated[int, Meta(description="Rows of the CSV without its header line.")]
    sha256: Annotated[str, Meta(description="Lower-case hex, of the CSV behind `url`.")]
    url: Annotated[
        str, Meta(description="Where the CSV is for 15 minutes; it needs no signature: keep it.")
    ]
    totals: StatementTotals


class Delivery(Struct, kw_only=True):
    """One webhook message and how its delivery stands; `webhook_id` is the `webhook-id` header."""

    id: str
    webhook_id: str
    type: str
    order_no: str | None
    url: str | None
    state: DeliveryState
    attempts: int
    last_status: int | None
    next_attempt_at: Time | None
    created_at: Time


class DeliveryPage(Struct, kw_only=True):
    """Webhook messages, newest first."""

    data: list[Delivery]
    next_cursor: Cursor


class WebhookMessage(Struct, kw_only=True):
    """The body of a webhook. `sequence` grows per order; `data` is the order without codes."""

    type: str
    timestamp: Time
    data: Order
    sequence: int


class OtherMessage(Struct, kw_only=True):
    """The body of a webhook that is not about an order; `data` is the thing the type names."""

    type: str
    timestamp: Time
    data: dict[str, Any]
    sequence: int


class Health(Struct, kw_only=True):
    """How the process is; `checks` says what stands in the way."""

    status: Literal["ok", "ready", "not-ready"]
    checks: dict[str, Any] | UnsetType = UNSET


ANSWERED: tuple[type[msgspec.Struct], ...] = (
    Order, OrderPage, BatchResults, Product, ProductPage, Account, EntryPage, Statement,
    Delivery, DeliveryPage, WebhookMessage, OtherMessage, Problem,
    Health,
)  # fmt: skip
