"""What its actions and views ask, statement by statement."""

from datetime import datetime
from typing import TypedDict

from gateway.ground.sql.declared import Row, Statement, Statements


class OrderFacts(TypedDict):
    """What decides about an order."""

    partner_id: int
    state: str
    parked: str | None
    delivers_codes: bool
    failure_code: str | None
    from_upstream: bool
    partner: str
    sku: str
    quantity: int
    currency: str
    kept: int  # of what was charged


class ParkedOrder(TypedDict):
    """An order that waits for a person, as the list has it."""

    order_no: str
    out_order_no: str
    partner: str
    sku: str
    quantity: int
    amount: int
    state: str
    parked: str
    created_at: datetime


class SQL(Statements, file="orders/administration"):
    """Asked within an operator's transaction."""

    cancel_order: Statement[[int, int], bool]
    list_orders: Statement[
        [str | None, str | None, bool, str | None, int, str | None, str | None], Row
    ]
    list_parked: Statement[
        [str | None, str | None, bool, str | None, int, str | None, str | None], ParkedOrder
    ]
    order_owner: Statement[[int], OrderFacts]
    insert_resolution: Statement[[int, int, str, str, str, str, str | None, str | None, str], int]
    resolve_order: Statement[[int, int, str, str], str]
    trace_order: Statement[[int], Row]
    trace_attempt: Statement[[int], Row]
    trace_resolution: Statement[[int], Row]
