"""What its actions and views ask, statement by statement."""

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


class SQL(Statements, file="orders/administration"):
    """Asked within an operator's transaction."""

    cancel_order: Statement[[int, int], bool]
    list_orders: Statement[
        [str | None, str | None, bool, str | None, int, str | None, str | None], Row
    ]
    order_owner: Statement[[int], OrderFacts]
    insert_resolution: Statement[[int, int, str, str, str, str, str | None, str | None, str], int]
    resolve_order: Statement[[int, int, str, str], str]
    trace_order: Statement[[int], Row]
    trace_attempt: Statement[[int], Row]
    trace_resolution: Statement[[int], Row]
