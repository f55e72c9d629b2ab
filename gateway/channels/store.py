"""Order channels, and the results they wait for, in PostgreSQL."""

from typing import Any

from gateway.channels.rules import ChannelNotice, ChannelRow
from gateway.ground.sql.books import unreachable_is_unavailable
from gateway.ground.sql.named_sql import queries

SQL = queries("channels/queries")


class ChannelStore:
    """Channels and notices over a connection pool."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool

    async def accounts(self) -> list[ChannelRow]:
        """All channels."""
        with unreachable_is_unavailable():
            rows = await self._pool.fetch(SQL["accounts"])
        return [ChannelRow(**dict(row)) for row in rows]

    async def expect_order(
        self, partner_id: int, out_order_no: str, channel_id: int, notify_url: str
    ) -> None:
        """Commit where the result of an order goes, before the order is placed. Idempotent."""
        with unreachable_is_unavailable():
            await self._pool.execute(
                SQL["expect_order"], partner_id, out_order_no, channel_id, notify_url
            )

    async def take_due(self, limit: int, hold_s: float) -> list[ChannelNotice]:
        """Notices to look at; nobody else looks at them for `hold_s`."""
        with unreachable_is_unavailable():
            rows = await self._pool.fetch(SQL["take_due"], limit, hold_s)
        return [ChannelNotice(**dict(row)) for row in rows]

    async def settle(
        self, notice: ChannelNotice, *, state: str, next_in_s: float | None, attempts: int = 0,
        error: str | None = None,
    ) -> None:  # fmt: skip
        """What became of looking; nothing if the order has ended anew meanwhile."""
        with unreachable_is_unavailable():
            await self._pool.execute(
                SQL["settle"], notice.partner_id, notice.out_order_no, notice.version, state,
                next_in_s, attempts, error,
            )  # fmt: skip

    async def forget(self, notice: ChannelNotice) -> None:
        """Its order was never accepted."""
        with unreachable_is_unavailable():
            await self._pool.execute(SQL["forget"], notice.partner_id, notice.out_order_no)
