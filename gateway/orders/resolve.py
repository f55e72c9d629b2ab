"""Decisions of people about orders that wait for one: one operator proposes, another approves.

The effect goes through the same settlement as an upstream's own news, so money and messages
follow by themselves.
"""

from typing import Any, Final

from gateway.ground.desk.port import Row, Statements, invalid
from gateway.ground.errors import RefusedError
from gateway.orders.administer import read_order_no
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
    db: Statements, order_no: str, *, verdict: str, by: str, reason: str, whence: str
) -> dict[str, Any]:
    """Propose how an order ends; nothing happens before another operator approves."""
    if verdict not in VERDICTS:
        raise invalid(f"unknown verdict {verdict!r}; there are {', '.join(VERDICTS)}")
    by, reason = _text("--by", by), _text("--reason", reason)
    number = read_order_no(order_no)
    order = await _order(db, number)
    if not order["from_upstream"]:
        raise RefusedError(
            "not-resolvable", "the order was delivered from stock at once: no upstream is to be "
            "asked, and a code that was shown cannot be taken back. Money is put right with "
            "`quangate account adjust`"
        )  # fmt: skip
    allowed = DECIDABLE[order["state"]] | ({"unchanged"} if order["parked"] else set())
    if verdict not in allowed:
        possible = f"only {', '.join(sorted(allowed))}" if allowed else "nothing is to be decided"
        raise RefusedError(
            "not-resolvable", f"the order is {order['state']}, so it cannot be resolved as "
            f"{verdict}: {possible}"
        )  # fmt: skip
    if verdict == "succeeded" and order["delivers_codes"]:
        raise RefusedError(
            "not-resolvable", "the order delivers codes, and nobody has them but the upstream: it "
            "is delivered by itself when the upstream gives them; else resolve it as failed"
        )  # fmt: skip
    partner_id = order["partner_id"]
    if await db.one("insert_resolution", partner_id, number, verdict, reason, by, whence) is None:
        pending = await db.one("pending_resolution", partner_id, number)
        raise RefusedError(
            "already-proposed",
            f"{pending['requested_by'] if pending else 'somebody'} has proposed a decision; "
            f"approve or withdraw it first",
        )
    return {"order_no": order_no, "as": verdict, "requested_by": by, "approved": False}


async def approve(db: Statements, order_no: str, *, by: str, whence: str) -> dict[str, Any]:
    """Approve and carry out what another operator proposed."""
    by = _text("--by", by)
    number = read_order_no(order_no)
    order = await _order(db, number)
    pending = await _pending(db, order, number, order_no)
    if pending["requested_by"].lower() == by.lower():
        raise RefusedError(
            "second-person-needed", f"{by} proposed it; somebody else has to approve"
        )
    done = await db.one(
        "resolve_order", order["partner_id"], number, pending["verdict"], pending["reason"]
    )
    outcome = "unknown" if done is None else done["outcome"]
    if outcome != "applied":
        raise RefusedError(
            "not-resolvable",
            f"the order has moved meanwhile ({outcome}); look with `quangate order show "
            f"{order_no}`, and withdraw the proposal",
        )
    await db.one("approve_resolution", pending["id"], by, outcome, whence)
    return {
        "order_no": order_no,
        "as": pending["verdict"],
        "requested_by": pending["requested_by"],
        "approved": True,
        "approved_by": by,
        "state": (await _order(db, number))["state"],
    }


async def withdraw(db: Statements, order_no: str) -> dict[str, Any]:
    """Take a proposal back; anybody may."""
    number = read_order_no(order_no)
    pending = await _pending(db, await _order(db, number), number, order_no)
    await db.one("withdraw_resolution", pending["id"])
    return {"order_no": order_no, "withdrawn": True}


async def cancel(db: Statements, order_no: str) -> dict[str, Any]:
    """Cancel and refund an order of which nothing was sent upstream; again: nothing more."""
    number = read_order_no(order_no)
    order = await _order(db, number)
    row = await db.one("cancel_order", order["partner_id"], number)
    if row is None or not row["cancelled"]:
        # Read again: somebody else may have been first.
        order = await _order(db, number)
        if order["state"] == "failed" and order["failure_code"] == CANCELLED:
            return {"order_no": order_no, "state": "failed"}
        raise RefusedError(
            "not-cancellable", f"the order is {order['state']}, or was sent to an upstream already"
        )
    return {"order_no": order_no, "state": "failed"}


async def _order(db: Statements, number: int) -> Row:
    row = await db.one("order_owner", number)
    if row is None:
        raise RefusedError("not-found", f"there is no order {number}; try `quangate order list`")
    return row


async def _pending(db: Statements, order: Row, number: int, order_no: str) -> Row:
    pending = await db.one("pending_resolution", order["partner_id"], number)
    if pending is None:
        raise RefusedError(
            "not-found",
            f"nobody has proposed a decision; `quangate order resolve {order_no} --as …` does",
        )
    return pending


def _text(option: str, text: str) -> str:
    text = text.strip()
    if not (1 <= len(text) <= TEXT_LENGTH_MAX and text.isprintable()):
        raise invalid(f"{option} needs 1 to {TEXT_LENGTH_MAX} printable characters")
    return text
