"""Reads what reconciliation compares: the attempts of a day at one upstream, and their money."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from gateway.dispatch.attempt import AttemptState
from gateway.ground.sql.books import unreachable_is_unavailable
from gateway.ground.sql.declared import Statement, Statements
from gateway.reconciliation.rules import OurAttempt


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamAccount:
    """An upstream by name; `settings` is still wrapped by the vault."""

    id: int
    name: str
    connector: str
    base_url: str
    settings: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptRow:
    """An attempt of a day as its row; see OurAttempt."""

    attempt_id: int
    upstream_no: str | None
    state: str
    cost: int | None
    quantity: int
    face_value: int | None
    buys_codes: bool
    age_s: float
    order_no: int
    order_state: str
    order_amount: int
    order_refunded: int
    order_entries: int


class SQL(Statements, file="reconciliation/queries"):
    """A day of one upstream."""

    upstream: Statement[[str], UpstreamAccount]
    attempts_of_day: Statement[[int, datetime, datetime], AttemptRow]
    known_attempts: Statement[[int, Sequence[int]], int]
    free_slot: Statement[[], int]


class ReconciliationStore:
    """Reads over a connection pool."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool

    async def upstream(self, name: str) -> UpstreamAccount | None:
        """The upstream of that name."""
        with unreachable_is_unavailable():
            return await SQL.upstream.one(self._pool, name)

    async def attempts_of_day(self, upstream_id: int, day: date) -> list[OurAttempt]:
        """What was sent on a day (UTC), by attempt number."""
        starts_at = datetime(day.year, day.month, day.day, tzinfo=UTC)
        with unreachable_is_unavailable():
            rows = await SQL.attempts_of_day.all(
                self._pool, upstream_id, starts_at, starts_at + timedelta(days=1)
            )
        return [_attempt(row) for row in rows]

    async def known(self, upstream_id: int, attempt_ids: Sequence[int]) -> set[int]:
        """Which of these numbers are attempts at this upstream."""
        with unreachable_is_unavailable():
            return set(await SQL.known_attempts.all(self._pool, upstream_id, attempt_ids))

    async def free_slot(self) -> int:
        """A worker slot nobody holds, to make ids with."""
        with unreachable_is_unavailable():
            return await SQL.free_slot.only(self._pool)


def _attempt(row: AttemptRow) -> OurAttempt:
    return OurAttempt(
        attempt_id=row.attempt_id,
        upstream_no=row.upstream_no,
        state=AttemptState(row.state),
        cost_minor=row.cost,
        order_no=row.order_no,
        order_state=row.order_state,
        order_amount_minor=row.order_amount,
        order_refunded_minor=row.order_refunded,
        order_entries_minor=row.order_entries,
        age_s=row.age_s,
        quantity=row.quantity,
        face_minor=row.face_value,
        buys_codes=row.buys_codes,
    )
