"""An order's whole life on one page, and what may be done about it, in place."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from gateway.ground.desk.html.own_page import OwnPage
from gateway.ground.desk.port import At, Row
from gateway.ground.desk.rest.caller import Caller
from gateway.orders.life import Life, life_of, pieces_of

REVEAL: Final = "orders/{order_no}/reveal"
RESOLVE: Final = "orders/{order_no}/resolve"
CANCEL: Final = "orders/{order_no}/cancel"
OPEN_CASE: Final = "cases/create"
KNOWN: Final = (
    "partner", "out_order_no", "sku", "quantity", "account", "pool", "metadata", "details",
    "created_at", "updated_at",
)  # fmt: skip
# Parts of the page by their rows: what they are called, the noun of each row, its columns that
# people read first.
Part = tuple[str, str, Sequence[str]]
PARTS: Final[Mapping[str, Part]] = {
    "attempts": ("Attempts at upstreams", "attempt", (
        "attempt_no", "upstream", "product_id", "state", "upstream_no", "cost", "message",
        "queries", "sent_at",
    )),
    "callbacks": ("Callbacks of upstreams", "callback", (
        "id", "upstream", "attempt_no", "verdict", "hint", "times", "digest", "received_at",
    )),
    "entries": ("Money", "entry", (
        "id", "kind", "amount", "balance_after", "reference", "created_at",
    )),
    "webhooks": ("Messages to the partner", "webhook", (
        "id", "type", "state", "attempts", "last_status", "last_error", "next_attempt_at",
        "created_at",
    )),
    "cases": ("Cases", "case", (
        "case_no", "kind", "state", "reason", "outcome", "assigned_to", "refunded", "created_at",
    )),
    "resolutions": ("Decisions", "", (
        "verdict", "reason", "requested_by", "requested_at", "approved_by", "outcome",
    )),
    "reveals": ("Who saw codes", "reveals", (
        "id", "at", "via", "actor", "index", "reason", "approval",
    )),
}  # fmt: skip
SAID_PARTS: Final = (
    "Attempts at upstreams", "Callbacks of upstreams", "Money", "Messages to the partner",
    "Cases", "Decisions", "Who saw codes",
)  # fmt: skip


def offers(order: Row) -> Sequence[str]:
    """The forms of an order in their order, the nearest first; which fit it, each action says."""
    rest = (REVEAL, OPEN_CASE, CANCEL)
    return (RESOLVE, *rest) if order["parked"] is not None else (*rest, RESOLVE)


def _part(life: Life, name: str) -> Mapping[str, Any]:
    title, noun, columns = PARTS[name]
    more = {"currency": life.order["currency"]}
    rows = [{**row, **more} for row in life.parts[name]]
    if name == "entries":  # which are named with their partner's name
        rows = [{**row, "id": f"{life.order['partner']}:{row['id']}"} for row in rows]
    if name == "cases":
        rows = [{**row, "refunded": row["refunded_amount"]} for row in rows]
    return {"title": title, "noun": noun, "rows": rows, "columns": columns}


async def _life(at: At, asked: Mapping[str, str], _: Caller) -> Mapping[str, Any]:
    life = await life_of(at.db, asked["order_no"])
    pieces = await pieces_of(at.db, life.order)
    order = life.order
    known = {name: order[name] for name in KNOWN if order[name] is not None}
    return {
        "order": order,
        "known": known,
        "events": life.events,
        "pieces": pieces,
        "offers": offers(order),
        "thing": {**order, **life.parts, "pieces": pieces},
        "parts": [_part(life, name) for name in PARTS if life.parts[name]],
    }


PAGES: Final[Sequence[OwnPage]] = (
    OwnPage(
        path="orders/{order_no}",
        zh="订单",
        en="Order",
        template="orders/templates/life.html",
        read=_life,
        permission="orders:read",
        forms=(REVEAL, OPEN_CASE, CANCEL, RESOLVE),
    ),
)
