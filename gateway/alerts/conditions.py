"""What the database knows of that a person has to look at: a statement for each kind."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from gateway.ground.sql.declared import Statement, Statements


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A subject, and what there is to say about it."""

    subject: str
    detail: str


class SQL(Statements, file="alerts/conditions"):
    """A statement for each kind that is looked for."""

    parked: Statement[[int], Found]
    uncertain: Statement[[int], Found]
    stock_low: Statement[[], Found]
    cover_low: Statement[[int | None], Found]
    codes_expiring: Statement[[int], Found]
    cases_waiting: Statement[[int], Found]
    webhooks_dead: Statement[[int], Found]
    channel_unmapped: Statement[[], Found]
    channel_held: Statement[[], Found]
    endpoint_disabled: Statement[[], Found]
    audit_broken: Statement[[], Found]
    backup_age: Statement[[int], Found]
    replication: Statement[[], Found]
    old_snapshot: Statement[[int], Found]
    sales_closed: Statement[[], Found]
    reveal_freeze: Statement[[], Found]
    alone: Statement[[], Found]


LOOKS: Final[Mapping[str, Statement[Any, Found]]] = {
    "parked": SQL.parked,
    "uncertain": SQL.uncertain,
    "stock-low": SQL.stock_low,
    "cover-low": SQL.cover_low,
    "codes-expiring": SQL.codes_expiring,
    "cases-waiting": SQL.cases_waiting,
    "webhooks-dead": SQL.webhooks_dead,
    "channel-unmapped": SQL.channel_unmapped,
    "channel-held": SQL.channel_held,
    "endpoint-disabled": SQL.endpoint_disabled,
    "audit-broken": SQL.audit_broken,
    "backup-age": SQL.backup_age,
    "replication": SQL.replication,
    "old-snapshot": SQL.old_snapshot,
    "sales-closed": SQL.sales_closed,
    "reveal-freeze": SQL.reveal_freeze,
    "alone": SQL.alone,
}
