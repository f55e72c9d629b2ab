"""Somebody else decides: what was asked for is done with what was kept, in the one transaction.

So it is done once, whatever happens meanwhile: who comes second waits for the row and finds it
decided, and who dies has decided nothing.
"""

from dataclasses import dataclass
from typing import Any

import msgspec

from gateway.approvals.administration import SQL, LockedApproval
from gateway.approvals.asking import REDEEM_WITHIN_S, summed_up
from gateway.approvals.rules import OUT_OF_DATE
from gateway.approvals.show import read_approval_no, show_approval
from gateway.ground.desk.action import SHELL, Action, Change
from gateway.ground.desk.all_declared import all_declared
from gateway.ground.desk.job import Job, work
from gateway.ground.desk.perform import as_json, perform
from gateway.ground.desk.port import At, Transaction, not_found
from gateway.ground.desk.refusal import DeskRefusedError, KeptRefusalError, refused
from gateway.ground.desk.savepoint import in_one, undone
from gateway.ground.desk.words import in_words
from gateway.ground.errors import RefusedError
from gateway.operators.colleagues import colleagues, permissions_now, still_may
from gateway.operators.hands import hands_behind


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """What became of it; `result` is what was answered, or why it could not be done."""

    state: str
    result: dict[str, Any]


async def approve(at: At, approval: str, change: Change) -> dict[str, Any]:
    """Do it. Refused: to the requester and whoever could be himself, to whom may not do it, after
    its time, and when it is decided. Where the requester may not any more it is `stale`.
    """
    row = await _locked(at.db, approval)
    await _check_decider(at.db, row, change)
    if change.permissions is not None and row["permission"] not in change.permissions:
        raise refused("not-permitted", "approval-permission", permission=row["permission"])
    await _check_waits(at.db, row, approval)
    if not await _requester_may(at.db, row):
        await _decide(at.db, row, change, Ended(state="stale", result={}))
        raise KeptRefusalError(refused("stale", "stale", who=row["requested_by"]))
    await _decide(at.db, row, change, await _do(at, row, change))
    return await show_approval(at.db, approval)


async def refuse(at: At, approval: str, change: Change) -> dict[str, Any]:
    """It is not done, now or later. Refused as `approve` is."""
    row = await _locked(at.db, approval)
    await _check_decider(at.db, row, change)
    await _check_waits(at.db, row, approval)
    await _decide(at.db, row, change, Ended(state="refused", result={}))
    return await show_approval(at.db, approval)


async def hidden(at: At, approval: str, change: Change) -> Change:
    """Why somebody decides, without what may be kept nowhere: as what he decides about says."""
    row = await SQL.show_approval.one(at.db, read_approval_no(approval))
    action = None if row is None else _known_action(row["action"])
    if row is None or action is None or action.hides is None:
        return change
    given = msgspec.json.decode(row["parameters"], type=action.given)
    _, hiding = await action.hides(at, given, change)
    return hiding


async def _locked(db: Transaction, approval: str) -> LockedApproval:
    row = await SQL.lock_approval.one(db, read_approval_no(approval), REDEEM_WITHIN_S)
    if row is None:
        raise not_found("approval", approval)
    return row


async def _check_decider(db: Transaction, row: LockedApproval, change: Change) -> None:
    """That it is another person, and nobody whom the requester could be himself."""
    requester = row["requester_person"]
    if change.person.lower() == requester.lower():
        raise refused("not-permitted", "own-request", permission="approvals:approve")
    if change.permissions is None:
        return  # the shell: whoever has it has the key file, too
    others = await colleagues(db, requester, (), row["requested_at"])
    same = set(row["requester_hands"]) & set(await hands_behind(db, change))
    if same or change.actor not in {each["operator"] for each in others}:
        raise refused("not-permitted", "made-by-requester", permission="approvals:approve")


async def _check_waits(db: Transaction, row: LockedApproval, approval: str) -> None:
    if row["state"] != "waiting":
        raise refused("decided", "decided", approval=approval, state=row["state"])
    if row["is_over"]:
        await SQL.expire_approval.run(db, row["id"])
        raise KeptRefusalError(refused("expired", "expired", approval=approval))


async def _requester_may(db: Transaction, row: LockedApproval) -> bool:
    if row["requester_person"] == SHELL:
        return True
    return await still_may(db, row["requested_by"], row["permission"])


async def _do(at: At, row: LockedApproval, change: Change) -> Ended:
    """What was asked for, with the parameters that were kept, as its requester."""
    action = _action(row["action"])
    given = msgspec.json.decode(row["parameters"], type=action.given)
    shell = row["requester_person"] == SHELL
    asked = Change(
        actor=row["requested_by"],
        whence=row["requested_from"],
        reason=row["reason"],
        person=row["requester_person"],
        permissions=None if shell else await permissions_now(at.db, row["requested_by"]),
        how={
            **msgspec.json.decode(row["how"]),
            "approval": str(row["id"]),
            "approved_by": change.actor,
            "approved_from": change.whence,
        },
    )
    try:
        await _check_same(at.db, row, action, given)
        answer = await _answer(at, row, action, given, asked)
    except RefusedError as refusal:
        detail = in_words(refusal) if isinstance(refusal, DeskRefusedError) else str(refusal)
        state = "stale" if refusal.code in OUT_OF_DATE else "failed"
        return Ended(state=state, result={"error": {"code": refusal.code, "detail": detail}})
    shown = {name: value for name, value in answer.items() if name not in action.shows}
    if action.shows_anew is not None:
        shown["next"] = list(action.shows_anew(given))
    return Ended(state="done", result=shown)


async def _check_same(db: Transaction, row: LockedApproval, action: Action, given: Any) -> None:
    """That it would do what whoever approves has read."""
    if action.summed_up is None:
        return
    now = await summed_up(db, action, given, row["subject"])
    if now != row["summary"]:
        raise refused("refused", "other-than-read", now=now)


async def _answer(
    at: At, row: LockedApproval, action: Action, given: Any, asked: Change
) -> dict[str, Any]:
    if isinstance(action, Job):
        if await SQL.done_before.one(at.db, str(row["id"]), action.name, row["requested_at"]):
            return {}
        assert at.make_site is not None, "whoever approves says where jobs work"
        return dict(await work(action, given, asked, at.make_site))
    if action.step_up:  # it shows a secret: its requester does it himself
        async with undone(at.db):
            await (action.look or action.run)(at, given, asked)
        return {"redeem_within_s": REDEEM_WITHIN_S}
    async with in_one(at.db):
        return dict(await perform(action, at, given, asked))


async def _decide(db: Transaction, row: LockedApproval, change: Change, ended: Ended) -> None:
    await SQL.decide_approval.run(
        db, row["id"], ended.state, change.actor, change.person, change.whence, change.reason,
        as_json(ended.result) if ended.result else None, await hands_behind(db, change),
    )  # fmt: skip


def _action(name: str) -> Action:
    """The action of that name. Refused where a release has it no more."""
    known = _known_action(name)
    if known is None:
        raise refused("not-found", "no-action", action=name)
    return known


def _known_action(name: str) -> Action | None:
    return next((a for a in all_declared() if isinstance(a, Action) and a.name == name), None)
