"""Campaigns: flash sales."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Final

from msgspec import Meta, field

from gateway.campaigns import administer as campaigns
from gateway.ground.desk.action import Action, Change, Noun, Trace
from gateway.ground.desk.given import Given
from gateway.ground.desk.kinds import NewName
from gateway.ground.desk.port import At
from gateway.ground.desk.view import Column, Page, SortKey, View

CAMPAIGN: Final = Noun(name="campaign", plural="campaigns", zh="活动", en="Campaign")
TRACE: Final = Trace(
    name="campaign",
    table="campaign",
    statement="trace_campaign",
    key=lambda given, _: (given.campaign,),
)


class NewCampaign(Given, frozen=True, kw_only=True):
    """A flash sale that is to be."""

    campaign: NewName
    sku: Annotated[str, Meta(description="What is sold in it.")]
    starts: Annotated[
        datetime, Meta(description="RFC 3339; inclusive.", extra={"metavar": "TIME"})
    ] = field(name="from")
    ends: Annotated[
        datetime, Meta(description="RFC 3339; exclusive.", extra={"metavar": "TIME"})
    ] = field(name="to")
    per_buyer: Annotated[
        Annotated[int, Meta(ge=1, le=2**31 - 1)] | None,
        Meta(description="Tighter than the SKU's own limit."),
    ] = None


async def _create(at: At, given: NewCampaign, _: Change) -> Mapping[str, Any]:
    return await campaigns.create_campaign(
        at.db,
        given.campaign,
        sku=given.sku,
        starts_at=given.starts,
        ends_at=given.ends,
        per_buyer=given.per_buyer,
    )


DECLARED: Final[Sequence[Action | View | Page]] = (
    Action(
        noun=CAMPAIGN,
        verb="create",
        doc="Make a flash sale: orders that name it are taken only within its window.",
        given=NewCampaign,
        example="quangate campaign create 1111 --sku VIP --from 2026-11-11T00:00:00+08:00"
        " --to 2026-11-12T00:00:00+08:00 --per-buyer 1",
        permission="campaigns:create",
        run=_create,
        undo="Not at all; `quangate sku off-sale SKU` stops what is sold in it.",
        subject=lambda given, _: given.campaign,
        traces=(TRACE,),
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
            Column(name="sku", kind="id", zh="商品", en="SKU"),
            Column(name="starts_at", kind="time", zh="开始", en="Begins"),
            Column(name="ends_at", kind="time", zh="结束", en="Ends"),
            Column(name="per_buyer", kind="number", zh="每人限购", en="Per buyer", unit="codes"),
            Column(name="state", kind="text", zh="状态", en="State"),
        ),
        sort=(SortKey(columns=("name",), index="campaign_name_key"),),
        statement="list_campaigns",
        rows_as="campaigns",
        rows=lambda at, _: campaigns.list_campaigns(at.db),
    ),
)
