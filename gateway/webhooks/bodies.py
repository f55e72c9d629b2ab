"""Composing: the body of a message, as it will be for ever."""

from collections.abc import Sequence
from datetime import datetime

from gateway.ground.moment import rfc3339
from gateway.ground.sql.batcher import GroupCommit
from gateway.orders.line import Line
from gateway.orders.record import OrderRecord
from gateway.webhooks.message import Message, OrderJson, ReadOrders, message_body, order_of_line
from gateway.webhooks.rules import order_at_event


class Bodies:
    """Orders that are not in memory are read in groups."""

    def __init__(self, read_orders: ReadOrders, order_json: OrderJson) -> None:
        self._read_orders = read_orders
        self._order_json = order_json
        self._reading: GroupCommit[tuple[int, int], OrderRecord | None] = GroupCommit(
            self._read, calls_max=2, batch_max=256, waiting_max=200_000
        )

    async def compose(self, message: Message) -> bytes:
        """The body as it will be for ever: the order in the state that the event announced."""
        moment = _committed_at(message.line)
        if message.line is not None and moment is not None:
            record = order_of_line(message.line, moment)
            return message_body(message.type, rfc3339(moment), self._order_json(record), 1)
        assert message.order_id is not None  # messages about no order are stored with a body
        found = message.order or await self._reading.submit((message.partner_id, message.order_id))
        if found is None:
            raise RuntimeError(f"webhook {message.id} is about an order that does not exist")
        # The row was made in the transaction of the event, so they share the moment.
        moment = message.created_at or found.created_at
        record = order_at_event(found, message.type, moment)
        return message_body(
            message.type, rfc3339(moment), self._order_json(record), message.sequence
        )

    async def _read(self, keys: Sequence[tuple[int, int]]) -> Sequence[OrderRecord | None]:
        found = await self._read_orders(keys)
        return [found.get(key) for key in keys]


def _committed_at(line: Line | None) -> datetime | None:
    """When the line's order was committed, if that is known."""
    return datetime.fromisoformat(line.committed_at) if line and line.committed_at else None
