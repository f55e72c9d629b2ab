"""Deciding a case: approve and act, refuse, resolve, withdraw. Of all at once one decides."""

from collections.abc import Callable, Mapping
from typing import Final

from gateway.cases.act import act, step
from gateway.cases.administration import SQL, LockedCase, OrderFacts
from gateway.cases.rules import UNDECIDED, CaseKind, CaseState, is_resolvable, is_undecided
from gateway.cases.settings import REISSUES_PER_DAY, REISSUES_PER_LINE
from gateway.ground.desk.port import Transaction
from gateway.ground.desk.refusal import DeskRefusedError, refused
from gateway.settings.administer import is_above_limit, read_setting

SOLD_OUT: Final = "sold-out"
REFUSED: Final = "refused"
WITHDRAWN: Final = "withdrawn"
RESOLVED: Final = "resolved"

# What stands in the way of acting, by what SQL says of it (routines_acting.sql).
STOPPED: Final[Mapping[str, Callable[[], DeskRefusedError]]] = {
    "no-codes": lambda: refused(REFUSED, "case-no-codes", "case_no"),
    "struck-out": lambda: refused(REFUSED, "case-struck-out", "case_no"),
    "under-way": lambda: refused(REFUSED, "case-under-way", "case_no"),
    "nothing-left": lambda: refused(REFUSED, "case-nothing-left", "case_no"),
    "came-to-nothing": lambda: refused(REFUSED, "case-nothing-to-send", "case_no"),
    "too-much": lambda: refused(REFUSED, "case-too-much", "case_no"),
}


async def lock(db: Transaction, case_id: int, partner_id: int | None = None) -> LockedCase:
    """A case, the caller's until its transaction ends; of this partner (None: whosever)."""
    case = await SQL.lock_case.one(db, partner_id, case_id)
    if case is None:
        raise refused("not-found", "case-unknown", "case_no", case_no=str(case_id))
    return case


async def order_of(db: Transaction, case: LockedCase) -> OrderFacts:
    """The order a case is about."""
    return await SQL.order_facts.only(db, case["partner_id"], case["order_id"])


async def beyond_one(db: Transaction, case: LockedCase, order: OrderFacts) -> bool:
    """Whether approving it wants a second person: a refund above its limit, or one reissue too
    many of the partner's day. The day's count is the caller's until its transaction ends.
    """
    if case["kind"] == CaseKind.REFUND:
        due = await SQL.refund_due.only(db, case["partner_id"], case["id"])
        return await is_above_limit(db, "refund", order["currency"], due)
    if case["kind"] == CaseKind.REISSUE:
        most = await read_setting(db, REISSUES_PER_DAY)
        return most is not None and await SQL.reissues_today.only(db, case["partner_id"]) >= most
    return False


async def approve_locked(
    db: Transaction,
    case: LockedCase,
    order: OrderFacts,
    actor: str,
    why: str | None,
    *,
    rule: str | None = None,
    void: bool = False,
    keep_codes: str | None = None,
) -> None:
    """Approve and act, all of it or nothing.

    A pool that has no other code ends the case: refused, `sold-out`. Whatever else stands in the
    way is refused to whoever approves, and the case stays as it was.
    """
    _check_undecided(case)
    await _check_line(db, case)
    await SQL.decide_case.run(
        db, case["partner_id"], case["id"], actor, why, void, keep_codes, rule
    )
    acted = await act(db, case, order)
    if acted.stopped == SOLD_OUT:
        await step(
            db, case, "moved", CaseState.REFUSED, actor, text=why, rule=rule, outcome=SOLD_OUT
        )
        return
    if acted.stopped is not None:
        raise STOPPED[acted.stopped]()
    if rule is None and case["state"] == CaseState.OPENED:
        await step(db, case, "moved", CaseState.IN_REVIEW, actor)
    await step(db, case, "moved", CaseState.APPROVED, actor, text=why, rule=rule)
    await step(db, case, "moved", CaseState.ACTING, actor)
    if acted.outcome is not None:
        await step(db, case, "moved", CaseState.RESOLVED, actor, outcome=acted.outcome)


async def refuse_locked(
    db: Transaction, case: LockedCase, actor: str, why: str | None, *, rule: str | None = None
) -> None:
    """Refuse what is not decided yet."""
    _check_undecided(case)
    await SQL.decide_case.run(db, case["partner_id"], case["id"], actor, why, False, None, rule)
    await step(db, case, "moved", CaseState.REFUSED, actor, text=why, rule=rule, outcome=REFUSED)


async def resolve_locked(db: Transaction, case: LockedCase, actor: str, why: str | None) -> None:
    """End what is under way: the platform has answered, or a person has seen to it.

    A question may be answered without being approved first.
    """
    state = CaseState(case["state"])
    if not is_resolvable(case):
        if is_undecided(case):
            raise refused(REFUSED, "case-decide-first", "case_no", state=case["state"])
        raise refused(REFUSED, "case-ended", "case_no", state=case["state"])
    if state in UNDECIDED:  # a question
        if state is CaseState.OPENED:
            await step(db, case, "moved", CaseState.IN_REVIEW, actor)
        await step(db, case, "moved", CaseState.APPROVED, actor)
        state = CaseState.APPROVED
    if state is not CaseState.ACTING:
        await step(db, case, "moved", CaseState.ACTING, actor)
    await SQL.answer_case.run(db, case["partner_id"], case["id"], why)
    outcome = "answered" if case["kind"] == CaseKind.QUESTION else RESOLVED
    await step(db, case, "moved", CaseState.RESOLVED, actor, text=why, outcome=outcome)


async def withdraw(db: Transaction, partner_id: int, case_id: int) -> bool:
    """The partner wants it no more; again: nothing more. False: it is decided already."""
    case = await lock(db, case_id, partner_id)
    state = CaseState(case["state"])
    if state is CaseState.WITHDRAWN:
        return True
    if state not in UNDECIDED:
        return False
    await step(db, case, "moved", CaseState.WITHDRAWN, "partner", outcome=WITHDRAWN)
    await SQL.tell_case.run(db, partner_id, case_id)
    return True


def _check_undecided(case: LockedCase) -> None:
    if not is_undecided(case):
        raise refused(
            REFUSED, "case-decided", "case_no", case_no=str(case["id"]), state=case["state"]
        )


async def _check_line(db: Transaction, case: LockedCase) -> None:
    if case["kind"] != CaseKind.REISSUE:
        return
    most = await read_setting(db, REISSUES_PER_LINE)
    done = await SQL.reissues_of_order.only(db, case["partner_id"], case["order_id"])
    if most is not None and done >= most:
        raise refused(
            REFUSED, "case-reissued-already", "case_no", case_no=str(case["id"]), most=most
        )
