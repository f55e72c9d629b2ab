"""Cases, for their partner's own people."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, Final

from msgspec import Meta, structs

from gateway.cases import portal_cases as own
from gateway.cases.asked import CaseAsked
from gateway.cases.desk import CASE
from gateway.cases.given import OneCase
from gateway.cases.own_codes import hiding
from gateway.cases.portal_administration import SQL
from gateway.cases.rules import CaseKind, CaseState, is_undecided
from gateway.ground.desk.action import Action, Change, Reason
from gateway.ground.desk.given import Given
from gateway.ground.desk.kinds import Cursor, Limit, Number
from gateway.ground.desk.port import AMOUNT_MAX, At
from gateway.ground.desk.view import Column, Page, SortKey, View
from gateway.orders.administer import read_order_no
from gateway.orders.desk import OrderNo
from gateway.orders.rules import QUANTITY_MAX


class OwnCases(Given, frozen=True, kw_only=True):
    """Which cases."""

    state: Annotated[CaseState | None, Meta(description="Only those that stand so.")] = None
    order_no: Annotated[Number | None, Meta(description="Only about this order.")] = None
    cursor: Cursor = None
    limit: Limit = 50


class OwnCase(Given, frozen=True, kw_only=True):
    """A case that is to be."""

    order_no: OrderNo
    kind: Annotated[CaseKind, Meta(description="reissue, recipient, refund, upstream or question.")]
    reason: Annotated[
        Annotated[str, Meta(min_length=1, max_length=500)], Meta(description="What is wrong.")
    ]
    detail: Annotated[
        Annotated[str, Meta(max_length=2000)] | None,
        Meta(description="More of it; codes in it are made unreadable."),
    ] = None
    quantity: Annotated[
        Annotated[int, Meta(ge=1, le=QUANTITY_MAX)] | None,
        Meta(description="How many pieces are paid back, or codes replaced; without: all."),
    ] = None
    amount: Annotated[
        Annotated[int, Meta(ge=1, le=AMOUNT_MAX)] | None,
        Meta(description="So much is paid back, minor units; strikes out no codes."),
    ] = None
    recipient: Annotated[
        Annotated[str, Meta(min_length=1, max_length=128)] | None,
        Meta(description="The new number of a top-up."),
    ] = None


async def _hide(at: At, given: Any, change: Change) -> tuple[Any, Change]:
    """A code that somebody pasted is in no text that is kept."""
    hide = await hiding(at.db, at.secrecy.keys, at.own, read_order_no(given.order_no))
    texts = {name: await hide(getattr(given, name)) for name in TEXTS}
    why = await hide(change.reason)
    return structs.replace(given, **texts), replace(change, reason=why)


async def _list(at: At, given: OwnCases) -> Sequence[Mapping[str, Any]]:
    return await own.list_own(
        at, state=given.state, order_no=given.order_no, cursor=given.cursor, limit=given.limit
    )


async def _show(at: At, given: OneCase) -> Mapping[str, Any]:
    return await own.show_own(at, given.case_no)


async def _open(at: At, given: OwnCase, _: Change) -> Mapping[str, Any]:
    asked = CaseAsked(
        out_case_no=None,
        kind=given.kind,
        reason=given.reason,
        detail=given.detail,
        quantity=given.quantity,
        amount=given.amount,
        recipient=given.recipient,
    )
    return await own.open_own(at, given.order_no, asked)


async def _withdraw(at: At, given: OneCase, _: Change) -> Mapping[str, Any]:
    return await own.withdraw_own(at, given.case_no)


TEXTS: Final = ("reason", "detail")
DECLARED: Final[Sequence[Action | View | Page]] = (
    View(
        noun=CASE,
        verb="list",
        doc="Your cases, the newest first.",
        given=OwnCases,
        example="GET /portal/cases",
        permission="orders:read",
        columns=(
            Column(name="case_no", kind="id", zh="售后号", en="Case no."),
            Column(name="out_case_no", kind="id", zh="我方售后号", en="Our number"),
            Column(name="order_no", kind="id", zh="订单号", en="Order no."),
            Column(name="kind", kind="text", zh="类型", en="Kind", values=tuple(CaseKind)),
            Column(name="state", kind="text", zh="状态", en="State", values=tuple(CaseState)),
            Column(name="reason", kind="text", zh="原因", en="Reason"),
            Column(name="outcome", kind="text", zh="结果", en="Outcome"),
            Column(name="refunded_amount", kind="money", zh="退款金额", en="Refunded"),
            Column(name="replaced", kind="number", zh="换码数", en="Replaced", unit="codes"),
            Column(name="deadline_at", kind="time", zh="截止时间", en="Deadline"),
            Column(name="created_at", kind="time", zh="创建时间", en="Created"),
            Column(name="updated_at", kind="time", zh="更新时间", en="Updated"),
        ),
        sort=(SortKey(columns=("partner_id", "id"), index="service_case_pkey", descending=True),),
        statement=SQL.portal_cases,
        rows_as="cases",
        rows=_list,
        cursor="case_no",
        at_shell=False,
    ),
    Page(
        noun=CASE,
        verb="show",
        doc="One of your cases, and what was decided.",
        given=OneCase,
        example="GET /portal/cases/248123456789012345",
        permission="orders:read",
        read=_show,
        at_shell=False,
    ),
    Action(
        noun=CASE,
        verb="create",
        doc="Open a case about an order; a rule may decide it at once.",
        given=OwnCase,
        example="POST /portal/cases/create",
        permission="orders:write",
        run=_open,
        undo="Withdraw it, before it is decided.",
        subject=lambda given, answer: answer.get("case_no", given.order_no),
        kept=("case_no", "state"),
        reason=Reason.MEMBER,
        opens_vault=True,
        hides=_hide,
        at_shell=False,
    ),
    Action(
        noun=CASE,
        verb="withdraw",
        fits=is_undecided,
        doc="Withdraw a case that is not decided.",
        given=OneCase,
        example="POST /portal/cases/248123456789012345/withdraw",
        permission="orders:write",
        run=_withdraw,
        undo="Open another one.",
        subject=lambda given, _: given.case_no,
        kept=("state",),
        at_shell=False,
    ),
)
