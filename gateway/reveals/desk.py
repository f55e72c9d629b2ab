"""Reveals: one code for one operator, and the log of all views."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Final

from msgspec import Meta, field

from gateway.cases.own_codes import hiding
from gateway.codes.desk import CODES
from gateway.ground.desk.action import Action, Change, Noun, Reason
from gateway.ground.desk.given import Given
from gateway.ground.desk.kinds import Cursor, Limit
from gateway.ground.desk.port import At, by_bitmap
from gateway.ground.desk.view import Column, Page, SortKey, View
from gateway.orders.administer import read_order_no
from gateway.orders.desk import OrderNo
from gateway.reveals import reveal as reveals
from gateway.reveals.administration import SQL

FEW: Final = 10_000
REVEALS: Final = Noun(name="reveals", plural="reveals", zh="查看记录", en="Views", key="id")


class OneCode(Given, frozen=True, kw_only=True):
    """One code of an order."""

    order_no: OrderNo
    index: Annotated[
        Annotated[int, Meta(ge=0, le=499)],
        Meta(description="Which of its codes, from 0.", extra={"told": True}),
    ] = 0


async def _hide(at: At, given: OneCode, change: Change) -> tuple[OneCode, Change]:
    """A code that somebody pasted into why he wants to see it is kept nowhere."""
    if change.reason is None:
        return given, change
    hide = await hiding(at.db, at.secrecy.keys, None, read_order_no(given.order_no))
    return given, replace(change, reason=await hide(change.reason))


class Reveals(Given, frozen=True, kw_only=True):
    """Which views."""

    actor: Annotated[
        str | None, Meta(description="Only by this operator, or with this API key.")
    ] = None
    order_no: Annotated[str | None, Meta(description="Only of this order's codes.")] = None
    since: Annotated[
        datetime | None, Meta(description="RFC 3339; inclusive.", extra={"metavar": "TIME"})
    ] = field(name="from", default=None)
    until: Annotated[
        datetime | None, Meta(description="RFC 3339; exclusive.", extra={"metavar": "TIME"})
    ] = field(name="to", default=None)
    cursor: Cursor = None
    limit: Limit = 50


async def _reveal(at: At, given: OneCode, change: Change) -> Mapping[str, Any]:
    return await reveals.reveal(at, given.order_no, given.index, change)


async def _look(at: At, given: OneCode, change: Change) -> None:
    await reveals.look(at, given.order_no, given.index, change)


async def _list(at: At, given: Reveals) -> Sequence[Mapping[str, Any]]:
    narrowed = (given.actor, given.since, given.until, given.cursor, given.limit)
    if given.order_no is None and given.actor is not None:
        async with by_bitmap(at.db):
            theirs = await SQL.reveals_by.all(at.db, given.actor, FEW + 1)
        if len(theirs) <= FEW:  # else the newest are found from the end
            return await SQL.reveals_of.all(
                at.db, given.actor, given.since, given.until, given.cursor, given.limit, theirs
            )
    if given.order_no is None:
        return await SQL.list_reveals.all(at.db, *narrowed)
    async with by_bitmap(at.db):
        return await SQL.reveals_of_order.all(at.db, *narrowed, read_order_no(given.order_no))


DECLARED: Final[Sequence[Action | View | Page]] = (
    Action(
        noun=CODES,
        verb="reveal",
        fits=lambda order: bool(order["pieces"]),
        doc="Show one code of an order, once, to who asked; who, when and why stay for ever."
        "\n\nBy token it waits for a second person; approved, it is asked for again with the"
        " approval, within 5 minutes. The 21st within an hour freezes whoever asks.",
        given=OneCode,
        example='POST /admin/v1/orders/248123456789012345/reveal {"index": 0, "reason": "wrong"}',
        permission=reveals.PERMISSION,
        run=_reveal,
        look=_look,
        hides=_hide,
        undo="Not at all: what was seen was seen; `quangate codes void` for what is unsold.",
        subject=lambda given, _: given.order_no,
        kept=("reveal",),
        reason=Reason.ASKED,
        step_up=True,
        opens_vault=True,
        shows=("code",),
        route="orders/{order_no}/reveal",
        at_shell=False,
    ),
    View(
        noun=REVEALS,
        verb="list",
        doc="Who saw which code, when and why: partners and operators; the newest first.",
        given=Reveals,
        example="quangate reveals list --order-no 248123456789012345",
        permission="reveals:read",
        columns=(
            Column(name="id", kind="id", zh="编号", en="No."),
            Column(name="reveal", kind="id", zh="链节", en="Link"),
            Column(name="at", kind="time", zh="时间", en="At"),
            Column(name="via", kind="text", zh="途径", en="Via"),
            Column(name="actor", kind="id", zh="查看人", en="Actor"),
            Column(name="order_no", kind="id", zh="订单号", en="Order no."),
            Column(name="index", kind="number", zh="序号", en="Index", unit="from 0"),
            Column(name="reason", kind="text", zh="原因", en="Reason"),
            Column(name="approval", kind="id", zh="审批", en="Approval"),
        ),
        sort=(SortKey(columns=("no",), index="reveal_pkey", descending=True),),
        statement=SQL.list_reveals,
        rows_as="reveals",
        rows=_list,
        cursor="id",
        names_end=True,
    ),
)
