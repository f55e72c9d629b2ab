"""Looking at orders: where is this order, where did this cent go. Codes are never shown here."""

import json
from collections.abc import Sequence
from typing import Any

from gateway.ground.desk.port import Row, Statements, partner_id
from gateway.ground.desk.refusal import refused, wrong
from gateway.orders.rules import OrderState


async def show_order(db: Statements, order_no: str) -> dict[str, Any]:
    """One order with its attempts, its money and its messages."""
    number = read_order_no(order_no)
    row = await db.one("show_order", number)
    if row is None:
        raise refused("not-found", "no-order", "order_no", order_no=order_no)
    texts = {name: _parsed(row[name]) for name in ("failure", "metadata", "details")}
    return {
        **row,
        **texts,
        "attempts": await db.all("order_attempts", number),
        "resolutions": await db.all("order_resolutions", number),
        "entries": await db.all("order_entries", number),
        "webhooks": await db.all("order_webhooks", number),
    }


async def list_orders(
    db: Statements,
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
    await db.one("by_index")
    return await db.all("list_orders", partner, state, parked, cursor, limit)


def read_order_no(text: str) -> int:
    """The number behind an order_no. What no order can have is not found, like any other."""
    if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) < 2**63):
        raise refused("not-found", "no-order", "order_no", order_no=text)
    return int(text)


def _parsed(text: str | None) -> Any:
    return None if text is None else json.loads(text)
