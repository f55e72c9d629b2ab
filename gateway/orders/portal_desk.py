"""Orders, for their partner's own people."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from msgspec import Meta

from gateway.ground.desk.action import Action, Change
from gateway.ground.desk.fits import state_is
from gateway.ground.desk.given import Given
from gateway.ground.desk.kinds import Cursor, Limit
from gateway.ground.desk.port import At
from gateway.ground.desk.view import Column, Page, SortKey, View
from gateway.orders import portal_orders as own
from gateway.orders.desk import ORDER, OneOrder
from gateway.orders.portal_administration import SQL
from gateway.orders.rules import OrderState


class OwnOrders(Given, frozen=True, kw_only=True):
    """Which orders."""

    state: Annotated[
        str | None,
        Meta(description="processing, uncertain, delivered, partial, failed, reversed."),
    ] = None
    sku: Annotated[str | None, Meta(description="Only of this SKU.")] = None
    out_order_no: Annotated[
        str | None, Meta(description="Only the one of this number of yours.")
    ] = None
    cursor: Cursor = None
    limit: Limit = 50


async def _list(at: At, given: OwnOrders) -> Sequence[Mapping[str, Any]]:
    return await own.list_own(
        at,
        state=given.state,
        sku=given.sku,
        out_order_no=given.out_order_no,
        cursor=given.cursor,
        limit=given.limit,
    )


async def _show(at: At, given: OneOrder) -> Mapping[str, Any]:
    return await own.show_own(at, given.order_no)


async def _cancel(at: At, given: OneOrder, _: Change) -> Mapping[str, Any]:
    return await own.cancel_own(at, given.order_no)


DECLARED: Final[Sequence[Action | View | Page]] = (
    View(
        noun=ORDER,
        verb="list",
        doc="The newest orders that match.",
        given=OwnOrders,
        example="GET /portal/orders",
        permission="orders:read",
        columns=(
            Column(name="order_no", kind="id", zh="订单号", en="Order no."),
            Column(name="out_order_no", kind="id", zh="我方订单号", en="Our number"),
            Column(name="sku", kind="id", zh="商品", en="SKU"),
            Column(name="quantity", kind="number", zh="数量", en="Quantity", unit="pieces"),
            Column(
                name="delivered_quantity", kind="number", zh="已交付", en="Delivered", unit="pieces"
            ),
            Column(name="amount", kind="money", zh="金额", en="Amount"),
            Column(name="currency", kind="text", zh="币种", en="Currency"),
            Column(name="state", kind="text", zh="状态", en="State", values=tuple(OrderState)),
            Column(name="created_at", kind="time", zh="创建时间", en="Created"),
        ),
        sort=(SortKey(columns=("partner_id", "id"), index="orders_pkey", descending=True),),
        statement=SQL.portal_orders,
        rows_as="orders",
        rows=_list,
        cursor="order_no",
        at_shell=False,
    ),
    Page(
        noun=ORDER,
        verb="show",
        doc="One order, what moved for it, and what you were told of it; never its codes.",
        given=OneOrder,
        example="GET /portal/orders/248123456789012345",
        permission="orders:read",
        read=_show,
        at_shell=False,
    ),
    Action(
        noun=ORDER,
        verb="cancel",
        fits=state_is(OrderState.PROCESSING, OrderState.UNCERTAIN),
        doc="Cancel and refund an order of which nothing was sent to an upstream.",
        given=OneOrder,
        example="POST /portal/orders/248123456789012345/cancel",
        permission="orders:write",
        run=_cancel,
        undo="Not at all: it can be ordered again.",
        subject=lambda given, _: given.order_no,
        kept=("state",),
        at_shell=False,
    ),
)
