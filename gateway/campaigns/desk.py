"""Campaigns: what is sold within a window, and to whom."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final

from msgspec import Meta, field

from gateway.campaigns import administer as campaigns
from gateway.campaigns.administration import SQL
from gateway.ground.desk.action import Action, Change, Noun, Trace
from gateway.ground.desk.fits import state_is
from gateway.ground.desk.given import Given
from gateway.ground.desk.kinds import NewName
from gateway.ground.desk.port import At
from gateway.ground.desk.view import Column, Page, SortKey, View

CAMPAIGN: Final = Noun(name="campaign", plural="campaigns", zh="活动", en="Campaign")
TRACE: Final = Trace(
    name="campaign",
    table="campaign",
    statement=SQL.trace_campaign,
    key=lambda given, _: (given.campaign,),
)
WARM_UP_MAX_S: Final = 86_400


class Kind(StrEnum):
    """What can be made today."""

    FLASH = "flash"


ROOM_TRACE: Final = Trace(
    name="waiting_room",
    table="waiting_room",
    statement=SQL.trace_waiting_room,
    key=lambda given, _: (given.campaign,),
)


class Demand(StrEnum):
    """What a campaign may demand of orders."""

    REQUIRED = "required"


class NewCampaign(Given, frozen=True, kw_only=True):
    """A campaign that is to be."""

    campaign: NewName
    sku: Annotated[str, Meta(description="What is sold in it.")]
    starts: Annotated[
        datetime, Meta(description="RFC 3339; inclusive.", extra={"metavar": "TIME"})
    ] = field(name="from")
    ends: Annotated[
        datetime, Meta(description="RFC 3339; exclusive.", extra={"metavar": "TIME"})
    ] = field(name="to")
    kind: Annotated[Kind, Meta(description="A sale within a window.")] = Kind.FLASH
    per_buyer: Annotated[
        Annotated[int, Meta(ge=1, le=2**31 - 1)] | None,
        Meta(description="How many one buyer may have in it."),
    ] = None
    price: Annotated[int | None, Meta(description="What one costs in it, in minor units (分).")] = (
        None
    )
    allow_zero: Annotated[bool, Meta(description="A price of 0 is meant.")] = False
    codes: Annotated[
        Annotated[int, Meta(ge=1, le=2**40)] | None,
        Meta(description="So many are put on a shelf of its own, until it ends."),
    ] = None
    warm_up: Annotated[
        Annotated[int, Meta(ge=0, le=WARM_UP_MAX_S)],
        Meta(
            description="So long before the doors open workers make ready.",
            extra={"metavar": "SECONDS"},
        ),
    ] = 0
    partner: Annotated[
        tuple[str, ...], Meta(description="Only for this partner; repeat it. None: for all.")
    ] = ()
    new_buyers: Annotated[bool, Meta(description="Only for buyers who never bought.")] = False
    pass_: Annotated[
        Demand | None,
        Meta(description="Orders want a pass of its waiting room.", extra={"metavar": "required"}),
    ] = field(name="pass", default=None)
    rate: Annotated[
        Annotated[int, Meta(ge=1, le=1_000_000)] | None,
        Meta(description="So many more numbers are served each second from its beginning on."),
    ] = None


class OneCampaign(Given, frozen=True, kw_only=True):
    """A campaign there is."""

    campaign: Annotated[
        str, Meta(description="A campaign's name.", extra={"argument": True, "metavar": "NAME"})
    ]


class Window(Given, frozen=True, kw_only=True):
    """Another window; what is not said stays."""

    campaign: Annotated[
        str, Meta(description="A campaign's name.", extra={"argument": True, "metavar": "NAME"})
    ]
    starts: Annotated[
        datetime | None, Meta(description="Not once it has begun.", extra={"metavar": "TIME"})
    ] = field(name="from", default=None)
    ends: Annotated[
        datetime | None, Meta(description="Earlier or later.", extra={"metavar": "TIME"})
    ] = field(name="to", default=None)


class Serving(Given, frozen=True, kw_only=True):
    """How far a waiting room serves."""

    campaign: Annotated[
        str, Meta(description="A campaign's name.", extra={"argument": True, "metavar": "NAME"})
    ]
    set_: Annotated[
        Annotated[int, Meta(ge=0, le=2**62)] | None,
        Meta(description="Numbers up to this one are served from now on.", extra={"metavar": "N"}),
    ] = field(name="set", default=None)
    rate: Annotated[
        Annotated[int, Meta(ge=1, le=1_000_000)] | None,
        Meta(description="From now on so many more each second."),
    ] = None


async def _serve(at: At, given: Serving, _: Change) -> Mapping[str, Any]:
    return await campaigns.serve_passes(at.db, given.campaign, serving=given.set_, rate=given.rate)


async def _create(at: At, given: NewCampaign, _: Change) -> Mapping[str, Any]:
    new = campaigns.NewCampaign(
        name=given.campaign,
        sku=given.sku,
        starts_at=given.starts,
        ends_at=given.ends,
        kind=given.kind.value,
        per_buyer=given.per_buyer,
        warm_up_s=given.warm_up,
        partners=given.partner,
        price_minor=given.price,
        allow_zero=given.allow_zero,
        codes=given.codes,
        wants_pass=given.pass_ is not None,
        rate=given.rate,
        new_buyers=given.new_buyers,
    )
    return await campaigns.create_campaign(at.db, new)


async def _change(at: At, given: Window, _: Change) -> Mapping[str, Any]:
    return await campaigns.change_campaign(
        at.db, given.campaign, starts_at=given.starts, ends_at=given.ends
    )


async def _end(at: At, given: OneCampaign, _: Change) -> Mapping[str, Any]:
    return await campaigns.end_campaign(at.db, given.campaign)


async def _show(at: At, given: OneCampaign) -> Mapping[str, Any]:
    return await campaigns.show_campaign(at.db, given.campaign)


DECLARED: Final[Sequence[Action | View | Page]] = (
    Action(
        noun=CAMPAIGN,
        verb="create",
        doc="Make a flash sale: orders that name it are taken only within its window.",
        given=NewCampaign,
        example="quangate campaign create 1111 --sku VIP --from 2026-11-11T00:00:00+08:00"
        " --to 2026-11-12T00:00:00+08:00 --per-buyer 1 --price 990 --codes 1000 --warm-up 60",
        permission="campaigns:create",
        run=_create,
        undo="`quangate campaign end NAME`; what was sold in it stays sold.",
        subject=lambda given, _: given.campaign,
        traces=(TRACE,),
    ),
    Page(
        noun=CAMPAIGN,
        verb="show",
        doc="One campaign: its window, who may take part, what was sold in it, who was refused.",
        given=OneCampaign,
        example="quangate campaign show 1111",
        permission="campaigns:read",
        read=_show,
    ),
    Action(
        noun=CAMPAIGN,
        verb="change",
        fits=state_is("coming", "open"),
        doc="Move the window of a campaign that is to come, or the end of one that runs.",
        given=Window,
        example="quangate campaign change 1111 --to 2026-11-12T02:00:00+08:00",
        permission="campaigns:change",
        run=_change,
        undo="`quangate campaign change NAME` with the window before it, while it is not over.",
        subject=lambda given, _: given.campaign,
        traces=(TRACE,),
    ),
    Action(
        noun=CAMPAIGN,
        verb="end",
        fits=state_is("coming", "open"),
        doc="End a campaign now; one that is to come never opens.",
        given=OneCampaign,
        example="quangate campaign end 1111",
        permission="campaigns:end",
        run=_end,
        undo="Not at all: `quangate campaign create` makes another one.",
        subject=lambda given, _: given.campaign,
        traces=(TRACE,),
    ),
    Action(
        noun=CAMPAIGN,
        verb="serving",
        doc="Say how far the waiting room of a campaign serves, and how fast it goes on.",
        given=Serving,
        example="quangate campaign serving 1111 --rate 500",
        permission="campaigns:serving",
        run=_serve,
        undo="`quangate campaign serving NAME --set N`; passes that were given stay good.",
        subject=lambda given, _: given.campaign,
        traces=(ROOM_TRACE,),
    ),
    View(
        noun=CAMPAIGN,
        verb="list",
        doc="All campaigns, the latest first.",
        given=Given,
        example="quangate campaign list",
        permission="campaigns:read",
        columns=(
            Column(name="campaign", kind="id", zh="活动", en="Campaign"),
            Column(name="kind", kind="text", zh="类型", en="Kind", values=tuple(Kind)),
            Column(name="sku", kind="id", zh="商品", en="SKU"),
            Column(name="starts_at", kind="time", zh="开始", en="Begins"),
            Column(name="ends_at", kind="time", zh="结束", en="Ends"),
            Column(name="ended_at", kind="time", zh="提前结束", en="Ended early"),
            Column(name="per_buyer", kind="number", zh="每人限购", en="Per buyer", unit="codes"),
            Column(name="warm_up_s", kind="seconds", zh="预热", en="Warm-up"),
            Column(name="for_all", kind="flag", zh="对所有合作方", en="For all"),
            Column(name="new_buyers", kind="flag", zh="仅限新买家", en="New buyers"),
            Column(
                name="state", kind="text", zh="状态", en="State", values=("coming", "open", "over")
            ),
        ),
        sort=(SortKey(columns=("name",), index="campaign_name_key"),),
        statement=SQL.list_campaigns,
        rows_as="campaigns",
        rows=lambda at, _: campaigns.list_campaigns(at.db),
    ),
)
