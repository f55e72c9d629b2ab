"""What becomes of an action that somebody asks for: done, or kept until somebody else approves.

Command line and API come through here, so that both go by one table (gate.py).
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Final

from gateway.ground.desk.action import Action, Change
from gateway.ground.desk.gate import Asking, Verdict, Way, judge
from gateway.ground.desk.given import Given, check, kept
from gateway.ground.desk.perform import At, check_reason, perform, seen, with_reason, write_down
from gateway.ground.desk.refusal import DeskRefusedError, KeptRefusalError, refused
from gateway.ground.desk.savepoint import undone
from gateway.ground.desk.second import second_persons
from gateway.ground.sql.declared import Row

ASKED: Final = "approval.ask"  # the row of the log of changes of what waits
Check = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An answer. `waits`: nothing was done, it has the request that waits for somebody else.

    `refusal` is raised by the door when the transaction is over: what was written down stays.
    """

    answer: Row
    waits: bool = False
    refusal: DeskRefusedError | None = None


async def ask(
    action: Action,
    at: At,
    given: Given,
    change: Change,
    *,
    stepped_up: bool = False,
    approval: str | None = None,
    check_first: Check | None = None,
) -> Asked:
    """Do it, or let it wait. Refused, it raises, and nothing of it may be kept.

    `approval` is one of just this, used up by doing it now. `check_first` as of `perform`.
    """
    if action.hides is not None:
        check(given)
        given, change = await action.hides(at, given, change)
    if approval is not None:
        how = await second_persons().redeem(at.db, approval, action, given, change)
        change, waiting = replace(change, how={**change.how, **how}), None
    else:
        change, waiting = await weigh(
            action, at, given, change, stepped_up=stepped_up, check_first=check_first
        )
    if waiting is not None:
        return waiting
    try:
        return Asked(answer=await perform(action, at, given, change, check_first))
    except KeptRefusalError as stays:
        refusal = stays.refusal
        subject = action.subject(given, {})
        after = {"refused": refusal.code}
        await write_down(at.db, change, action.name, subject, given=kept(given), after=after)
        return Asked(answer={}, refusal=refusal)


async def weigh(
    action: Action,
    at: At,
    given: Given,
    change: Change,
    *,
    stepped_up: bool = False,
    check_first: Check | None = None,
) -> tuple[Change, Asked | None]:
    """The change to do it with now; or the answer of what waits. May refuse, as `ask` does."""
    check(given)
    beyond = action.beyond is not None and await action.beyond(at, given)
    asking = Asking(
        way=Way(change.how["via"]),
        permissions=change.permissions or frozenset(),
        has_reason=True,  # whoever reads a request has looked
        stepped_up=stepped_up,
        beyond=beyond,
        others=True,
    )
    verdict = judge(action, asking)
    if verdict is Verdict.WAIT:
        others = await second_persons().approvers(at.db, action, change)
        verdict = judge(action, replace(asking, others=bool(others)))
    if verdict is Verdict.WAIT:
        return await _let_wait(action, at, given, change, check_first)
    if verdict is Verdict.DO_ALONE:
        return replace(change, how={**change.how, "alone": True}), None
    if verdict is Verdict.NOBODY_TO_APPROVE:
        raise refused("nobody-to-approve", "nobody-to-approve", permission=action.permission)
    if verdict is not Verdict.DO:
        raise refused(verdict.value, "not-now")
    return change, None


async def _let_wait(
    action: Action, at: At, given: Given, change: Change, check_first: Check | None
) -> tuple[Change, Asked | None]:
    """Look first whether it could be done now: what is refused anyway is nobody's to approve."""
    change = with_reason(action, given, change)
    check_reason(change.reason)
    subject = action.subject(given, {}) if action.look is not None else ""
    async with undone(at.db):
        if action.look is not None:
            await action.look(at, given, change)
        else:
            await seen(action, at.db, given, None)
        if check_first is not None:
            await check_first()
        if action.look is None:
            answer = await action.run(at, given, change)
            if "replayed" in answer:
                return change, None  # what changes nothing waits for nobody
            subject = action.subject(given, answer)
    row, waited = await second_persons().keep(at.db, action, given, change, subject)
    if not waited:
        await write_down(at.db, change, ASKED, row["id"], given=kept(given), after=row)
    return change, Asked(answer={"approval": row}, waits=True)
