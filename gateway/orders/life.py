"""One order with everything that became of it: where is it, where did this cent go, who touched it.

Codes are never shown here. Each statement is a look by an index, however long the history is.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.ground.desk.port import Row, Transaction, by_bitmap
from gateway.ground.desk.refusal import refused
from gateway.orders.administer import read_order_no
from gateway.orders.life_administration import SQL, OrderEntry, OrderPiece, ShownOrder
from gateway.orders.timeline import Event, timeline

OURS = ("partner_id", "commit_no")  # what finds the rest, and means nothing to others


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """An order, its rows in other tables by what they are, and what happened."""

    order: Row
    parts: Mapping[str, Sequence[Row]]
    events: Sequence[Event]


async def show_order(db: Transaction, order_no: str) -> dict[str, Any]:
    """One order with its timeline and what it is made of."""
    life = await life_of(db, order_no)
    shown = {name: rows for name, rows in life.parts.items() if name != "changes"}
    return {**life.order, "timeline": [event.told() for event in life.events], **shown}


async def life_of(db: Transaction, order_no: str) -> Life:
    """Everything that is kept about a number. Raises DeskRefusedError."""
    number = read_order_no(order_no)
    row = await SQL.show_order.one(db, number)
    if row is None:
        raise refused("not-found", "no-order", "order_no", order_no=order_no)
    texts = {name: _parsed(row[name]) for name in ("failure", "metadata", "details")}
    order = {**{name: value for name, value in row.items() if name not in OURS}, **texts}
    parts = await _parts(db, number, row)
    return Life(order=order, parts=parts, events=timeline(order, parts))


async def pieces_of(db: Transaction, order: Row) -> Sequence[OrderPiece]:
    """Its codes by their places, never the codes; none where it is no order for codes."""
    if order["pool"] is None:
        return ()
    return await SQL.order_pieces.all(db, order["partner"], int(order["order_no"]))


async def order_entries(db: Transaction, order_no: str) -> tuple[str, Sequence[OrderEntry]] | None:
    """Whose an order is, and the movements of money for it; None: there is no such order."""
    number = read_order_no(order_no)
    row = await SQL.show_order.one(db, number)
    if row is None:
        return None
    entries = await SQL.order_entries.all(db, number, row["partner_id"], row["created_at"])
    return row["partner"], entries


async def _parts(db: Transaction, number: int, row: ShownOrder) -> dict[str, Sequence[Row]]:
    partner_id = row["partner_id"]
    return {
        "attempts": await SQL.order_attempts.all(db, number),
        "callbacks": await SQL.order_callbacks.all(db, number),
        "resolutions": await SQL.order_resolutions.all(db, partner_id, number),
        "entries": await SQL.order_entries.all(db, number, partner_id, row["created_at"]),
        "webhooks": await SQL.order_webhooks.all(db, number),
        "reveals": await _reveals(db, number, row),
        "cases": await SQL.order_cases.all(db, partner_id, number),
        "changes": await SQL.order_changes.all(db, str(number)),
    }


async def _reveals(db: Transaction, number: int, row: ShownOrder) -> Sequence[Row]:
    async with by_bitmap(db):
        return await SQL.order_reveals.all(db, number, row["commit_no"], row["partner"])


def _parsed(text: str | None) -> Any:
    return None if text is None else json.loads(text)
