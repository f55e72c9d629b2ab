"""Cancelling an order for its partner: only while nothing was sent upstream."""

from collections.abc import Awaitable, Callable
from enum import StrEnum

import msgspec

from gateway.catalog.rules import Key
from gateway.orders.finding import OrderDesk, View
from gateway.orders.record import OrderRecord
from gateway.orders.rules import TERMINAL


class KeptReason(StrEnum):
    """Why an order is not cancelled."""

    NOT_FOUND = "not-found"  # or another partner's
    CODES_DELIVERED = "codes-delivered"
    ENDED = "ended"
    SENT = "sent"  # to an upstream
    LOST = "lost"  # it was there a moment ago: a bug of ours


class Kept(msgspec.Struct, frozen=True):
    """An order that stays as it is, its state if there is one, and why."""

    reason: KeptReason
    state: str = ""


class Cancellation:
    """Cancels and refunds orders; `cancel` does it in the books, False: too late."""

    def __init__(self, desk: OrderDesk, cancel: Callable[[int, int], Awaitable[bool]]) -> None:
        self._desk = desk
        self._cancel = cancel

    async def cancel(self, key: Key, order_id: int) -> OrderRecord | Kept:
        """The order, cancelled now or before; or why it is not."""
        view = View(
            partner_id=key.partner_id,
            order_id=order_id,
            key_id=key.key_id,
            with_codes=False,
            via="cancel",
        )
        shown = await self._desk.show(view)
        if shown is None:
            return Kept(KeptReason.NOT_FOUND)
        if shown.record.is_cancelled:
            return shown.record
        if shown.record.pool_id is not None:
            return Kept(KeptReason.CODES_DELIVERED)
        cancelled = await self._cancel(key.partner_id, order_id)
        shown = await self._desk.show(view)
        if shown is None:
            return Kept(KeptReason.LOST)
        record = shown.record
        if cancelled or record.is_cancelled:  # by us, or by somebody else meanwhile
            return record
        ended = record.state in TERMINAL
        return Kept(KeptReason.ENDED if ended else KeptReason.SENT, record.state)
