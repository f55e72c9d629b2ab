"""What operators do with holds; codes are never shown here."""

import json
from collections.abc import Sequence
from typing import Any

from gateway.ground.desk.port import Row, Transaction, partner_id
from gateway.ground.desk.refusal import DeskRefusedError, refused
from gateway.holds.administration import SQL
from gateway.holds.rules import HoldState


async def list_holds(
    db: Transaction,
    *,
    partner: str | None,
    state: str | None,
    sku: str | None,
    cursor: str | None,
    limit: int,
) -> Sequence[Row]:
    """The newest holds that match, older than the hold `cursor`."""
    if partner is not None:
        await partner_id(db, partner)
    return await SQL.list_holds.all(db, partner, state, sku, cursor, limit)


async def show_hold(db: Transaction, hold_no: str) -> dict[str, Any]:
    """One hold, and how many codes it has now."""
    row = await SQL.show_hold.one(db, read_hold_no(hold_no))
    if row is None:
        raise _not_found(hold_no)
    return {**row, "details": json.loads(row["details"]) if row["details"] else None}


async def release_hold(db: Transaction, hold_no: str) -> dict[str, Any]:
    """Give one back before its time. Refused when it is not held any more."""
    number = read_hold_no(hold_no)
    owner = await SQL.hold_owner.one(db, number)
    if owner is None:
        raise _not_found(hold_no)
    before = await SQL.show_hold.one(db, number)
    state = await SQL.end_hold_by_hand.one(db, owner, number)
    if state != HoldState.RELEASED or before is None or before["state"] == HoldState.RELEASED:
        raise refused("not-releasable", "hold-is-over", state=state)
    return {"hold_no": hold_no, "state": state}


def read_hold_no(text: str) -> int:
    """The number behind a hold_no. What no hold can have is not found, like any other."""
    if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) < 2**63):
        raise _not_found(text)
    return int(text)


def _not_found(hold_no: str) -> DeskRefusedError:
    return DeskRefusedError("not-found", "hold_no", {"noun": "hold", "name": hold_no})
