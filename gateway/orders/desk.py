"""Orders: looked at, decided, cancelled. Codes are never shown here."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, TypeAlias

from msgspec import Meta, field

from gateway.ground.desk.action import Action, Change, Noun, Reason, SecondPerson, Summed, Trace
from gateway.ground.desk.given import Given
from gateway.ground.desk.kinds import Cursor, Limit, OnlyPartner
from gateway.ground.desk.port import At, Transaction
from gateway.ground.desk.view import Column, Page, SortKey, View
from gateway.orders import administer as orders
from gateway.orders import resolve as resolutions
from gateway.orders.administer import read_order_no
from gateway.orders.administration import SQL
from gateway.orders.life import show_order
from gateway.orders.rules import OrderState

ORDER: Final = Noun(name="order", plural="orders", zh="订单", en="Order", key="order_no")
OrderNo: TypeAlias = Annotated[
    str,
    Meta(description="Our number of the order.", extra={"argument": True, "metavar": "ORDER_NO"}),
]


def _number(given: Any, _: Any) -> tuple[int]:
    return (read_order_no(given.order_no),)


# The attempt first: whoever moves an order locks its attempt.
TRACES: Final = (
    Trace(
        name="attempt",
        table="attempt",
        statement=SQL.trace_attempt,
        key=_number,
        left_out=("account", "message", "owner"),
    ),
    Trace(
        name="order",
        table="orders",
        statement=SQL.trace_order,
        key=_number,
        left_out=(
            "content_hash",
            "seqs",
            "current_seqs",
            "account",
            "recipient",
            "metadata",
            "details",
            "commit_no",
        ),
    ),
    Trace(name="resolution", table="resolution", statement=SQL.trace_resolution, key=_number),
)


class OneOrder(Given, frozen=True, kw_only=True):
    """An order there is."""

    order_no: OrderNo


class Orders(Given, frozen=True, kw_only=True):
    """Which orders."""

    partner: OnlyPartner = None
    state: Annotated[
        str | None,
        Meta(description="processing, uncertain, delivered, partial, failed, reversed."),
    ] = None
    parked: Annotated[bool, Meta(description="Only contradictions that wait for a person.")] = False
    sku: Annotated[str | None, Meta(description="Only of this SKU.")] = None
    out_order_no: Annotated[
        str | None, Meta(description="Only the partners' orders of this number of theirs.")
    ] = None
    cursor: Cursor = None
    limit: Limit = 50


class Decision(Given, frozen=True, kw_only=True):
    """How an order ends."""

    order_no: OrderNo
    verdict: Annotated[
        str,
        Meta(
            description="succeeded or failed; of a delivered order: reversed;"
            " of a parked one: unchanged."
        ),
    ] = field(name="as")
    reason: Annotated[str, Meta(description="Why; kept with the order.")]


async def _show(at: At, given: OneOrder) -> Mapping[str, Any]:
    return await show_order(at.db, given.order_no)


async def _list(at: At, given: Orders) -> Sequence[Mapping[str, Any]]:
    return await orders.list_orders(
        at.db,
        partner=given.partner,
        state=given.state,
        parked=given.parked,
        cursor=given.cursor,
        limit=given.limit,
        sku=given.sku,
        out_order_no=given.out_order_no,
    )


async def _resolve(at: At, given: Decision, change: Change) -> Mapping[str, Any]:
    return await resolutions.resolve(
        at.db, given.order_no, verdict=given.verdict, reason=given.reason, change=change
    )


async def _summed(db: Transaction, given: Decision) -> Summed:
    return await resolutions.summed_up(db, given.order_no, given.verdict)


async def _cancel(at: At, given: OneOrder, _: Change) -> Mapping[str, Any]:
    return await resolutions.cancel(at.db, given.order_no)


DECLARED: Final[Sequence[Action | View | Page]] = (
    Page(
        noun=ORDER,
        verb="show",
        doc="One order and its whole life: attempts, callbacks, money, messages; never its codes.",
        given=OneOrder,
        example="quangate order show 248123456789012345",
        permission="orders:read",
        read=_show,
    ),
    View(
        noun=ORDER,
        verb="list",
        doc="The newest orders that match.",
        given=Orders,
        example="quangate order list --parked",
        permission="orders:read",
        columns=(
            Column(name="order_no", kind="id", zh="订单号", en="Order no."),
            Column(name="out_order_no", kind="id", zh="合作方订单号", en="Partner's number"),
            Column(name="partner", kind="id", zh="合作方", en="Partner"),
            Column(name="sku", kind="id", zh="商品", en="SKU"),
            Column(name="quantity", kind="number", zh="数量", en="Quantity", unit="pieces"),
            Column(name="amount", kind="money", zh="金额", en="Amount"),
            Column(name="state", kind="text", zh="状态", en="State", values=tuple(OrderState)),
            Column(name="parked", kind="text", zh="待处理", en="Parked"),
            Column(name="created_at", kind="time", zh="创建时间", en="Created"),
        ),
        sort=(SortKey(columns=("partner_id", "id"), index="orders_pkey", descending=True),),
        statement=SQL.list_orders,
        rows_as="orders",
        rows=_list,
        cursor="order_no",
    ),
    Action(
        noun=ORDER,
        verb="resolve",
        fits=resolutions.is_resolvable,
        doc="Decide how an order that waits for a person ends.\n\nIt waits for a second person,"
        " if there is one: `POST /admin/v1/approvals/ID/approve`.",
        given=Decision,
        example="quangate order resolve 248123456789012345 --as failed --reason 'their mail'",
        permission="orders:resolve",
        run=_resolve,
        undo="Not at all, but for money:"
        " `quangate account adjust PARTNER --amount=… --reference … --reason …`.",
        subject=lambda given, _: given.order_no,
        traces=TRACES,
        reason=Reason.MEMBER,
        second_person=SecondPerson.ALWAYS,
        summed_up=_summed,
    ),
    Action(
        noun=ORDER,
        verb="cancel",
        fits=resolutions.is_cancellable,
        doc="Cancel and refund an order of which nothing was sent to an upstream.",
        given=OneOrder,
        example="quangate order cancel 248123456789012345",
        permission="orders:cancel",
        run=_cancel,
        undo="Not at all: the partner may order it again.",
        subject=lambda given, _: given.order_no,
        traces=TRACES,
    ),
)
