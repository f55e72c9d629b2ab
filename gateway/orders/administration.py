"""What its actions and views ask, statement by statement."""

from datetime import datetime
from typing import TypedDict

from gateway.ground.sql.declared import Row, Statement, Statements


class ShownOrder(TypedDict):
    """One order; failure, metadata and details are JSON text."""

    order_no: str
    out_order_no: str
    partner: str
    sku: str
    quantity: int
    delivered_quantity: int
    amount: int
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
    next_attempt_at: datetime | None


class OrderFacts(TypedDict):
    """What decides about an order."""

    partner_id: int
    state: str
    parked: str | None
    delivers_codes: bool
    failure_code: str | None
    from_upstream: bool


class PendingResolution(TypedDict):
    """A decision somebody proposed."""

    id: int
    verdict: str
    reason: str
    requested_by: str


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


class SQL(Statements, file="orders/administration"):
    """Asked within an operator's transaction."""

    cancel_order: Statement[[int, int], bool]
    show_order: Statement[[int], ShownOrder]
    order_attempts: Statement[[int], ShownAttempt]
    order_entries: Statement[[int], OrderEntry]
    order_webhooks: Statement[[int], OrderWebhook]
    list_orders: Statement[[str | None, str | None, bool, str | None, int], Row]
    order_owner: Statement[[int], OrderFacts]
    insert_resolution: Statement[[int, int, str, str, str, str], int]
    pending_resolution: Statement[[int, int], PendingResolution]
    withdraw_resolution: Statement[[int], int]
    approve_resolution: Statement[[int, str, str, str], int]
    resolve_order: Statement[[int, int, str, str], str]
    order_resolutions: Statement[[int], ShownResolution]
    trace_order: Statement[[int], Row]
    trace_attempt: Statement[[int], Row]
    trace_resolution: Statement[[int], Row]
