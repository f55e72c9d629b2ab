"""Quotas: how much may be had of what, by whom, in what time."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Final, TypeAlias

from msgspec import Meta, field

from gateway.ground.desk.action import Action, Change, Noun, Trace
from gateway.ground.desk.given import Given
from gateway.ground.desk.kinds import NewName
from gateway.ground.desk.port import At
from gateway.ground.desk.view import Column, Page, SortKey, View
from gateway.quotas import administer as quotas
from gateway.quotas.administration import SQL
from gateway.quotas.rules import Per, Window

QUOTA: Final = Noun(name="quota", plural="quotas", zh="限额", en="Quota")
TRACE: Final = Trace(
    name="quota", table="quota", statement=SQL.trace_quota, key=lambda given, _: (given.quota,)
)
UNITS_MAX: Final = 10**15
Units: TypeAlias = Annotated[
    int, Meta(ge=1, le=UNITS_MAX, description="How many pieces each may have.")
]
Name: TypeAlias = Annotated[
    str,
    Meta(
        description="A quota's name; sku:SKU and campaign:CAMPAIGN are their own limits.",
        extra={"argument": True, "metavar": "NAME"},
    ),
]


class NewQuota(Given, frozen=True, kw_only=True):
    """A quota that is to be."""

    quota: NewName
    on: Annotated[
        str,
        Meta(
            description="What is counted; a category with all below it.",
            extra={"metavar": "sku:SKU|category:NAME|campaign:NAME|all"},
        ),
    ]
    per: Annotated[Per, Meta(description="Whom it counts by.")]
    max: Units
    window: Annotated[
        Window | None,
        Meta(
            description="Within what time; days and hours per buyer and partner are those of the"
            " partner's zone, all others of UTC. [ever; of a campaign: the campaign]"
        ),
    ] = None
    keep_refunded: Annotated[
        bool, Meta(description="Refunds of what was delivered give nothing back.")
    ] = False
    since: Annotated[
        datetime | None,
        Meta(
            description="RFC 3339: orders from then on count, too. [from now on]",
            extra={"metavar": "TIME"},
        ),
    ] = field(name="from", default=None)


class OneQuota(Given, frozen=True, kw_only=True):
    """A quota there is."""

    quota: Name


class NewMost(Given, frozen=True, kw_only=True):
    """What a quota is to allow."""

    quota: Name
    max: Units


async def _create(at: At, given: NewQuota, _: Change) -> Mapping[str, Any]:
    return await quotas.create_quota(
        at.db,
        given.quota,
        on=given.on,
        per=given.per,
        most=given.max,
        window=given.window,
        keep_refunded=given.keep_refunded,
        counts_from=given.since,
    )


async def _change(at: At, given: NewMost, _: Change) -> Mapping[str, Any]:
    return await quotas.change_quota(at.db, given.quota, most=given.max)


async def _delete(at: At, given: OneQuota, _: Change) -> Mapping[str, Any]:
    return await quotas.delete_quota(at.db, given.quota)


async def _show(at: At, given: OneQuota) -> Mapping[str, Any]:
    return await quotas.show_quota(at.db, given.quota)


DECLARED: Final[Sequence[Action | View | Page]] = (
    Action(
        noun=QUOTA,
        verb="create",
        doc="Allow so much and no more, exactly, whatever arrives at once.",
        given=NewQuota,
        example="quangate quota create two-a-day --on sku:VIP --per buyer --max 2 --window day",
        permission="quotas:create",
        run=_create,
        undo="`quangate quota delete NAME`.",
        subject=lambda given, _: given.quota,
        traces=(TRACE,),
    ),
    View(
        noun=QUOTA,
        verb="list",
        doc="All quotas, those of SKUs (sku:…) and campaigns (campaign:…) too.",
        given=Given,
        example="quangate quota list",
        permission="quotas:read",
        columns=(
            Column(name="quota", kind="id", zh="限额", en="Quota"),
            Column(name="on", kind="text", zh="对象", en="On"),
            Column(name="per", kind="text", zh="按", en="Per", values=tuple(Per)),
            Column(name="window", kind="text", zh="周期", en="Window", values=tuple(Window)),
            Column(name="max", kind="number", zh="上限", en="Max", unit="pieces"),
            Column(name="used", kind="number", zh="已用", en="Used", unit="pieces"),
            Column(name="keep_refunded", kind="flag", zh="退款不退额", en="Keeps refunded"),
            Column(name="counts_from", kind="time", zh="计数起", en="Counts from"),
            Column(name="created_at", kind="time", zh="创建时间", en="Created"),
        ),
        sort=(SortKey(columns=("name",), index="quota_name_key"),),
        statement=SQL.list_quotas,
        rows_as="quotas",
        rows=lambda at, _: quotas.list_quotas(at.db),
    ),
    Page(
        noun=QUOTA,
        verb="show",
        doc="One quota, and who has had most of it.",
        given=OneQuota,
        example="quangate quota show two-a-day",
        permission="quotas:read",
        read=_show,
    ),
    Action(
        noun=QUOTA,
        verb="change",
        doc="Allow more or less; not less than somebody has had in the window of now.",
        given=NewMost,
        example="quangate quota change two-a-day --max 3",
        permission="quotas:change",
        run=_change,
        undo="`quangate quota change NAME --max` with the one before it.",
        subject=lambda given, _: given.quota,
        traces=(TRACE,),
    ),
    Action(
        noun=QUOTA,
        verb="delete",
        doc="Count no more; what was counted is forgotten. A SKU's or campaign's own limit is"
        " lifted.",
        given=OneQuota,
        example="quangate quota delete two-a-day",
        permission="quotas:delete",
        run=_delete,
        undo="`quangate quota create NAME … --from` with the time it counted from.",
        subject=lambda given, _: given.quota,
        traces=(TRACE,),
    ),
)
