"""Holds on the wire: what a partner may send, and how a hold is written back."""

from typing import Annotated, Final

import msgspec

from gateway.ground.http.wire import Cursor, Minor, Time
from gateway.holds.record import HoldPage, HoldRecord
from gateway.holds.rules import ConfirmAsked, HoldAsked, HoldState
from gateway.orders.rules import QUANTITY_MAX
from gateway.orders.wire import (
    AMOUNT_MAX,
    BuyerIn,
    Metadata,
    Name,
    Number,
    OrderIn,
    Text,
    WebAddress,
    order_content,
)

TTL_S_MAX: Final = 86_400  # the settings keep it far below


class HoldIn(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """The body of POST /v1/holds."""

    out_hold_no: Number
    sku: Name
    quantity: Annotated[int, msgspec.Meta(ge=1, le=QUANTITY_MAX)] = 1
    ttl_s: (
        Annotated[
            int, msgspec.Meta(ge=1, le=TTL_S_MAX, description="Left out: as long as there may be.")
        ]
        | None
    ) = None
    buyer: BuyerIn | None = None
    account: Text | None = None
    campaign: Name | None = None


class ConfirmIn(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """The body of POST /v1/holds/{hold_no}/confirm. What the hold said may be repeated."""

    out_order_no: Number
    max_amount: Annotated[int, msgspec.Meta(ge=0, le=AMOUNT_MAX)] | None = None
    notify_url: WebAddress | None = None
    metadata: Metadata | None = None
    sku: Name | None = None
    quantity: Annotated[int, msgspec.Meta(ge=1, le=QUANTITY_MAX)] | None = None
    buyer: BuyerIn | None = None
    account: Text | None = None
    campaign: Name | None = None


HOLD_DECODER: Final = msgspec.json.Decoder(HoldIn)
CONFIRM_DECODER: Final = msgspec.json.Decoder(ConfirmIn)


def hold_asked(body: HoldIn) -> HoldAsked:
    """What was asked for, in the domain's words. Raises ProblemError for what types cannot say."""
    return HoldAsked(
        out_hold_no=body.out_hold_no,
        ttl_s=body.ttl_s,
        goods=order_content(
            OrderIn(
                out_order_no="",  # it has none yet
                sku=body.sku,
                quantity=body.quantity,
                account=body.account,
                campaign=body.campaign,
                buyer=body.buyer,
            )
        ),
    )


def confirm_asked(body: ConfirmIn) -> ConfirmAsked:
    """The same of a confirm."""
    content = order_content(
        OrderIn(
            out_order_no=body.out_order_no,
            sku=body.sku or "",
            quantity=body.quantity or 1,
            account=body.account,
            max_amount=body.max_amount,
            campaign=body.campaign,
            buyer=body.buyer,
            notify_url=body.notify_url,
            metadata=body.metadata,
        )
    )
    repeated = {
        "sku": body.sku,
        "quantity": body.quantity,
        "account": content.account,
        "campaign": content.campaign,
        "buyer_id": content.buyer_id,
        "buyer_ip": content.buyer_ip,
        "buyer_device": content.buyer_device,
    }
    return ConfirmAsked(
        out_order_no=content.out_order_no,
        max_amount_minor=content.max_amount_minor,
        notify_url=content.notify_url,
        metadata=content.metadata,
        repeated={member: value for member, value in repeated.items() if value is not None},
    )


class Hold(msgspec.Struct, kw_only=True):
    """A hold. `amount` is what its order will cost, until `expires_at` and after."""

    hold_no: str
    out_hold_no: str
    sku: str
    quantity: int
    account: str | None
    campaign: str | None
    amount: Minor
    currency: str
    state: HoldState
    order_no: str | None
    expires_at: Time
    created_at: Time
    updated_at: Time


class HeldSum(msgspec.Struct, kw_only=True):
    """The holds of a SKU in the state that was asked for (`held` if none was), added up."""

    sku: str
    holds: int
    quantity: int
    amount: Minor


class HoldList(msgspec.Struct, kw_only=True):
    """Holds, newest first. `sums` are of all pages; of the newest 10,000 holds."""

    data: list[Hold]
    next_cursor: Cursor
    sums: list[HeldSum]


def hold_view(record: HoldRecord) -> Hold:
    """A hold as the contract has it."""
    return Hold(
        hold_no=str(record.id),
        out_hold_no=record.out_hold_no,
        sku=record.content.sku,
        quantity=record.content.quantity,
        account=record.content.account,
        campaign=record.content.campaign,
        amount=record.amount,
        currency=record.currency,
        state=HoldState(record.state_now),
        order_no=None if record.order_id is None else str(record.order_id),
        expires_at=record.expires_at,
        created_at=record.created_at,
        updated_at=record.updated_at,
    )


def hold_list(page: HoldPage, cursor: str | None) -> HoldList:
    """A page of them."""
    return HoldList(
        data=[hold_view(record) for record in page.records],
        next_cursor=cursor,
        sums=[
            HeldSum(sku=one.sku, holds=one.holds, quantity=one.quantity, amount=one.amount)
            for one in page.sums
        ],
    )
