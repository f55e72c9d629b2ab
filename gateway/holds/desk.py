"""Holds: looked at, and given back before their time."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, TypeAlias

from msgspec import Meta

from gateway.ground.desk.action import Action, Change, Noun, Reason, Trace
from gateway.ground.desk.fits import state_is
from gateway.ground.desk.given import Given
from gateway.ground.desk.kinds import Cursor, Limit, OnlyPartner
from gateway.ground.desk.port import At
from gateway.ground.desk.view import Column, Page, SortKey, View
from gateway.holds import administer as holds
from gateway.holds.administration import SQL
from gateway.holds.rules import HoldState

HOLD: Final = Noun(name="hold", plural="holds", zh="预留", en="Hold", key="hold_no")
HoldNo: TypeAlias = Annotated[
    str,
    Meta(description="Our number of the hold.", extra={"argument": True, "metavar": "HOLD_NO"}),
]
TRACE: Final = Trace(
    name="hold",
    table="hold",
    statement=SQL.trace_hold,
    key=lambda given, _: (holds.read_hold_no(given.hold_no),),
    left_out=("content_hash", "seqs", "account", "buyer_id", "buyer_ip", "details"),
)


class OneHold(Given, frozen=True, kw_only=True):
    """A hold there is."""

    hold_no: HoldNo


class Holds(Given, frozen=True, kw_only=True):
    """Which holds."""

    partner: OnlyPartner = None
    state: Annotated[
        str | None,
        Meta(
            description="held, confirmed, released, expired, late_confirmed, late_refused.",
        ),
    ] = None
    sku: Annotated[str | None, Meta(description="Only of this SKU.")] = None
    cursor: Cursor = None
    limit: Limit = 50


async def _show(at: At, given: OneHold) -> Mapping[str, Any]:
    return await holds.show_hold(at.db, given.hold_no)


async def _list(at: At, given: Holds) -> Sequence[Mapping[str, Any]]:
    return await holds.list_holds(
        at.db,
        partner=given.partner,
        state=given.state,
        sku=given.sku,
        cursor=given.cursor,
        limit=given.limit,
    )


async def _release(at: At, given: OneHold, _: Change) -> Mapping[str, Any]:
    return await holds.release_hold(at.db, given.hold_no)


DECLARED: Final[Sequence[Action | View | Page]] = (
    View(
        noun=HOLD,
        verb="list",
        doc="The newest holds that match.",
        given=Holds,
        example="quangate hold list --state held",
        permission="holds:read",
        columns=(
            Column(name="hold_no", kind="id", zh="预留号", en="Hold no."),
            Column(name="out_hold_no", kind="id", zh="合作方预留号", en="Partner's number"),
            Column(name="partner", kind="id", zh="合作方", en="Partner"),
            Column(name="sku", kind="id", zh="商品", en="SKU"),
            Column(name="quantity", kind="number", zh="数量", en="Quantity", unit="pieces"),
            Column(name="amount", kind="money", zh="金额", en="Amount"),
            Column(name="state", kind="text", zh="状态", en="State", values=tuple(HoldState)),
            Column(name="order_no", kind="id", zh="订单号", en="Order no."),
            Column(name="expires_at", kind="time", zh="到期时间", en="Until"),
            Column(name="created_at", kind="time", zh="创建时间", en="Created"),
        ),
        sort=(SortKey(columns=("partner_id", "id"), index="hold_pkey", descending=True),),
        statement=SQL.list_holds,
        rows_as="holds",
        rows=_list,
        cursor="hold_no",
    ),
    Page(
        noun=HOLD,
        verb="show",
        doc="One hold, and how many codes it has now; never its codes.",
        given=OneHold,
        example="quangate hold show 248123456789012345",
        permission="holds:read",
        read=_show,
    ),
    Action(
        noun=HOLD,
        verb="release",
        fits=state_is(HoldState.HELD),
        doc="Give a hold back before its time: its goods are free again.",
        given=OneHold,
        example="quangate hold release 248123456789012345",
        permission="holds:release",
        run=_release,
        undo="Not at all: the partner may hold it again.",
        subject=lambda given, _: given.hold_no,
        traces=(TRACE,),
        reason=Reason.ASKED,
    ),
)
