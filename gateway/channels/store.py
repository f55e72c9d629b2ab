"""Order channels, and the results they wait for, in PostgreSQL."""

from typing import Any

from gateway.channels.rules import ChannelNotice, ChannelProduct, ChannelRow
from gateway.ground.sql.books import unreachable_is_unavailable
from gateway.ground.sql.declared import Statement, Statements


class SQL(Statements, file="channels/queries"):
    """Channels and notices."""

    accounts: Statement[[], ChannelRow]
    products: Statement[[], ChannelProduct]
    expect_order: Statement[[int, str, int, str], None]
    take_due: Statement[[int, float], ChannelNotice]
    record: Statement[[int, str, int, str, float | None, int, str | None], None]
    forget: Statement[[int, str, int], None]


class ChannelStore:
    """Channels and notices over a connection pool."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool

    async def accounts(self) -> list[ChannelRow]:
        """All channels."""
        with unreachable_is_unavailable():
            return await SQL.accounts.all(self._pool)

    async def products(self) -> list[ChannelProduct]:
        """What channels call our SKUs, where they have names of their own."""
        with unreachable_is_unavailable():
            return await SQL.products.all(self._pool)

    async def expect_order(
        self, partner_id: int, out_order_no: str, channel_id: int, notify_url: str
    ) -> None:
        """Commit where the result of an order goes, before the order is placed. Idempotent."""
        with unreachable_is_unavailable():
            await SQL.expect_order.run(self._pool, partner_id, out_order_no, channel_id, notify_url)

    async def take_due(self, limit: int, hold_s: float) -> list[ChannelNotice]:
        """Notices to look at; nobody else looks at them for `hold_s`."""
        with unreachable_is_unavailable():
            return await SQL.take_due.all(self._pool, limit, hold_s)

    async def record(
        self, notice: ChannelNotice, *, state: str, next_in_s: float | None, attempts: int = 0,
        error: str | None = None,
    ) -> None:  # fmt: skip
        """What became of looking; nothing if it has ended, or is expected, anew meanwhile."""
        with unreachable_is_unavailable():
            await SQL.record.run(
                self._pool, notice.partner_id, notice.out_order_no, notice.version, state,
                next_in_s, attempts, error,
            )  # fmt: skip

    async def forget(self, notice: ChannelNotice) -> None:
        """Its order was never accepted; nothing if it is expected anew meanwhile."""
        with unreachable_is_unavailable():
            await SQL.forget.run(self._pool, notice.partner_id, notice.out_order_no, notice.version)
