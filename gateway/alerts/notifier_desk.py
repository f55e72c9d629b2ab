"""Places where operators are told."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, TypeAlias

from msgspec import Meta, field

from connectors.notifiers.kinds import PLACES
from gateway.alerts.notifier_administration import SQL
from gateway.ground.desk.action import Action, Change, Noun, Trace
from gateway.ground.desk.given import Given
from gateway.ground.desk.job import Job, Site
from gateway.ground.desk.kinds import NewName, Settings
from gateway.ground.desk.port import At
from gateway.ground.desk.view import Column, Page, SortKey, View

NOTIFIER: Final = Noun(
    name="notify", plural="notifiers", zh="通知渠道", en="Notifier", key="notifier"
)
TRACE: Final = Trace(
    name="notifier",
    table="notifier",
    statement=SQL.trace_notifier,
    key=lambda given, _: (given.notifier,),
    left_out=("id", "settings", "next_at", "failures", "told_at", "why"),
)
NotifierName: TypeAlias = Annotated[
    str,
    Meta(
        description="As `quangate notify list` shows.",
        extra={"argument": True, "metavar": "NAME"},
    ),
]


class NewNotifier(Given, frozen=True, kw_only=True):
    """A place that is to be told."""

    notifier: NewName
    kind: Annotated[str, Meta(description=f"What it is: {', '.join(PLACES)}.")]
    settings: Settings = field(name="set", default_factory=dict)


class OneNotifier(Given, frozen=True, kw_only=True):
    """A place."""

    notifier: NotifierName


async def _add(at: At, given: NewNotifier, _: Change) -> Mapping[str, Any]:
    from gateway.alerts import administer_notifiers as notifiers

    return await notifiers.add_notifier(
        at.db, at.secrecy, given.notifier, kind=given.kind, settings=given.settings
    )


async def _remove(at: At, given: OneNotifier, _: Change) -> Mapping[str, Any]:
    from gateway.alerts import administer_notifiers as notifiers

    return await notifiers.remove_notifier(at.db, given.notifier)


async def _test(site: Site, given: OneNotifier, _: Change) -> Mapping[str, Any]:
    from gateway.alerts import administer_notifiers as notifiers

    return await notifiers.try_notifier(site, given.notifier)


DECLARED: Final[Sequence[Action | View | Page]] = (
    Action(
        noun=NOTIFIER,
        verb="add",
        doc="Tell a place what operators have to look at, from now on."
        "\n\nSettings are stored encrypted and never shown: `url` of robots and webhooks, `secret`"
        " where messages are signed, `token` and `chat` of a Telegram bot; of e-mail `host`, `port`"
        " (465), `sender`, `to` (several with commas between them), `user`, `password` and `tls`:"
        " implicit, starttls or, with no password, none. `language` of"
        " what people read: en, zh.",
        given=NewNotifier,
        example="quangate notify add duty --kind dingtalk --set url=@FILE --set secret=@FILE",
        permission="notifiers:add",
        run=_add,
        undo="`quangate notify remove NAME`.",
        subject=lambda given, _: given.notifier,
        traces=(TRACE,),
        opens_vault=True,
        note=lambda given, _: f"Try it: quangate notify test {given.notifier}",
    ),
    View(
        noun=NOTIFIER,
        verb="list",
        doc="All places, how much each is still to be told, and why it could not be.",
        given=Given,
        example="quangate notify list",
        permission="notifiers:read",
        columns=(
            Column(name="notifier", kind="id", zh="名称", en="Name"),
            Column(name="kind", kind="text", zh="类型", en="Kind", values=tuple(PLACES)),
            Column(name="waiting", kind="number", zh="待发送", en="Waiting", unit="notices"),
            Column(name="failures", kind="number", zh="连续失败", en="Failures", unit="in a row"),
            Column(name="why", kind="text", zh="失败原因", en="Why"),
            Column(name="told_at", kind="time", zh="最近送达", en="Last told"),
            Column(name="created_at", kind="time", zh="创建时间", en="Created"),
        ),
        sort=(SortKey(columns=("name",), index="notifier_name_key"),),
        statement=SQL.list_notifiers,
        rows_as="notifiers",
    ),
    Job(
        noun=NOTIFIER,
        verb="test",
        doc="Send a place a message, now. Exit 1 if it is not taken, with why.",
        given=OneNotifier,
        example="quangate notify test duty",
        permission="notifiers:test",
        run=_test,
        undo="nothing: it was a message.",
        subject=lambda given, _: given.notifier,
        opens_vault=True,
    ),
    Action(
        noun=NOTIFIER,
        verb="remove",
        doc="Tell a place nothing more, also not what waits.",
        given=OneNotifier,
        example="quangate notify remove duty",
        permission="notifiers:remove",
        run=_remove,
        undo="`quangate notify add` with its settings.",
        subject=lambda given, _: given.notifier,
        traces=(TRACE,),
    ),
)
