"""Working through cases: whose one is, what was noted, what waits until later or for others."""

from datetime import datetime

from gateway.cases.act import step
from gateway.cases.administration import SQL, LockedCase
from gateway.cases.decide import lock
from gateway.cases.rules import CaseState, is_open
from gateway.ground.desk.port import Transaction
from gateway.ground.desk.refusal import refused, wrong


async def take(db: Transaction, case_id: int, who: str) -> None:
    """It is somebody's from now on, and nobody else's; again: nothing more."""
    case = await _open(db, case_id)
    if case["assigned_to"] not in {None, who}:
        raise refused(
            "refused", "case-taken", "case_no", case_no=str(case_id), by=case["assigned_to"]
        )
    await _give(db, case, who, who, "taken")


async def next_for(db: Transaction, who: str) -> int | None:
    """The case that waits longest, of those escalated most, is somebody's now; None: none waits.

    Nobody waits for another one who asks, and no two get one.
    """
    found = await SQL.next_case.one(db)
    if found is None:
        return None
    await _give(db, await lock(db, found), who, who, "taken")
    return found


async def assign(db: Transaction, case_id: int, to: str, who: str) -> None:
    """Give it to somebody, from whoever has it."""
    if not await SQL.is_operator.only(db, to):
        raise wrong("case-assignee", "operator", operator=to)
    await _give(db, await _open(db, case_id), to, who, "assigned")


async def note(db: Transaction, case_id: int, text: str, who: str) -> None:
    """Something that whoever works at it should know; partners are not told."""
    await step(db, await lock(db, case_id), "noted", None, who, text=text)


async def snooze(db: Transaction, case_id: int, until: datetime, who: str) -> None:
    """Nobody is given it before then."""
    case = await _open(db, case_id)
    await SQL.snooze_case.run(db, case["partner_id"], case_id, until)
    await step(db, case, "snoozed", None, who, text=f"until {until.isoformat()}")


async def escalate(db: Transaction, case_id: int, who: str, why: str | None) -> None:
    """Put it before others; nobody has it any more."""
    case = await _open(db, case_id)
    await SQL.escalate_case.run(db, case["partner_id"], case_id)
    await step(db, case, "escalated", None, who, text=why)


async def _give(db: Transaction, case: LockedCase, to: str, who: str, what: str) -> None:
    if case["assigned_to"] == to:
        return
    await SQL.assign_case.run(db, case["partner_id"], case["id"], to)
    reviewed = case["state"] == CaseState.OPENED
    await step(
        db, case, what, CaseState.IN_REVIEW if reviewed else None, who,
        text=None if to == who else f"to {to}",
    )  # fmt: skip
    if reviewed:
        await SQL.tell_case.run(db, case["partner_id"], case["id"])


async def _open(db: Transaction, case_id: int) -> LockedCase:
    case = await lock(db, case_id)
    if not is_open(case):
        raise refused("refused", "case-ended", "case_no", case_no=str(case_id), state=case["state"])
    return case
