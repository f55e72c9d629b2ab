"""What the portal's own pages ask, statement by statement; each takes the partner first."""

from datetime import datetime
from typing import TypedDict

from gateway.ground.sql.declared import Row, Statement, Statements


class PartnerMoney(TypedDict):
    """An account, and whose."""

    partner: str
    balance: int
    credit_limit: int
    available: int
    low: int | None
    currency: str


class OrdersOfState(TypedDict):
    """How many orders stand so; 10,001: more."""

    state: str
    orders: int


class NewestOrder(TypedDict):
    """One of the newest orders."""

    order_no: str
    out_order_no: str
    sku: str
    quantity: int
    amount: int
    currency: str
    state: str
    created_at: datetime


class Endpoint(TypedDict):
    """Where messages go, and how many were not taken; 10,001: more."""

    url: str
    disabled_at: datetime | None
    disabled_why: str | None
    failing_since: datetime | None
    dead: int


class DayUsage(TypedDict):
    """A day's orders."""

    day: str
    orders: int
    quantity: int
    amount: int
    failed: int
    currency: str


class SkuUsage(TypedDict):
    """A SKU's orders."""

    sku: str
    orders: int
    quantity: int
    amount: int
    failed: int
    currency: str


class UsageReach(TypedDict):
    """What usage is of."""

    orders: int
    since: datetime | None


class SQL(Statements, file="portal/seen"):
    """Asked within the transaction of whoever looks."""

    partner_money: Statement[[int], PartnerMoney]
    open_orders: Statement[[int], OrdersOfState]
    newest_orders: Statement[[int], NewestOrder]
    endpoint: Statement[[int], Endpoint]
    usage_by_day: Statement[[int], DayUsage]
    usage_by_sku: Statement[[int], SkuUsage]
    usage_reach: Statement[[int], UsageReach]
    team: Statement[[int], Row]
