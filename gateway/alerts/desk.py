"""Alerts: what a person has to look at."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any, Final, TypeAlias

from msgspec import Meta

from gateway.alerts import administer as alerts
from gateway.alerts.administration import SQL
from gateway.alerts.rules import KINDS, about
from gateway.ground.desk.action import Action, Change, Noun, Trace
from gateway.ground.desk.fits import state_is
from gateway.ground.desk.given import Given
from gateway.ground.desk.kinds import Cursor, Limit
from gateway.ground.desk.port import At
from gateway.ground.desk.view import Column, Page, SortKey, View

ALERT: Final = Noun(name="alert", plural="alerts", zh="告警", en="Alert", key="id")
TRACE: Final = Trace(
    name="alert",
    table="alert",
    statement=SQL.trace_alert,
    key=lambda given, _: (given.id,),
    left_out=("detail", "seen_at"),
)
Id: TypeAlias = Annotated[
    str,
    Meta(
        pattern=r"^([0-9]{1,18}|[1-8][0-9]{18})\Z",
        description="As `quangate alert list` shows.",
        extra={"argument": True, "metavar": "ID", "form": "a number"},
    ),
]


class Level(StrEnum):
    """How urgent one is."""

    INFO = "info"
    TICKET = "ticket"
    PAGE = "page"


class State(StrEnum):
    """How one stands."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class Alerts(Given, frozen=True, kw_only=True):
    """Which alerts."""

    kind: Annotated[str | None, Meta(description=f"Only of this kind: {', '.join(KINDS)}.")] = None
    subject: Annotated[str | None, Meta(description="Only about this.")] = None
    level: Annotated[Level | None, Meta(description="Only of this level.")] = None
    state: Annotated[State | None, Meta(description="Only those that stand so.")] = None
    acknowledged_by: Annotated[
        str | None, Meta(description="Only those that this one took note of.")
    ] = None
    cursor: Cursor = None
    limit: Limit = 50


class OneAlert(Given, frozen=True, kw_only=True):
    """An alert."""

    id: Id


async def _show(at: At, given: OneAlert) -> Mapping[str, Any]:
    return await alerts.show_alert(at.db, given.id)


async def _acknowledge(at: At, given: OneAlert, change: Change) -> Mapping[str, Any]:
    return await alerts.acknowledge(at.db, given.id, change.actor)


DECLARED: Final[Sequence[Action | View | Page]] = (
    View(
        noun=ALERT,
        verb="list",
        doc="What a person has to look at, or had to in the last 90 days; the newest first.",
        given=Alerts,
        example="quangate alert list --state open",
        permission="alerts:read",
        columns=(
            Column(name="id", kind="id", zh="编号", en="No."),
            Column(name="kind", kind="text", zh="类型", en="Kind", values=tuple(KINDS)),
            Column(name="subject", kind="text", zh="对象", en="Subject", names=about),
            Column(name="since", kind="time", zh="开始时间", en="Since"),
            Column(name="level", kind="text", zh="级别", en="Level", values=tuple(Level)),
            Column(name="state", kind="text", zh="状态", en="State", values=tuple(State)),
            Column(name="detail", kind="text", zh="详情", en="Detail"),
            Column(name="acknowledged_by", kind="text", zh="确认人", en="Acknowledged by"),
            Column(name="acknowledged_at", kind="time", zh="确认时间", en="Acknowledged"),
            Column(name="resolved_at", kind="time", zh="结束时间", en="Over since"),
        ),
        sort=(SortKey(columns=("id",), index="alert_pkey", descending=True),),
        statement=SQL.list_alerts,
        rows_as="alerts",
        cursor="id",
        names_end=True,
    ),
    Page(
        noun=ALERT,
        verb="show",
        doc="One alert.",
        given=OneAlert,
        example="quangate alert show 17",
        permission="alerts:read",
        read=_show,
    ),
    Action(
        noun=ALERT,
        verb="acknowledge",
        fits=state_is("open"),
        doc="Say that somebody knows. It lasts while its cause does.",
        given=OneAlert,
        example="quangate alert acknowledge 17",
        permission="alerts:acknowledge",
        run=_acknowledge,
        undo="nothing: who knew, knew.",
        subject=lambda given, _: given.id,
        traces=(TRACE,),
    ),
)
