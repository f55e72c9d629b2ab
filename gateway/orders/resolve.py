"""Decisions of people about orders that wait for one: one operator proposes, another approves.

The effect goes through the same settlement as an upstream's own news, so money and messages
follow by themselves.
"""

from typing import Any, Final

from gateway.ground.desk.port import Transaction
from gateway.ground.desk.refusal import DeskRefusedError, refused, wrong
from gateway.orders.administer import read_order_no
from gateway.orders.administration import SQL, OrderFacts, PendingResolution
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


async def propose(
    db: Transaction, order_no: str, *, verdict: str, by: str, reason: str, whence: str
) -> dict[str, Any]:
    """Propose how an order ends; nothing happens before another operator approves."""
    if verdict not in VERDICTS:
        raise wrong("verdict", "as", value=verdict, known=", ".join(VERDICTS))
    by, reason = _text("by", by), _text("reason", reason)
    number = read_order_no(order_no)
    order = await _order(db, number)
    if not order["from_upstream"]:
        raise refused("not-resolvable", "from-stock", "order_no", order_no=order_no)
    allowed = DECIDABLE[order["state"]] | ({"unchanged"} if order["parked"] else set())
    if verdict not in allowed:
        raise refused(
            "not-resolvable", "verdict-of-state", "as",
            state=order["state"], value=verdict, allowed=sorted(allowed),
        )  # fmt: skip
    if verdict == "succeeded" and order["delivers_codes"]:
        raise refused("not-resolvable", "codes-nobody-has", "as", order_no=order_no)
    partner_id = order["partner_id"]
    if await SQL.insert_resolution.one(db, partner_id, number, verdict, reason, by, whence) is None:
        pending = await SQL.pending_resolution.one(db, partner_id, number)
        by = pending["requested_by"] if pending else "somebody"
        raise refused("already-proposed", "already-proposed", "order_no", by=by)
    return {"order_no": order_no, "as": verdict, "requested_by": by, "approved": False}


async def approve(db: Transaction, order_no: str, *, by: str, whence: str) -> dict[str, Any]:
    """Approve and carry out what another operator proposed."""
    by = _text("by", by)
    number = read_order_no(order_no)
    order = await _order(db, number)
    pending = await _pending(db, order, number, order_no)
    if pending["requested_by"].lower() == by.lower():
        raise refused("second-person-needed", "second-person-needed", "by", by=by)
    outcome = await SQL.resolve_order.only(
        db, order["partner_id"], number, pending["verdict"], pending["reason"]
    )
    if outcome != "applied":
        raise refused(
            "not-resolvable", "moved-meanwhile", "order_no", order_no=order_no, outcome=outcome
        )
    await SQL.approve_resolution.run(db, pending["id"], by, outcome, whence)
    return {
        "order_no": order_no,
        "as": pending["verdict"],
        "requested_by": pending["requested_by"],
        "approved": True,
        "approved_by": by,
        "state": (await _order(db, number))["state"],
    }


async def withdraw(db: Transaction, order_no: str) -> dict[str, Any]:
    """Take a proposal back; anybody may."""
    number = read_order_no(order_no)
    pending = await _pending(db, await _order(db, number), number, order_no)
    await SQL.withdraw_resolution.run(db, pending["id"])
    return {"order_no": order_no, "withdrawn": True}


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


async def _pending(
    db: Transaction, order: OrderFacts, number: int, order_no: str
) -> PendingResolution:
    pending = await SQL.pending_resolution.one(db, order["partner_id"], number)
    if pending is None:
        raise refused("not-found", "nothing-proposed", "order_no", order_no=order_no)
    return pending


def _text(field: str, text: str) -> str:
    text = text.strip()
    if not (1 <= len(text) <= TEXT_LENGTH_MAX and text.isprintable()):
        facts = {"shortest": 1, "longest": TEXT_LENGTH_MAX, "printable": True}
        raise DeskRefusedError("invalid-argument", field, facts)
    return text
