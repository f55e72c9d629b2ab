"""What the overview asks, statement by statement."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict

from gateway.ground.sql.declared import Statement, Statements


class Money(TypedDict):
    """The accounts of a currency, together."""

    currency: str
    accounts: int
    balance: int
    empty: int


class OrdersOfState(TypedDict):
    """How many orders stand so; 10,001: more."""

    state: str
    orders: int


class NewestOrder(TypedDict):
    """One of the newest orders."""

    order_no: str
    partner: str
    sku: str
    quantity: int
    amount: int
    currency: str
    state: str
    created_at: datetime


class PoolLevel(TypedDict):
    """What is left of a pool, also with workers; 0 as `mark`: none is set."""

    pool: str
    imported: int
    for_sale: int
    mark: int
    days_of_cover: float | None


class StockLevel(PoolLevel):
    """The same, with how many of them workers hold, and what ends soon."""

    leased: int
    sold_per_day: float | None
    first_ends_at: datetime | None
    ending: int


class UpstreamHealth(TypedDict):
    """What living workers say of an upstream."""

    upstream: str
    connector: str
    paused: bool
    ways: int
    held_back: int
    reason: str | None
    calls: int | None
    failures: int | None
    waiting: int | None
    success_rate: float | None
    latency_s: float | None


class OpenAlert(TypedDict):
    """An alert that lasts."""

    id: str
    level: str
    kind: str
    subject: str
    detail: str
    since: datetime
    acknowledged_by: str | None


class MessagesOfState(TypedDict):
    """How many messages stand so; 10,001: more."""

    state: str
    messages: int


class LastAudit(TypedDict):
    """What the last audit said; `findings` is JSON."""

    ok: bool
    ended_at: datetime
    findings: str


class RequestForMe(TypedDict):
    """What waits for a second person."""

    id: str
    action: str
    summary: str
    requested_by: str
    reason: str | None
    expires_at: datetime


class CaseOfMine(TypedDict):
    """A case that somebody has taken."""

    case_no: str
    order_no: str
    kind: str
    state: str
    reason: str
    deadline_at: datetime | None
    snoozed_until: datetime | None
    created_at: datetime


class CasesOfNobody(TypedDict):
    """Cases that nobody has; 101: more."""

    cases: int
    since: datetime | None


class SQL(Statements, file="console/administration"):
    """Asked within the transaction of whoever looks."""

    accounts: Statement[[], Money]
    open_orders: Statement[[], OrdersOfState]
    newest_orders: Statement[[], NewestOrder]
    stock: Statement[[], PoolLevel]
    upstreams: Statement[[], UpstreamHealth]
    alerts: Statement[[], OpenAlert]
    messages: Statement[[], MessagesOfState]
    last_audit: Statement[[], LastAudit]
    requests_for_me: Statement[[str, Sequence[str]], RequestForMe]
    cases_of_mine: Statement[[str], CaseOfMine]
    cases_of_nobody: Statement[[], CasesOfNobody]
    stock_levels: Statement[[int], StockLevel]
