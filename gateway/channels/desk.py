"""Channels: platforms that order from us."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from msgspec import Meta, field

from gateway.channels.administration import SQL
from gateway.ground.desk.action import Action, Change, Noun, Trace
from gateway.ground.desk.given import Given
from gateway.ground.desk.kinds import NewName, Settings
from gateway.ground.desk.port import At
from gateway.ground.desk.view import Column, Page, SortKey, View

CHANNEL: Final = Noun(name="channel", plural="channels", zh="渠道", en="Channel")
TRACE: Final = Trace(
    name="channel",
    table="channel",
    statement=SQL.trace_channel,
    key=lambda given, _: (given.channel,),
    left_out=("settings",),
)


class NewChannel(Given, frozen=True, kw_only=True):
    """A channel that is to be."""

    channel: NewName
    adapter: Annotated[str, Meta(description="Its protocol: goofish.")]
    partner: Annotated[str, Meta(description="Whose account and prices it orders with.")]
    settings: Settings = field(name="set", default_factory=dict)


async def _add(at: At, given: NewChannel, _: Change) -> Mapping[str, Any]:
    from gateway.channels import administer as channels

    return await channels.add_channel(
        at.db,
        at.secrecy,
        given.channel,
        adapter=given.adapter,
        partner=given.partner,
        settings=given.settings,
    )


async def _list(at: At, _: Given) -> Sequence[Mapping[str, Any]]:
    from gateway.channels import administer as channels

    return await channels.list_channels(at.db)


DECLARED: Final[Sequence[Action | View | Page]] = (
    Action(
        noun=CHANNEL,
        verb="add",
        doc="Let a platform order for a partner. Settings are stored encrypted and never shown.",
        given=NewChannel,
        example="quangate channel add xianyu --adapter goofish --partner acme --set app_id=…"
        " --set app_secret=@FILE --set mch_id=… --set mch_secret=@FILE",
        permission="channels:add",
        run=_add,
        undo="`quangate key revoke KEY_ID` with the key that `channel list` shows closes it.",
        subject=lambda given, _: given.channel,
        traces=(TRACE,),
        opens_vault=True,
        note=lambda given, _: f"Give the platform the address URL/channels/{given.channel}/",
    ),
    View(
        noun=CHANNEL,
        verb="list",
        doc="All channels.",
        given=Given,
        example="quangate channel list",
        permission="channels:read",
        columns=(
            Column(name="channel", kind="id", zh="渠道", en="Channel"),
            Column(name="adapter", kind="text", zh="协议", en="Protocol", values=("goofish",)),
            Column(name="partner", kind="id", zh="合作方", en="Partner"),
            Column(name="key_id", kind="id", zh="密钥编号", en="Key id"),
            Column(name="created_at", kind="time", zh="创建时间", en="Created"),
            Column(
                name="results_pending",
                kind="number",
                zh="待通知",
                en="Results to tell",
                unit="results",
            ),
            Column(
                name="results_dead",
                kind="number",
                zh="通知失败",
                en="Results not told",
                unit="results",
            ),
        ),
        sort=(SortKey(columns=("name",), index="channel_name_key"),),
        statement=SQL.list_channels,
        rows_as="channels",
        rows=_list,
    ),
)
