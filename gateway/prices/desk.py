"""Prices: rows with conditions, and floors."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Final

from msgspec import Meta, field

from gateway.ground.desk.action import Action, Change, Noun, Reason, SecondPerson, Summed, Trace
from gateway.ground.desk.fits import state_is
from gateway.ground.desk.given import Given
from gateway.ground.desk.port import At, Transaction
from gateway.ground.desk.view import Column, Page, SortKey, View
from gateway.prices import administer as prices
from gateway.prices.administration import SQL
from gateway.prices.value import read_value

PRICE: Final = Noun(name="price", plural="prices", zh="价格", en="Price")


def _row(given: Any, answer: Mapping[str, Any] | None) -> tuple[int] | None:
    """The number of the row that is named, or was made."""
    named = answer["price"] if answer is not None else getattr(given, "price", None)
    return None if named is None else (prices.read_price_no(named),)


TRACE: Final = Trace(name="price", table="price_row", statement=SQL.trace_price_row, key=_row)
FLOOR: Final = Trace(
    name="floor",
    table="price_floor",
    statement=SQL.trace_price_floor,
    key=lambda given, _: (given.sku,),
)


class NewPrice(Given, frozen=True, kw_only=True):
    """A price of a SKU or a category; the conditions that are said must all be met."""

    sku: Annotated[str | None, Meta(description="What it is of.")] = None
    category: Annotated[str | None, Meta(description="Or all that lies in a category.")] = None
    amount: Annotated[
        int | None, Meta(description="For one, in minor units (分).", extra={"money": True})
    ] = None
    percent: Annotated[
        str | None, Meta(description="Or a share of the list price, as 87.5; rounded down.")
    ] = None
    partner: Annotated[str | None, Meta(description="Only for this partner.")] = None
    channel: Annotated[str | None, Meta(description="Only through this channel.")] = None
    campaign: Annotated[str | None, Meta(description="Only in this campaign.")] = None
    min_quantity: Annotated[
        Annotated[int, Meta(ge=1, le=500)] | None, Meta(description="Only from so many on.")
    ] = None
    starts: Annotated[
        datetime | None, Meta(description="RFC 3339; inclusive.", extra={"metavar": "TIME"})
    ] = field(name="from", default=None)
    ends: Annotated[
        datetime | None, Meta(description="RFC 3339; exclusive.", extra={"metavar": "TIME"})
    ] = field(name="to", default=None)
    priority: Annotated[
        Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)],
        Meta(description="Of rows with equally many conditions the smaller one wins."),
    ] = 0
    allow_zero: Annotated[bool, Meta(description="It may come to 0.")] = False
    reason: Annotated[
        Annotated[str, Meta(max_length=500)],
        Meta(description="Why; kept with one below the floor."),
    ] = ""


class OnePrice(Given, frozen=True, kw_only=True):
    """A row there is."""

    price: Annotated[
        str, Meta(description="Its number.", extra={"argument": True, "metavar": "ID"})
    ]


class Rows(Given, frozen=True, kw_only=True):
    """Which rows."""

    sku: Annotated[str | None, Meta(description="Only those about this SKU.")] = None


class Floor(Given, frozen=True, kw_only=True):
    """What nothing is sold below."""

    sku: Annotated[str, Meta(description="What it is of.")]
    amount: Annotated[int | None, Meta(description="For one, in minor units; 0: none.")] = None
    percent: Annotated[
        str | None, Meta(description="Or a share of the list price, as 87.5; rounded down.")
    ] = None


def _new(given: NewPrice) -> prices.NewRow:
    return prices.NewRow(
        value=read_value(given.amount, given.percent),
        sku=given.sku,
        category=given.category,
        partner=given.partner,
        channel=given.channel,
        campaign=given.campaign,
        min_quantity=given.min_quantity,
        starts_at=given.starts,
        ends_at=given.ends,
        priority=given.priority,
        allow_zero=given.allow_zero,
        reason=given.reason,
    )


async def _create(at: At, given: NewPrice, change: Change) -> Mapping[str, Any]:
    new = replace(
        _new(given), far_below=True, asked_by=change.actor,
        approved_by=change.how.get("approved_by"),
    )  # fmt: skip
    return await prices.create_row(at.db, new)


async def _far_below(at: At, given: NewPrice) -> bool:
    return await prices.is_far_below(at.db, _new(given))


async def _summed(db: Transaction, given: NewPrice) -> Summed:
    points = read_value(given.amount, given.percent).basis_points
    return await prices.summed_up(db, sku=given.sku, percent=given.percent, points=points)


async def _delete(at: At, given: OnePrice, _: Change) -> Mapping[str, Any]:
    return await prices.delete_row(at.db, given.price)


async def _floor(at: At, given: Floor, _: Change) -> Mapping[str, Any]:
    value = read_value(given.amount, given.percent)
    return await prices.set_floor(at.db, given.sku, value)


DECLARED: Final[Sequence[Action | View | Page]] = (
    Action(
        noun=PRICE,
        verb="create",
        doc="Make a price. Of those whose conditions are met the one with most of them wins."
        "\n\nThen the smaller priority, then the lower amount. A SKU's list price has none.",
        given=NewPrice,
        example="quangate price create --sku VIP --percent 87.5 --partner acme --min-quantity 10",
        permission="prices:create",
        run=_create,
        undo="`quangate price delete ID`; orders in between keep what they paid.",
        subject=lambda _, answer: answer["price"],
        traces=(TRACE,),
        reason=Reason.MEMBER,
        second_person=SecondPerson.ABOVE_LIMIT,
        limit="price",
        beyond=_far_below,
        summed_up=_summed,
    ),
    View(
        noun=PRICE,
        verb="list",
        doc="All prices with conditions, the oldest first; list prices are the SKUs'.",
        given=Rows,
        example="quangate price list --sku VIP",
        permission="prices:read",
        columns=(
            Column(name="price", kind="id", zh="编号", en="Price"),
            Column(name="sku", kind="id", zh="商品", en="SKU"),
            Column(name="category", kind="id", zh="类目", en="Category"),
            Column(name="amount", kind="money", zh="价格", en="Amount"),
            Column(
                name="percent", kind="number", zh="折扣", en="Of the list price", unit="percent"
            ),
            Column(name="currency", kind="text", zh="币种", en="Currency"),
            Column(name="partner", kind="id", zh="合作方", en="Partner"),
            Column(name="channel", kind="id", zh="渠道", en="Channel"),
            Column(name="campaign", kind="id", zh="活动", en="Campaign"),
            Column(name="min_quantity", kind="number", zh="起购数量", en="From", unit="pieces"),
            Column(name="starts_at", kind="time", zh="开始", en="Begins"),
            Column(name="ends_at", kind="time", zh="结束", en="Ends"),
            Column(name="priority", kind="number", zh="优先级", en="Priority", unit="rank"),
            Column(name="allow_zero", kind="flag", zh="可为零", en="May be 0"),
            Column(
                name="state",
                kind="text",
                zh="状态",
                en="State",
                values=("proposed", "coming", "in force", "over"),
            ),
            Column(name="proposed_by", kind="text", zh="申请人", en="Asked by"),
            Column(name="approved_by", kind="text", zh="批准人", en="Approved by"),
            Column(name="reason", kind="text", zh="原因", en="Reason"),
        ),
        sort=(SortKey(columns=("id",), index="price_row_pkey"),),
        statement=SQL.list_price_rows,
        rows_as="prices",
        rows=lambda at, given: prices.list_rows(at.db, sku=given.sku),
    ),
    Action(
        noun=PRICE,
        verb="delete",
        fits=state_is("proposed", "coming", "in force"),
        doc="Take a price away; orders keep what they paid.",
        given=OnePrice,
        example="quangate price delete 17",
        permission="prices:delete",
        run=_delete,
        undo="`quangate price create` with what the log of changes says it was.",
        subject=lambda given, _: given.price,
        traces=(TRACE,),
    ),
    Action(
        noun=PRICE,
        verb="floor",
        doc="Sell nothing below it: what would be is neither shown nor charged.",
        given=Floor,
        example="quangate price floor --sku VIP --percent 80",
        permission="prices:floor",
        run=_floor,
        undo="`quangate price floor` with the one before it; --amount 0: none.",
        subject=lambda given, _: given.sku,
        traces=(FLOOR,),
    ),
)
