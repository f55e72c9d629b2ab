"""Prices: rows with conditions, and floors."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Final

from msgspec import Meta, field

from gateway.ground.desk.action import Action, Change, Noun, Reason, SecondPerson, Trace
from gateway.ground.desk.given import Given
from gateway.ground.desk.port import At
from gateway.ground.desk.view import Column, Page, SortKey, View
from gateway.prices import administer as prices
from gateway.prices.administration import SQL

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
    amount: Annotated[int | None, Meta(description="For one, in minor units (分).")] = None
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
    by: Annotated[
        str,
        Meta(
            description="Who asks for one below the floor.",
            extra={"metavar": "NAME", "typed_only": True},
        ),
    ] = ""
    reason: Annotated[str, Meta(description="And why.")] = ""


class OnePrice(Given, frozen=True, kw_only=True):
    """A row there is."""

    price: Annotated[
        str, Meta(description="Its number.", extra={"argument": True, "metavar": "ID"})
    ]


class Approval(Given, frozen=True, kw_only=True):
    """Agreement to a price below a floor."""

    price: Annotated[
        str, Meta(description="Its number.", extra={"argument": True, "metavar": "ID"})
    ]
    by: Annotated[
        Annotated[str, Meta(min_length=1, max_length=500)],
        Meta(
            description="Who agrees; not who asked.", extra={"metavar": "NAME", "typed_only": True}
        ),
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


async def _create(at: At, given: NewPrice, _: Change) -> Mapping[str, Any]:
    new = prices.NewRow(
        value=prices.read_value(given.amount, given.percent),
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
        by=given.by,
        reason=given.reason,
    )
    return await prices.create_row(at.db, new)


async def _delete(at: At, given: OnePrice, _: Change) -> Mapping[str, Any]:
    return await prices.delete_row(at.db, given.price)


async def _approve(at: At, given: Approval, _: Change) -> Mapping[str, Any]:
    return await prices.approve_row(at.db, given.price, by=given.by)


async def _floor(at: At, given: Floor, _: Change) -> Mapping[str, Any]:
    value = prices.read_value(given.amount, given.percent)
    return await prices.set_floor(at.db, given.sku, value)


def _next(_: NewPrice, answer: Mapping[str, Any]) -> str | None:
    if answer.get("approved") is not False:
        return None
    return f"Below the floor. Next: quangate price approve {answer['price']} --by SOMEBODY_ELSE"


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
        note=_next,
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
            Column(name="state", kind="text", zh="状态", en="State"),
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
        verb="approve",
        doc="Agree to a price below the floor that somebody else asked for.",
        given=Approval,
        example="quangate price approve 17 --by bob",
        permission="prices:approve",
        run=_approve,
        undo="`quangate price delete ID`; orders in between keep what they paid.",
        subject=lambda given, _: given.price,
        traces=(TRACE,),
        second_person=SecondPerson.ALWAYS,
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
