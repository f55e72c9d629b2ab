"""Webhook messages on their way, in PostgreSQL: taken, claimed, recorded; and whom they go to."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from gateway.ground.sql.books import unreachable_is_unavailable
from gateway.ground.sql.columns import given
from gateway.ground.sql.declared import Statement, Statements
from gateway.orders.record import OrderRecord
from gateway.webhooks.record import AddresseeRow, Outcome, TakenRow

HOLD_S: Final = 60.0  # nobody else takes a claimed message for this long
PATIENCE_S: Final = 5 * 86_400.0  # api.md: five days of failure disable an endpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeRow(OrderRecord):
    """A message just made, and its order."""

    webhook_id: int
    type: str
    sequence: int
    url: str | None
    made_at: datetime


class SQL(Statements, file="webhooks/queries"):
    """Messages on their way."""

    take: Statement[[uuid.UUID, int, Sequence[int], Sequence[int], int, float], TakenRow]
    made: Statement[[Sequence[int]], MadeRow]
    claim: Statement[[Sequence[int], uuid.UUID, float], None]
    release: Statement[[Sequence[int], uuid.UUID], None]
    recover: Statement[[float], None]
    record: Statement[
        [
            Sequence[int],
            Sequence[int],
            Sequence[int],
            Sequence[int],
            Sequence[str],
            Sequence[int | None],
            Sequence[str | None],
            Sequence[float | None],
            Sequence[bytes | None],
            Sequence[str | None],
            float,
        ],
        None,
    ]
    addressees: Statement[[], AddresseeRow]


class WebhookStore:
    """Messages of all workers; `worker_id` owns what it takes, `slot` made its ids."""

    def __init__(self, pool: Any, *, worker_id: uuid.UUID, slot: int) -> None:
        self._pool = pool
        self._worker_id = worker_id
        self._slot = slot

    async def take(
        self, in_memory: Sequence[int], full: Sequence[int], chunk: int
    ) -> list[TakenRow]:
        """Due messages, at most `chunk` a partner, none of partners that are `full`."""
        with unreachable_is_unavailable():
            return await SQL.take.all(
                self._pool, self._worker_id, self._slot, in_memory, full, chunk, HOLD_S
            )

    async def made(self, ids: Sequence[int]) -> list[TakenRow]:
        """Messages just made here, with their orders; unclaimed. Those not there are missing."""
        with unreachable_is_unavailable():
            rows = await SQL.made.all(self._pool, ids)
        return [_made(row) for row in rows]

    async def claim(self, ids: Sequence[int]) -> None:
        """Keep messages that were handed over in memory."""
        with unreachable_is_unavailable():
            await SQL.claim.run(self._pool, ids, self._worker_id, HOLD_S)

    async def release(self, ids: Sequence[int]) -> None:
        """Give up messages of which nothing was sent."""
        if not ids:
            return
        with unreachable_is_unavailable():
            await SQL.release.run(self._pool, ids, self._worker_id)

    async def recover(self) -> None:
        """Make due what workers that are gone had claimed."""
        with unreachable_is_unavailable():
            await SQL.recover.run(self._pool, HOLD_S)

    async def record(self, outcomes: Sequence[Outcome]) -> None:
        """Apply what attempts met; nothing to what was replayed since they began. Idempotent."""
        columns: tuple[Sequence[Any], ...] = (
            [outcome.message_id for outcome in outcomes],
            [outcome.replays for outcome in outcomes],
            [outcome.attempts_before for outcome in outcomes],
            [int(outcome.tried) for outcome in outcomes],
            [outcome.state for outcome in outcomes],
            [outcome.status for outcome in outcomes],
            [outcome.error for outcome in outcomes],
            [outcome.delay_s for outcome in outcomes],
            [outcome.body for outcome in outcomes],
            [outcome.gone for outcome in outcomes],
        )
        arguments: list[Any] = [*given(columns), PATIENCE_S]
        with unreachable_is_unavailable():
            await SQL.record.run(self._pool, *arguments)

    async def addressees(self) -> list[AddresseeRow]:
        """All partners."""
        with unreachable_is_unavailable():
            return await SQL.addressees.all(self._pool)


def _made(row: MadeRow) -> TakenRow:
    return TakenRow(
        id=row.webhook_id,
        partner_id=row.partner_id,
        order_id=row.id,
        type=row.type,
        sequence=row.sequence,
        url=row.url,
        to_endpoint=row.url is None,
        body=None,
        attempts=0,
        created_at=row.made_at,
        replays=0,
        order=row,
    )
