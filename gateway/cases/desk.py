"""Cases: the inbox, and deciding them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from msgspec import structs

from gateway.cases import administer as cases
from gateway.cases.administration import SQL
from gateway.cases.asked import CaseAsked
from gateway.cases.given import Approval, Assignment, Cases, NewCase, Note, Nothing, OneCase, Snooze
from gateway.cases.own_codes import Hide, hiding, hiding_of_case
from gateway.cases.rules import (
    CaseKind,
    CaseState,
    has_no_open_case,
    is_open,
    is_resolvable,
    is_undecided,
)
from gateway.ground.desk.action import Action, Change, Noun, Reason, SecondPerson, Summed, Trace
from gateway.ground.desk.given import Given
from gateway.ground.desk.port import At, Transaction
from gateway.ground.desk.view import Column, Page, SortKey, View
from gateway.orders.administer import read_order_no

CASE: Final = Noun(name="case", plural="cases", zh="售后", en="Case", key="case_no")
TAKE: Final = "cases:take"
DECIDE: Final = "cases:decide"
TEXTS: Final = ("reason", "detail", "text", "keep_codes")  # what people write
Run = Callable[[At, Any, Change], Awaitable[Mapping[str, Any]]]


def _number(given: Any, answer: Mapping[str, Any] | None) -> tuple[int] | None:
    number = getattr(given, "case_no", None) or _case_no(given, answer or {})
    return (cases.read_case_no(number),) if number else None


def _case_no(given: Any, answer: Mapping[str, Any]) -> str:
    """Of what was given; of a new one, and of the next one, the answer knows it."""
    case = answer.get("case") or answer
    return str(getattr(given, "case_no", None) or case.get("case_no") or "")


TRACE: Final = Trace(
    name="case", table="service_case", statement=SQL.trace_case, key=_number,
    left_out=(
        "partner_id", "out_case_no", "content_hash", "line", "reason", "detail", "position",
        "quantity", "amount", "recipient", "void", "keep_codes", "opened_by", "decided_at",
        "decision", "task", "created_at", "updated_at",
    ),
)  # fmt: skip


async def _hiding(at: At, given: Given) -> Hide:
    vault, case_no = at.secrecy.keys, getattr(given, "case_no", None)
    if case_no is not None:
        return await hiding_of_case(at.db, vault, cases.read_case_no(case_no))
    order_no = getattr(given, "order_no", None)
    number = 0 if order_no is None else read_order_no(order_no)
    return await hiding(at.db, vault, None, number)


async def _hide(at: At, given: Given, change: Change) -> tuple[Given, Change]:
    """Codes that somebody pasted are in no text that is kept, logged or told."""
    said = {name: getattr(given, name, None) for name in TEXTS}
    if not any((*said.values(), change.reason)):
        return given, change
    hide = await _hiding(at, given)
    hidden = {name: await hide(text) for name, text in said.items() if text is not None}
    why = await hide(change.reason)
    return structs.replace(given, **hidden), replace(change, reason=why)


async def _create(at: At, given: NewCase, change: Change) -> Mapping[str, Any]:
    asked = CaseAsked(
        out_case_no=given.out_case_no,
        kind=given.kind,
        reason=given.reason,
        detail=given.detail,
        quantity=given.quantity,
        amount=given.amount,
        recipient=given.recipient,
        index=given.index,
        void=given.void,
        keep_codes=given.keep_codes,
    )
    return await cases.create(at, given.order_no, asked, change)


async def _list(at: At, given: Cases) -> Sequence[Mapping[str, Any]]:
    return await cases.list_cases(
        at.db,
        partner=given.partner,
        state=given.state,
        kind=given.kind,
        order_no=given.order_no,
        assigned_to=given.assigned_to,
        only_open=given.open,
        cursor=given.cursor,
        limit=given.limit,
    )


async def _show(at: At, given: OneCase) -> Mapping[str, Any]:
    return await cases.show(at.db, given.case_no)


async def _beyond(at: At, given: Approval) -> bool:
    return await cases.beyond(at, given.case_no)


async def _approve(at: At, given: Approval, change: Change) -> Mapping[str, Any]:
    return await cases.approve(
        at.db, given.case_no, change, void=given.void, keep_codes=given.keep_codes
    )


async def _summed(db: Transaction, given: Approval) -> Summed:
    return await cases.summed_up(db, given.case_no, void=given.void, keep_codes=given.keep_codes)


async def _refuse(at: At, given: OneCase, change: Change) -> Mapping[str, Any]:
    return await cases.refuse(at.db, given.case_no, change)


async def _resolve(at: At, given: OneCase, change: Change) -> Mapping[str, Any]:
    return await cases.resolve(at.db, given.case_no, change)


async def _take(at: At, given: OneCase, change: Change) -> Mapping[str, Any]:
    return await cases.take(at.db, given.case_no, change)


async def _next(at: At, _: Nothing, change: Change) -> Mapping[str, Any]:
    return await cases.take_next(at.db, change)


async def _assign(at: At, given: Assignment, change: Change) -> Mapping[str, Any]:
    return await cases.assign(at.db, given.case_no, given.operator, change)


async def _note(at: At, given: Note, change: Change) -> Mapping[str, Any]:
    return await cases.note(at.db, given.case_no, given.text, change)


async def _snooze(at: At, given: Snooze, change: Change) -> Mapping[str, Any]:
    return await cases.snooze(at.db, given.case_no, given.until, change)


async def _escalate(at: At, given: OneCase, change: Change) -> Mapping[str, Any]:
    return await cases.escalate(at.db, given.case_no, change)


def _action(
    verb: str,
    doc: str,
    run: Run,
    *,
    permission: str,
    example: str,
    undo: str,
    given: type[Given] = OneCase,
    **more: Any,
) -> Action:
    return Action(
        noun=CASE, verb=verb, doc=doc, given=given,
        example=f"quangate case {verb} {example}".strip(), permission=permission, run=run,
        undo=undo, subject=_case_no, traces=(TRACE,), opens_vault=True, hides=_hide, **more,
    )  # fmt: skip


DECLARED: Final[Sequence[Action | View | Page]] = (
    View(
        noun=CASE,
        verb="list",
        doc="The newest cases that match.",
        given=Cases,
        example="quangate case list --open",
        permission="cases:read",
        columns=(
            Column(name="case_no", kind="id", zh="售后号", en="Case no."),
            Column(name="out_case_no", kind="id", zh="合作方售后号", en="Partner's number"),
            Column(name="order_no", kind="id", zh="订单号", en="Order no."),
            Column(name="partner", kind="id", zh="合作方", en="Partner"),
            Column(name="kind", kind="text", zh="类型", en="Kind", values=tuple(CaseKind)),
            Column(name="state", kind="text", zh="状态", en="State", values=tuple(CaseState)),
            Column(name="reason", kind="text", zh="原因", en="Reason"),
            Column(name="outcome", kind="text", zh="结果", en="Outcome"),
            Column(name="rule", kind="text", zh="规则", en="Rule"),
            Column(name="assigned_to", kind="id", zh="处理人", en="Assigned to"),
            Column(name="level", kind="number", zh="升级次数", en="Level", unit="times"),
            Column(name="snoozed_until", kind="time", zh="暂缓至", en="Snoozed until"),
            Column(name="deadline_at", kind="time", zh="截止时间", en="Deadline"),
            Column(name="refunded_amount", kind="money", zh="退款金额", en="Refunded"),
            Column(name="replaced", kind="number", zh="换码数", en="Replaced", unit="codes"),
            Column(name="created_at", kind="time", zh="创建时间", en="Created"),
            Column(name="updated_at", kind="time", zh="更新时间", en="Updated"),
        ),
        sort=(SortKey(columns=("id",), index="service_case_by_id", descending=True),),
        statement=SQL.list_cases,
        rows_as="cases",
        rows=_list,
        cursor="case_no",
    ),
    Page(
        noun=CASE,
        verb="show",
        doc="One case, what was decided, and everything that happened with it.",
        given=OneCase,
        example="quangate case show 248123456789012345",
        permission="cases:read",
        read=_show,
    ),
    _action(
        "create", "Open a case about an order for its partner; a rule may decide it at once.",
        _create,
        given=NewCase, permission="cases:create",
        example="248123456789012345 --kind refund --quantity 1 --reason 'sent twice'",
        undo="`quangate case refuse CASE_NO --reason …`, before it is approved.",
        reason=Reason.MEMBER,
        fits=has_no_open_case,
    ),
    _action(
        "next", "Take the case that waits longest; no two people get one.", _next,
        given=Nothing, permission=TAKE, example="", undo="`quangate case assign CASE_NO OPERATOR`.",
    ),
    _action(
        "take", "Take a case: nobody else can then.", _take,
        permission=TAKE, example="248123456789012345",
        undo="`quangate case assign CASE_NO OPERATOR`.",
        fits=is_open,
    ),
    _action(
        "assign", "Give a case to somebody.", _assign,
        given=Assignment, permission=TAKE, example="248123456789012345 lin",
        undo="`quangate case assign CASE_NO OPERATOR`, to who had it.",
        fits=is_open,
    ),
    _action(
        "note", "Write down what others should know of a case; partners do not see it.", _note,
        given=Note, permission=TAKE, example="248123456789012345 'asked the supplier'",
        undo="Not at all: notes stay; another one may put it right.",
        fits=is_open,
    ),
    _action(
        "snooze", "Let a case rest: nobody is given it before then.", _snooze,
        given=Snooze, permission=TAKE, example="248123456789012345 --until 2026-12-24T08:00:00Z",
        undo="`quangate case snooze CASE_NO --until …` with a time that is over.",
        fits=is_open,
    ),
    _action(
        "escalate", "Put a case before all others; nobody has it any more.", _escalate,
        permission=TAKE, example="248123456789012345", undo="`quangate case take CASE_NO`.",
        fits=is_open,
    ),
    _action(
        "approve",
        "Approve a case and do what it asks for, at once and wholly.\n\nA refund above"
        " `four_eyes.refund.CNY`, or more reissues than `cases.reissues_per_day`, waits for a"
        " second person. What was a code is struck out before money goes back, unless --keep-codes"
        " says why not.",
        _approve, given=Approval, permission=DECIDE,
        example="248123456789012345 --reason 'code was used up'",
        undo="Not at all, but for money:"
        " `quangate account adjust PARTNER --amount=… --reference … --reason …`.",
        reason=Reason.WANTED, second_person=SecondPerson.ABOVE_LIMIT, limit="refund",
        beyond=_beyond, summed_up=_summed,
        fits=is_undecided,
    ),
    _action(
        "refuse", "Refuse a case.", _refuse, permission=DECIDE,
        example="248123456789012345 --reason 'it was used'",
        undo="Not at all: the partner may open another one.", reason=Reason.WANTED,
        fits=is_undecided,
    ),
    _action(
        "resolve", "End a case that is under way: the platform answered, or a question has one.",
        _resolve, permission=DECIDE, example="248123456789012345 --reason 'they credited it'",
        undo="Not at all: the partner may open another one.", reason=Reason.WANTED,
        fits=is_resolvable,
    ),
)  # fmt: skip
