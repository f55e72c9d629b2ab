"""What operators do with holds; codes are never shown here."""

import json
from collections.abc import Sequence
from typing import Any

from gateway.ground.desk.port import Row, Statements, partner_id
from gateway.ground.desk.refusal import DeskRefusedError, refused
from gateway.holds.rules import HoldState


async def list_holds(
    db: Statements,
    *,
    partner: str | None,
    state: str | None,
    sku: str | None,
    cursor: str | None,
    limit: int,
) -> Sequence[Row]:
    """The newest holds that match, older than the hold `cursor`."""
    if state is not None and state not in set(HoldState):
        facts = {"form": f"one of {', '.join(HoldState)}", "value": state}
        raise DeskRefusedError("invalid-argument", "state", facts)
    if partner is not None:
        await partner_id(db, partner)
    return await db.all("list_holds", partner, state, sku, cursor, limit)


async def show_hold(db: Statements, hold_no: str) -> dict[str, Any]:
    """One hold, and how many codes it has now."""
    row = await db.one("show_hold", read_hold_no(hold_no))
    if row is None:
        raise _not_found(hold_no)
    return {**row, "details": json.loads(row["details"]) if row["details"] else None}


async def release_hold(db: Statements, hold_no: str) -> dict[str, Any]:
    """Give one back before its time. Refused when it is not held any more."""
    number = read_hold_no(hold_no)
    owner = await db.one("hold_owner", number)
    if owner is None:
        raise _not_found(hold_no)
    before = await db.one("show_hold", number)
    done = await db.one("end_hold_by_hand", owner["partner_id"], number)
    state = None if done is None else done["state"]
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
