"""Decisions of people about orders that wait for one; what they decide takes two (desk.py).

The effect goes through the same settlement as an upstream's own news, so money and messages
follow by themselves.
"""

from typing import Any, Final

from gateway.ground.command.tables import money
from gateway.ground.desk.action import Change, Summed
from gateway.ground.desk.port import Transaction
from gateway.ground.desk.refusal import DeskRefusedError, refused, wrong
from gateway.orders.administer import read_order_no
from gateway.orders.administration import SQL, OrderFacts
from gateway.orders.record import CANCELLED

VERDICTS: Final = ("succeeded", "failed", "reversed", "unchanged")
TEXT_LENGTH_MAX: Final = 500
# What a decision may be, by the order's state; a parked order may always be left as it is.
DECIDABLE: Final = {
    "processing": {"succeeded", "failed"},
    "uncertain": {"succeeded", "failed"},
    "delivered": {"reversed"},
    "partial": {"reversed"},
    "failed": set[str](),
    "reversed": set[str](),
}


async def resolve(
    db: Transaction, order_no: str, *, verdict: str, reason: str, change: Change
) -> dict[str, Any]:
    """Decide how an order ends; who wanted it, why, and who approved it are kept beside it."""
    if verdict not in VERDICTS:
        raise wrong("verdict", "as", value=verdict, known=", ".join(VERDICTS))
    reason = _text("reason", reason)
    number = read_order_no(order_no)
    order = await _order(db, number)
    if not order["from_upstream"]:
        raise refused("not-resolvable", "from-stock", "order_no", order_no=order_no)
    allowed = DECIDABLE[order["state"]] | ({"unchanged"} if order["parked"] else set())
    if not allowed:
        raise refused(
            "not-resolvable", "nothing-to-decide", "as", state=order["state"], value=verdict
        )
    if verdict not in allowed:
        raise refused(
            "not-resolvable", "verdict-of-state", "as",
            state=order["state"], value=verdict, known=", ".join(sorted(allowed)),
        )  # fmt: skip
    if verdict == "succeeded" and order["delivers_codes"]:
        raise refused("not-resolvable", "codes-nobody-has", "as", order_no=order_no)
    partner_id = order["partner_id"]
    outcome = await SQL.resolve_order.only(db, partner_id, number, verdict, reason)
    if outcome != "applied":
        raise refused(
            "not-resolvable", "moved-meanwhile", "order_no", order_no=order_no, outcome=outcome
        )
    approved_by = change.how.get("approved_by")
    await SQL.insert_resolution.run(
        db, partner_id, number, verdict, reason, change.actor, change.whence, approved_by,
        change.how.get("approved_from"), outcome,
    )  # fmt: skip
    return {
        "order_no": order_no,
        "as": verdict,
        "requested_by": change.actor,
        "approved_by": approved_by,
        "state": (await _order(db, number))["state"],
    }


async def summed_up(db: Transaction, order_no: str, verdict: str) -> Summed:
    """What deciding it so does, as things are now: nothing is kept of what was not delivered."""
    order = await _order(db, read_order_no(order_no))
    pays_back = order["kept"] if verdict in {"failed", "reversed"} else 0
    return Summed(
        says={
            "as": verdict,
            "pays back": money(pays_back, order["currency"]),
            "partner": order["partner"],
            "sku": f"{order['sku']} × {order['quantity']}",
        }
    )


async def cancel(db: Transaction, order_no: str) -> dict[str, Any]:
    """Cancel and refund an order of which nothing was sent upstream; again: nothing more."""
    number = read_order_no(order_no)
    order = await _order(db, number)
    if not await SQL.cancel_order.only(db, order["partner_id"], number):
        # Read again: somebody else may have been first.
        order = await _order(db, number)
        if order["state"] == "failed" and order["failure_code"] == CANCELLED:
            return {"order_no": order_no, "state": "failed"}
        raise refused("not-cancellable", "not-cancellable", "order_no", state=order["state"])
    return {"order_no": order_no, "state": "failed"}


async def _order(db: Transaction, number: int) -> OrderFacts:
    row = await SQL.order_owner.one(db, number)
    if row is None:
        raise refused("not-found", "no-order", "order_no", order_no=str(number))
    return row


def _text(field: str, text: str) -> str:
    text = text.strip()
    if not (1 <= len(text) <= TEXT_LENGTH_MAX and text.isprintable()):
        facts = {"shortest": 1, "longest": TEXT_LENGTH_MAX, "printable": True}
        raise DeskRefusedError("invalid-argument", field, facts)
    return text
