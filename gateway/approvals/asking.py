"""What waits: the ground's `SecondPersons`, asked at every door (gateway/ground/desk/second.py)."""

from typing import Any, Final

import msgspec

from gateway.approvals.administration import SQL
from gateway.approvals.rules import APPROVE, shown_as_asked, summary
from gateway.ground.desk.action import Action, Change, Summed
from gateway.ground.desk.administration import Transaction
from gateway.ground.desk.given import Given
from gateway.ground.desk.given import kept as said
from gateway.ground.desk.perform import as_json
from gateway.ground.desk.port import not_found
from gateway.ground.desk.refusal import refused
from gateway.operators.colleagues import colleagues
from gateway.operators.hands import hands_behind
from gateway.settings.administer import read_setting

WAITING_MAX: Final = 100  # of one requester at once
COUNTED_MAX: Final = 100
REDEEM_WITHIN_S: Final = 300.0


async def approvers(db: Transaction, action: Action, change: Change) -> list[str]:
    """The enabled operators who are somebody else and could approve it, by name."""
    found = await colleagues(db, change.person, {action.permission, APPROVE})
    hands = await hands_behind(db, change)
    return [each["operator"] for each in found if each["person"].lower() not in hands]


async def waiting_for(db: Transaction, person: str, permissions: frozenset[str]) -> int:
    """How many requests wait that somebody could decide; of more than 100 it is 100."""
    return await SQL.waiting_for.only(db, person, sorted(permissions), COUNTED_MAX)


async def waits_to_make(db: Transaction, action: str, name: str) -> str | None:
    """The number of a request that waits to make something of that name; None: there is none."""
    return await SQL.waits_to_make.one(db, action, name)


async def keep(
    db: Transaction, action: Action, given: Given, change: Change, subject: str
) -> tuple[dict[str, Any], bool]:
    """Let it wait for `approvals.ttl_s`; the request as it is shown, and whether it waited before.

    Who asks again for what waits has asked once: of two approvals both would be done.
    """
    await SQL.lock_requester.run(db, change.actor)
    parameters = parameters_of(given)
    waits = await SQL.same_waiting.one(db, change.actor, action.name, parameters)
    if waits is not None:
        return shown_as_asked(await SQL.show_approval.only(db, waits)), True
    if await SQL.waiting_of.only(db, change.actor, WAITING_MAX) >= WAITING_MAX:
        raise refused("too-many-waiting", "too-many-waiting", most=WAITING_MAX)
    if subject not in map(str, said(given).values()):
        subject = ""  # of what is not there yet
    number = await SQL.insert_approval.only(
        db, action.name, action.permission, subject, await summed_up(db, action, given, subject),
        parameters, change.actor, change.person, change.whence, as_json(change.how),
        change.reason, float(await read_setting(db, "approvals.ttl_s") or 0),
        await hands_behind(db, change),
    )  # fmt: skip
    return shown_as_asked(await SQL.show_approval.only(db, number)), False


async def summed_up(db: Transaction, action: Action, given: Given, subject: str) -> str:
    """What would be done now, as whoever approves reads it."""
    summed = Summed() if action.summed_up is None else await action.summed_up(db, given)
    return summary(action, given, subject, summed)


async def redeem(
    db: Transaction, approval: str, action: Action, given: Given, change: Change
) -> dict[str, Any]:
    """Use up an approval of just this: by its requester, once, within 5 minutes."""
    row = await SQL.lock_approval.one(db, int(approval), REDEEM_WITHIN_S)
    if row is None or row["requested_by"] != change.actor:
        raise not_found("approval", approval)
    if row["action"] != action.name or row["parameters"] != parameters_of(given):
        raise refused("other-approval", "other-approval", approval=approval)
    if row["state"] != "done":
        state = "expired" if row["state"] == "waiting" and row["is_over"] else row["state"]
        raise refused("not-approved", "not-approved", approval=approval, state=state)
    if row["redeemed"] or not row["is_fresh"]:
        raise refused("approval-used", "approval-used", approval=approval)
    await SQL.redeem_approval.run(db, row["id"])
    return {"approval": approval, "approved_by": row["decided_by"]}


def parameters_of(given: Given) -> str:
    """What is asked for, whatever the order it was said in."""
    return msgspec.json.encode(given, order="sorted").decode()
