"""Webhook messages for their partner: lists, replays, tests; and the nonces of such writes."""

import time
from typing import Any, Final

from gateway.domain.delivery import DeliveryFilter, DeliveryRecord
from gateway.store.books import unreachable_is_unavailable
from gateway.store.named_sql import queries

SQL = queries("webhook_reads")
KEPT_S: Final = 600  # api.md: a nonce used within ten minutes is refused
PRUNE_EVERY_S: Final = 60.0


class WebhookDesk:
    """What a partner may see of its messages and ask for, over a connection pool."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool

    async def page(
        self, partner_id: int, filter_: DeliveryFilter, limit: int
    ) -> list[DeliveryRecord]:
        """Newest first, at most `limit`."""
        with unreachable_is_unavailable():
            rows = await self._pool.fetch(
                SQL["page"],
                partner_id,
                filter_.id,
                filter_.order_id,
                filter_.state,
                filter_.before_id,
                limit,
            )
        return [DeliveryRecord(**dict(row)) for row in rows]

    async def one(self, partner_id: int, id_: int) -> DeliveryRecord | None:
        """The partner's message of that id."""
        found = await self.page(partner_id, DeliveryFilter(id=id_), 1)
        return found[0] if found else None

    async def replay(self, partner_id: int, id_: int) -> bool:
        """Have the message sent again under its old webhook-id; False: there is none such."""
        with unreachable_is_unavailable():
            return await self._pool.fetchval(SQL["replay"], partner_id, id_) is not None

    async def send_test(self, partner_id: int, id_: int, body: bytes) -> bool:
        """Queue a message of type `test`; False: there is no enabled endpoint."""
        with unreachable_is_unavailable():
            row = await self._pool.fetchval(SQL["insert_test"], partner_id, id_, body)
        return row is not None


class UsedNonces:
    """The nonces of signed writes that are not idempotent by themselves."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool
        self._pruned_at = float("-inf")

    async def use(self, key_id: str, nonce: str) -> bool:
        """Remember the nonce; False when this key used it within the last ten minutes."""
        with unreachable_is_unavailable():
            used = await self._pool.fetchval(SQL["use_nonce"], key_id, nonce, KEPT_S)
            if time.monotonic() - self._pruned_at > PRUNE_EVERY_S:
                self._pruned_at = time.monotonic()
                await self._pool.execute(SQL["prune_nonces"], KEPT_S)
        return used is not None
