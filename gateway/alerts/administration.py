"""What its actions and views ask, statement by statement."""

from datetime import datetime
from typing import TypedDict

from gateway.ground.sql.declared import Row, Statement, Statements


class ShownAlert(TypedDict):
    """One alert."""

    id: str
    kind: str
    subject: str
    since: datetime
    level: str
    detail: str
    acknowledged_by: str | None
    acknowledged_at: datetime | None
    resolved_at: datetime | None
    state: str


class SQL(Statements, file="alerts/administration"):
    """Asked within an operator's transaction."""

    list_alerts: Statement[..., Row]
    show_alert: Statement[[str], ShownAlert]
    acknowledge: Statement[[str, str], int]
    trace_alert: Statement[[str], Row]
