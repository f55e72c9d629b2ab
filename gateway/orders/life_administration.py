"""What is kept about one order, statement by statement."""

from datetime import datetime
from typing import TypedDict

from gateway.ground.sql.declared import Statement, Statements


class ShownOrder(TypedDict):
    """One order; failure, metadata and details are JSON text."""

    order_no: str
    out_order_no: str
    partner: str
    sku: str
    quantity: int
    delivered_quantity: int
    amount: int
    refunded: int
    currency: str
    state: str
    account: str | None
    failure: str | None
    parked: str | None
    metadata: str | None
    details: str | None
    pool: str | None
    created_at: datetime
    updated_at: datetime
    partner_id: int
    commit_no: int | None


class ShownAttempt(TypedDict):
    """One attempt to have an order fulfilled upstream."""

    attempt_no: str
    upstream: str
    product_id: str
    state: str
    upstream_no: str | None
    cost: int | None
    delivered_quantity: int | None
    code: str | None
    message: str | None
    queries: int
    next_check_at: datetime | None
    created_at: datetime
    sent_at: datetime | None
    updated_at: datetime


class OrderEntry(TypedDict):
    """One movement of money for an order."""

    id: str
    kind: str
    amount: int
    balance_after: int
    reference: str | None
    created_at: datetime


class OrderWebhook(TypedDict):
    """One message about an order."""

    id: str
    type: str
    sequence: int
    state: str
    attempts: int
    last_status: int | None
    last_error: str | None
    next_attempt_at: datetime | None
    created_at: datetime


class ShownResolution(TypedDict):
    """A decision about an order."""

    verdict: str
    reason: str
    requested_by: str
    requested_from: str | None
    requested_at: datetime
    approved_by: str | None
    approved_from: str | None
    approved_at: datetime | None
    outcome: str | None


class OrderCallback(TypedDict):
    """What a platform told us of an attempt; of the body only the digest."""

    id: str
    upstream: str
    attempt_no: str
    verdict: str
    hint: str
    digest: str
    size: int | None
    times: int
    received_at: datetime
    last_at: datetime | None


class OrderCase(TypedDict):
    """What somebody wanted done about an order, and what became of it."""

    case_no: str
    kind: str
    state: str
    outcome: str | None
    reason: str
    actor: str
    refunded_amount: int
    replaced: int
    assigned_to: str | None
    decided_by: str | None
    decided_at: datetime | None
    created_at: datetime
    updated_at: datetime


class OrderChange(TypedDict):
    """What an operator did with an order."""

    id: str
    at: datetime
    actor: str
    action: str
    reason: str | None
    via: str


class OrderReveal(TypedDict):
    """A row of the log of views."""

    id: str  # as the log of views names it
    reveal: str
    via: str
    actor: str
    index: int | None  # None: all of them
    reason: str | None
    approval: str | None
    at: datetime


class OrderPiece(TypedDict):
    """One of its codes, by its place."""

    index: int
    is_other: bool  # it took the place of the one that was delivered first
    is_void: bool


class SQL(Statements, file="orders/life_administration"):
    """Asked within an operator's transaction."""

    show_order: Statement[[int], ShownOrder]
    order_attempts: Statement[[int], ShownAttempt]
    order_callbacks: Statement[[int], OrderCallback]
    order_entries: Statement[[int, int, datetime], OrderEntry]
    order_webhooks: Statement[[int], OrderWebhook]
    order_resolutions: Statement[[int, int], ShownResolution]
    order_cases: Statement[[int, int], OrderCase]
    order_changes: Statement[[str], OrderChange]
    order_reveals: Statement[[int, int | None, str], OrderReveal]
    order_pieces: Statement[[str, int], OrderPiece]
