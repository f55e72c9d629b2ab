"""What the portal asks of orders, statement by statement; each takes the partner first."""

from datetime import datetime
from typing import TypedDict

from gateway.ground.sql.declared import Row, Statement, Statements


class PortalOrder(TypedDict):
    """One order."""

    order_no: str
    out_order_no: str
    sku: str
    quantity: int
    delivered_quantity: int
    amount: int
    refunded_amount: int
    currency: str
    state: str
    account: str | None
    failure: str | None
    metadata: str | None
    replaced: int
    created_at: datetime
    updated_at: datetime


class PortalOrderWebhook(TypedDict):
    """What was told of it."""

    id: str
    type: str
    sequence: int
    state: str
    attempts: int
    last_status: int | None
    next_attempt_at: datetime | None
    created_at: datetime


class PortalOrderCase(TypedDict):
    """A case about it."""

    case_no: str
    kind: str
    state: str
    outcome: str | None
    reason: str
    refunded_amount: int
    replaced: int
    created_at: datetime
    updated_at: datetime


class SQL(Statements, file="orders/portal_administration"):
    """Asked within the transaction of whoever looks."""

    portal_orders: Statement[[int, str | None, str | None, str | None, str | None, int], Row]
    portal_order: Statement[[int, int], PortalOrder]
    portal_order_webhooks: Statement[[int, int], PortalOrderWebhook]
    portal_order_cases: Statement[[int, int], PortalOrderCase]
    portal_owns_order: Statement[[int, int], int]
