"""Counting back, statement by statement: asked by whoever makes a quota, and by workers later."""

from dataclasses import dataclass
from datetime import datetime

from gateway.ground.sql.declared import Statement, Statements


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsettled:
    """A quota that every worker asks by now; orders from `since` on are looked at once more."""

    id: int
    since: datetime
    counts_from: datetime


class SQL(Statements, file="quotas/back"):
    """Counting back."""

    count_back: Statement[[int, datetime], int]
    unsettled: Statement[[], Unsettled]
    give_back_failed: Statement[[int, datetime], int | None]
    settled: Statement[[int], None]
