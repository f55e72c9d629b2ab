"""Looking at orders: where is this order, where did this cent go. Codes are never shown here."""

import json
from collections.abc import Sequence
from typing import Any

from gateway.ground.desk.port import Row, Transaction, by_index, partner_id
from gateway.ground.desk.refusal import refused, wrong
from gateway.orders.administration import SQL
from gateway.orders.rules import OrderState


async def show_order(db: Transaction, order_no: str) -> dict[str, Any]:
    """One order with its attempts, its money and its messages."""
    number = read_order_no(order_no)
    row = await SQL.show_order.one(db, number)
    if row is None:
        raise refused("not-found", "no-order", "order_no", order_no=order_no)
    texts = {name: _parsed(row[name]) for name in ("failure", "metadata", "details")}
    return {
        **row,
        **texts,
        "attempts": await SQL.order_attempts.all(db, number),
        "resolutions": await SQL.order_resolutions.all(db, number),
        "entries": await SQL.order_entries.all(db, number),
        "webhooks": await SQL.order_webhooks.all(db, number),
    }


async def list_orders(
    db: Transaction,
    *,
    partner: str | None,
    state: str | None,
    parked: bool,
    cursor: str | None,
    limit: int,
) -> Sequence[Row]:
    """The newest orders that match, older than the order `cursor`; `parked`: only those that wait
    for a person.
    """
    if state is not None and state not in set(OrderState):
        raise wrong("order-state", "state", value=state, known=", ".join(OrderState))
    if partner is not None:
        await partner_id(db, partner)
    await by_index(db)
    return await SQL.list_orders.all(db, partner, state, parked, cursor, limit)


def read_order_no(text: str) -> int:
    """The number behind an order_no. What no order can have is not found, like any other."""
    if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) < 2**63):
        raise refused("not-found", "no-order", "order_no", order_no=text)
    return int(text)


def _parsed(text: str | None) -> Any:
    return None if text is None else json.loads(text)
