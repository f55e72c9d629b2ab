"""Webhook messages on their way, in PostgreSQL: taking, claiming, settling; and whom they go to."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from gateway.ground.sql.books import unreachable_is_unavailable
from gateway.ground.sql.columns import given
from gateway.ground.sql.named_sql import queries
from gateway.orders.record import OrderRecord
from gateway.webhooks.record import Outcome, TakenRow

SQL = queries("webhooks/queries")
HOLD_S: Final = 60.0  # nobody else takes a claimed message for this long
PATIENCE_S: Final = 5 * 86_400.0  # api.md: five days of failure disable an endpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class AddresseeRow:
    """A partner as it is reached; the secrets are still wrapped by the vault."""

    id: int
    url: str | None
    webhook_secret: bytes = field(repr=False)
    old_secret: bytes | None = field(repr=False)  # while it is being rotated
    old_for_s: float | None  # until then the old one signs too


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
            rows = await self._pool.fetch(
                SQL["take"], self._worker_id, self._slot, in_memory, full, chunk, HOLD_S
            )
        return [TakenRow(**dict(row)) for row in rows]

    async def made(self, ids: Sequence[int]) -> list[TakenRow]:
        """Messages just made here, with their orders; unclaimed. Those not there are missing."""
        with unreachable_is_unavailable():
            rows = await self._pool.fetch(SQL["made"], ids)
        return [_made(dict(row)) for row in rows]

    async def claim(self, ids: Sequence[int]) -> None:
        """Keep messages that were handed over in memory."""
        with unreachable_is_unavailable():
            await self._pool.execute(SQL["claim"], ids, self._worker_id, HOLD_S)

    async def release(self, ids: Sequence[int]) -> None:
        """Give up messages of which nothing was sent."""
        if not ids:
            return
        with unreachable_is_unavailable():
            await self._pool.execute(SQL["release"], ids, self._worker_id)

    async def recover(self) -> None:
        """Make due what workers that are gone had claimed."""
        with unreachable_is_unavailable():
            await self._pool.execute(SQL["recover"], HOLD_S)

    async def settle(self, outcomes: Sequence[Outcome]) -> None:
        """Apply what attempts met. Idempotent."""
        columns: tuple[Sequence[Any], ...] = (
            [outcome.message_id for outcome in outcomes],
            [outcome.attempts_before for outcome in outcomes],
            [int(outcome.tried) for outcome in outcomes],
            [outcome.state for outcome in outcomes],
            [outcome.status for outcome in outcomes],
            [outcome.error for outcome in outcomes],
            [outcome.delay_s for outcome in outcomes],
            [outcome.body for outcome in outcomes],
            [outcome.gone for outcome in outcomes],
        )
        with unreachable_is_unavailable():
            await self._pool.execute(SQL["settle"], *given(columns), PATIENCE_S)

    async def addressees(self) -> list[AddresseeRow]:
        """All partners."""
        with unreachable_is_unavailable():
            rows = await self._pool.fetch(SQL["addressees"])
        return [AddresseeRow(**dict(row)) for row in rows]


def _made(columns: dict[str, Any]) -> TakenRow:
    id_, type_, sequence, url, made_at = (
        columns.pop(name) for name in ("webhook_id", "type", "sequence", "url", "made_at")
    )
    return TakenRow(
        id=id_,
        partner_id=columns["partner_id"],
        order_id=columns["id"],
        type=type_,
        sequence=sequence,
        url=url,
        to_endpoint=url is None,
        body=None,
        attempts=0,
        created_at=made_at,
        order=OrderRecord(**columns),
    )
