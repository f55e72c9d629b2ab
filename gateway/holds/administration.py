"""What its actions and views ask, statement by statement."""

from datetime import datetime
from typing import TypedDict

from gateway.ground.sql.declared import Row, Statement, Statements


class ShownHold(TypedDict):
    """One hold; details are JSON text."""

    hold_no: str
    out_hold_no: str
    partner: str
    sku: str
    quantity: int
    amount: int
    currency: str
    state: str
    order_no: str | None
    pool: str | None
    account: str | None
    buyer_id: str | None
    buyer_ip: str | None
    details: str | None
    expires_at: datetime
    created_at: datetime
    updated_at: datetime
    codes_held: int


class SQL(Statements, file="holds/administration"):
    """Asked within an operator's transaction."""

    list_holds: Statement[[str | None, str | None, str | None, str | None, int], Row]
    show_hold: Statement[[int], ShownHold]
    hold_owner: Statement[[int], int]
    end_hold_by_hand: Statement[[int, int], str]
    trace_hold: Statement[[int], Row]
