"""Decisions of people about orders that wait for one; what they decide takes two (desk.py).

The effect goes through the same settlement as an upstream's own news, so money and messages
follow by themselves.
"""

from collections.abc import Mapping
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


def decidable(
    state: str, *, parked: bool, from_upstream: bool, delivers_codes: bool
) -> frozenset[str]:
    """How people may decide that an order ends; none: there is nothing to decide."""
    if not from_upstream:
        return frozenset()
    allowed = DECIDABLE[state] | ({"unchanged"} if parked else set())
    return frozenset(allowed - ({"succeeded"} if delivers_codes else set()))


def is_resolvable(order: Mapping[str, Any]) -> bool:
    """Whether anything of an order's life as pages have it can be decided."""
    return bool(
        decidable(
            order["state"],
            parked=order["parked"] is not None,
            from_upstream=bool(order["attempts"]),
            delivers_codes=order["account"] is None,
        )
    )


def is_cancellable(order: Mapping[str, Any]) -> bool:
    """Whether an order's life has an attempt of which nothing was sent: only that is taken back."""
    return any(attempt["state"] == "created" for attempt in order["attempts"])


async def resolve(
    db: Transaction, order_no: str, *, verdict: str, reason: str, change: Change
) -> dict[str, Any]:
    """Decide how an order ends; who wanted it, why, and who approved it are kept beside it."""
    if verdict not in VERDICTS:
        raise wrong("verdict", "as", value=verdict, known=", ".join(VERDICTS))
    reason = _text("reason", reason)
    number = read_order_no(order_no)
    order = await _order(db, number)
    _check_verdict(order, order_no, verdict)
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


def _check_verdict(order: OrderFacts, order_no: str, verdict: str) -> None:
    if not order["from_upstream"]:
        raise refused("not-resolvable", "from-stock", "order_no", order_no=order_no)
    state, parked = order["state"], bool(order["parked"])
    any_order = decidable(state, parked=parked, from_upstream=True, delivers_codes=False)
    if not any_order:
        raise refused("not-resolvable", "nothing-to-decide", "as", state=state, value=verdict)
    if verdict not in any_order:
        raise refused(
            "not-resolvable", "verdict-of-state", "as",
            state=state, value=verdict, known=", ".join(sorted(any_order)),
        )  # fmt: skip
    codes = order["delivers_codes"]
    if verdict not in decidable(state, parked=parked, from_upstream=True, delivers_codes=codes):
        raise refused("not-resolvable", "codes-nobody-has", "as", order_no=order_no)


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
