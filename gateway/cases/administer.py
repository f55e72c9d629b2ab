"""What operators do with cases: each ends with the case as it is then."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from gateway.cases import decide, inbox
from gateway.cases.administration import SQL
from gateway.cases.asked import CaseAsked
from gateway.cases.open_case import open_case
from gateway.cases.rules import CaseKind, CaseState
from gateway.ground.command.tables import money
from gateway.ground.desk.action import Change, Summed
from gateway.ground.desk.port import At, Row, Transaction, by_index
from gateway.ground.desk.refusal import refused, wrong
from gateway.orders.administer import read_order_no

Shown = dict[str, Any]


def read_case_no(text: str) -> int:
    """The number behind a case_no. What no case can have is not found, like any other."""
    if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) < 2**63):
        raise refused("not-found", "case-unknown", "case_no", case_no=text)
    return int(text)


async def create(at: At, order_no: str, asked: CaseAsked, change: Change) -> Shown:
    """Open a case for a partner."""
    opened = await open_case(
        at.db, read_order_no(order_no), asked,
        partner_id=None, opened_by=change.actor, vault=at.secrecy.keys,
    )  # fmt: skip
    return await show(at.db, str(opened.case_id))


async def show(db: Transaction, case_no: str) -> Shown:
    """One case with everything that happened with it."""
    number = read_case_no(case_no)
    row = await SQL.show_case.one(db, number)
    if row is None:
        raise refused("not-found", "case-unknown", "case_no", case_no=case_no)
    task = None if row["task"] is None else json.loads(row["task"])
    return {**row, "task": task, "steps": await SQL.case_steps.all(db, number)}


async def list_cases(
    db: Transaction,
    *,
    partner: str | None,
    state: str | None,
    kind: str | None,
    order_no: str | None,
    assigned_to: str | None,
    only_open: bool,
    cursor: str | None,
    limit: int,
) -> Sequence[Row]:
    """The newest cases that match."""
    if state is not None and state not in set(CaseState):
        raise wrong("case-state", "state", value=state, known=", ".join(CaseState))
    if kind is not None and kind not in set(CaseKind):
        raise wrong("case-kind", "kind", value=kind, known=", ".join(CaseKind))
    order_id = None if order_no is None else read_order_no(order_no)
    await by_index(db)
    return await SQL.list_cases.all(
        db, partner, state, kind, order_id, assigned_to, only_open, cursor, limit
    )


async def beyond(at: At, case_no: str) -> bool:
    """Whether approving it wants a second person."""
    case = await decide.lock(at.db, read_case_no(case_no))
    return await decide.beyond_one(at.db, case, await decide.order_of(at.db, case))


async def summed_up(db: Transaction, case_no: str, *, void: bool, keep_codes: str | None) -> Summed:
    """What approving it does, as things are now."""
    row = await SQL.summed_up.only(db, read_case_no(case_no))
    is_refund, codes = row["kind"] == CaseKind.REFUND, None
    if row["codes"] is not None and (is_refund or row["kind"] == CaseKind.REISSUE):
        voids = row["amount"] is None or row["void"] or void
        keeps = is_refund and ((keep_codes or row["keep_codes"]) is not None or not voids)
        codes = "kept" if keeps else f"{row['codes']} {'struck out' if is_refund else 'replaced'}"
    return Summed(
        says={
            "kind": row["kind"],
            "amount": money(row["due"], row["currency"]) if is_refund else None,
            "codes": codes,
            "order_no": row["order_no"],
            "partner": row["partner"],
            "sku": f"{row['sku']} × {row['quantity']}",
        }
    )


async def approve(
    db: Transaction, case_no: str, change: Change, *, void: bool, keep_codes: str | None
) -> Shown:
    """Approve and act."""
    if void and keep_codes is not None:
        raise wrong("case-void-or-keep", "keep_codes")
    case = await decide.lock(db, read_case_no(case_no))
    order = await decide.order_of(db, case)
    await decide.approve_locked(
        db, case, order, change.actor, change.reason, void=void, keep_codes=keep_codes
    )
    return await _told(db, case_no, case["partner_id"])


async def refuse(db: Transaction, case_no: str, change: Change) -> Shown:
    """Refuse."""
    case = await decide.lock(db, read_case_no(case_no))
    await decide.refuse_locked(db, case, change.actor, change.reason)
    return await _told(db, case_no, case["partner_id"])


async def resolve(db: Transaction, case_no: str, change: Change) -> Shown:
    """End what is under way."""
    case = await decide.lock(db, read_case_no(case_no))
    await decide.resolve_locked(db, case, change.actor, change.reason)
    return await _told(db, case_no, case["partner_id"])


async def _told(db: Transaction, case_no: str, partner_id: int) -> Shown:
    await SQL.tell_case.run(db, partner_id, read_case_no(case_no))
    return await show(db, case_no)


async def take(db: Transaction, case_no: str, change: Change) -> Shown:
    """Mine from now on."""
    await inbox.take(db, read_case_no(case_no), change.actor)
    return await show(db, case_no)


async def take_next(db: Transaction, change: Change) -> Shown:
    """The next one for me, or none."""
    found = await inbox.next_for(db, change.actor)
    return {"case": None if found is None else await show(db, str(found))}


async def assign(db: Transaction, case_no: str, to: str, change: Change) -> Shown:
    """Somebody else's."""
    await inbox.assign(db, read_case_no(case_no), to, change.actor)
    return await show(db, case_no)


async def note(db: Transaction, case_no: str, text: str, change: Change) -> Shown:
    """What somebody found out."""
    await inbox.note(db, read_case_no(case_no), text, change.actor)
    return await show(db, case_no)


async def snooze(db: Transaction, case_no: str, until: datetime, change: Change) -> Shown:
    """Not before then."""
    await inbox.snooze(db, read_case_no(case_no), until, change.actor)
    return await show(db, case_no)


async def escalate(db: Transaction, case_no: str, change: Change) -> Shown:
    """Before others."""
    await inbox.escalate(db, read_case_no(case_no), change.actor, change.reason)
    return await show(db, case_no)
