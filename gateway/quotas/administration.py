"""What its actions and views ask, statement by statement."""

from datetime import datetime
from typing import TypedDict

from gateway.ground.sql.declared import Row, Statement, Statements


class MadeQuota(TypedDict):
    """A quota just made."""

    id: int
    counts_from: datetime


class NamedQuota(TypedDict):
    """A quota; `most` is what one may have, None without a limit."""

    id: int
    per: str
    most: int | None


class QuotaCount(TypedDict):
    """Who has had how much."""

    subject: str
    used: int


class SQL(Statements, file="quotas/administration"):
    """Asked within an operator's transaction."""

    hold_quotas: Statement[[], None]
    insert_quota: Statement[
        [str, int | None, int | None, int | None, str, str, int, bool, datetime | None], MadeQuota
    ]
    quota_by_name: Statement[[str], NamedQuota]
    quota_sku: Statement[[str], int]
    quota_category: Statement[[str], int]
    quota_campaign: Statement[[str], int]
    list_quotas: Statement[[str | None], Row]
    quota_counts: Statement[[int], QuotaCount]
    call_in: Statement[[int], None]
    most_used: Statement[[int], int]
    set_most: Statement[[int, int], int]
    set_own_most: Statement[[str, int | None], int]
    delete_counts: Statement[[int], None]
    delete_quota: Statement[[int], int]
    trace_quota: Statement[[str], Row]
