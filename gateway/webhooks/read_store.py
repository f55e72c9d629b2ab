"""Webhook messages for their partner: lists, replays, tests."""

from typing import Final

from gateway.ground.sql.books import unreachable_is_unavailable
from gateway.ground.sql.named_sql import queries
from gateway.ground.sql.pools import BoundedPool
from gateway.orders.record import ID_MAX
from gateway.webhooks.delivery import DeliveryFilter, DeliveryPage, DeliveryRecord

SQL = queries("webhooks/read_queries")
SCAN_MAX: Final = 10_000  # messages looked at for one page


class WebhookDesk:
    """What a partner may see of its messages and ask for, over the connections for partners."""

    def __init__(self, pool: BoundedPool) -> None:
        self._pool = pool

    async def page(self, partner_id: int, filter_: DeliveryFilter, limit: int) -> DeliveryPage:
        """Newest first, at most `limit`. Looks at SCAN_MAX messages at most."""
        before = ID_MAX if filter_.before_id is None else filter_.before_id
        key = (partner_id, before, limit + 1)
        pool, state, reached = self._pool.of(partner_id), filter_.state, None
        with unreachable_is_unavailable():
            if filter_.order_id is not None:
                rows = await pool.fetch(SQL["of_order"], *key, filter_.order_id, state)
            elif state is None:
                rows = await pool.fetch(SQL["page"], *key)
            elif state == "dead":
                rows = await pool.fetch(SQL["dead"], *key)
            else:
                reached = await pool.fetchval(SQL["reach"], partner_id, before, SCAN_MAX)
                rows = await pool.fetch(SQL["narrowed"], *key, state, reached or 0)
        records = [DeliveryRecord(**dict(row)) for row in rows[:limit]]
        return DeliveryPage(
            records=records, next_before_id=records[-1].id if len(rows) > limit else reached
        )

    async def one(self, partner_id: int, id_: int) -> DeliveryRecord | None:
        """The partner's message of that id."""
        with unreachable_is_unavailable():
            row = await self._pool.of(partner_id).fetchrow(SQL["one"], partner_id, id_)
        return None if row is None else DeliveryRecord(**dict(row))

    async def replay(self, partner_id: int, id_: int) -> bool:
        """Have the message sent again under its old webhook-id; False: there is none such."""
        with unreachable_is_unavailable():
            return (
                await self._pool.of(partner_id).fetchval(SQL["replay"], partner_id, id_) is not None
            )

    async def send_test(self, partner_id: int, id_: int, body: bytes) -> bool:
        """Queue a message of type `test`; False: there is no enabled endpoint."""
        with unreachable_is_unavailable():
            row = await self._pool.of(partner_id).fetchval(
                SQL["insert_test"], partner_id, id_, body
            )
        return row is not None
