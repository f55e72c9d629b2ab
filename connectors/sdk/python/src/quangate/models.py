"""What is sent and answered. Made by `make sdk-code`: edit nothing here."""

from typing import TypedDict

import msgspec

from quangate.codes import Code


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """The partner's money."""

    # An amount in minor units (分)
    balance: int
    # An amount in minor units (分)
    credit_limit: int
    # An amount in minor units (分)
    available: int
    currency: str


class BuyerIn(TypedDict, total=False):
    """Who buys, as the partner knows them."""

    id: str
    ip: str
    device: str


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A case."""

    case_no: str
    out_case_no: str
    order_no: str
    kind: str
    state: str
    reason: str
    detail: str | None
    index: int | None
    quantity: int | None
    # An amount in minor units (分)
    amount: int | None
    recipient: str | None
    outcome: str | None
    answer: str | None
    rule: str | None
    # An amount in minor units (分)
    refunded_amount: int
    replaced: int
    deadline_at: str | None
    created_at: str
    updated_at: str


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One webhook message and how its delivery stands."""

    id: str
    webhook_id: str
    type: str
    order_no: str | None
    url: str | None
    state: str
    attempts: int
    last_status: int | None
    next_attempt_at: str | None
    created_at: str


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One movement of money."""

    id: str
    kind: str
    # Signed, in minor units (分)
    amount: int
    # An amount in minor units (分)
    balance_after: int
    order_no: str | None
    reference: str | None
    created_at: str


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """Why an order failed, wholly or in part."""

    code: str | None = None
    detail: str | None = None


class HeldSum(msgspec.Struct, frozen=True, kw_only=True):
    """The holds of a SKU in the state that was asked for (`held` if none was), added up."""

    sku: str
    holds: int
    quantity: int
    # An amount in minor units (分)
    amount: int


class Hold(msgspec.Struct, frozen=True, kw_only=True):
    """A hold."""

    hold_no: str
    out_hold_no: str
    sku: str
    quantity: int
    account: str | None
    campaign: str | None
    # An amount in minor units (分)
    amount: int
    currency: str
    state: str
    order_no: str | None
    expires_at: str
    created_at: str
    updated_at: str


class PassPlace(msgspec.Struct, frozen=True, kw_only=True):
    """A buyer's place."""

    number: int
    serving: int
    pass_: str | None = msgspec.field(name="pass")
    expires_at: str | None
    retry_after_s: int


class QuotaLeft(msgspec.Struct, frozen=True, kw_only=True):
    """What of a limit is left for this buyer."""

    quota: str
    max: int
    left: int
    resets_at: str | None


class StatementTotals(msgspec.Struct, frozen=True, kw_only=True):
    """Sums over the day in minor units."""

    currency: str
    opening_balance: int
    deposit: int
    charge: int
    refund: int
    adjustment: int
    closing_balance: int


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How many may be bought: by one buyer in all (null: no limit), and in one order."""

    per_buyer: int | None
    quantity_max: int
    left: int | None = None
    quotas: tuple[QuotaLeft, ...] = ()


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """An order."""

    order_no: str
    out_order_no: str
    sku: str
    quantity: int
    account: str | None
    # An amount in minor units (分)
    amount: int
    currency: str
    state: str
    codes: tuple[Code, ...] = ()
    delivered_quantity: int
    # An amount in minor units (分)
    refunded_amount: int | None = None
    replaced: int | None = None
    # Why an order failed, wholly or in part
    failure: Failure | None = None
    metadata: dict[str, str] | None = None
    created_at: str
    updated_at: str
    # True in the sandbox
    sandbox: bool | None = None


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """The entries of one UTC day as a CSV file."""

    date: str
    complete: bool
    # Rows of the CSV without its header line
    rows: int
    # Lower-case hex, of the CSV behind `url`
    sha256: str
    # Where the CSV is for 15 minutes
    url: str
    totals: StatementTotals


class Product(msgspec.Struct, frozen=True, kw_only=True):
    """A SKU at this partner's price (null: it has none at the moment, and is not available)."""

    sku: str
    name: str
    kind: str
    # An amount in minor units (分)
    face_value: int | None
    # An amount in minor units (分)
    price: int | None
    currency: str
    available: bool
    stock_level: str
    account_rule: str | None
    limits: Limits
    category: str | None
    tags: tuple[str, ...]
    updated_at: str
