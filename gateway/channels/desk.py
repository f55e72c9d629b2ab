"""Channels: platforms that order from us."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, TypeAlias

from msgspec import Meta, field

from gateway.channels.administration import SQL
from gateway.ground.desk.action import Action, Change, Noun, Trace
from gateway.ground.desk.fits import flag_is
from gateway.ground.desk.given import Given
from gateway.ground.desk.kinds import NewName, Settings
from gateway.ground.desk.port import At
from gateway.ground.desk.refusal import wrong
from gateway.ground.desk.view import Column, Page, SortKey, View

# As in adapters.py, which loads every protocol: the help of a command loads none.
ADAPTER_NAMES: Final = (
    "goofish", "dujiao", "kasushou", "kakayun", "agiso", "kasushou-supply",
)  # fmt: skip
CHANNEL: Final = Noun(name="channel", plural="channels", zh="渠道", en="Channel")
TRACE: Final = Trace(
    name="channel",
    table="channel",
    statement=SQL.trace_channel,
    key=lambda given, _: (given.channel,),
    left_out=("settings",),
)
PRODUCT_TRACE: Final = Trace(
    name="channel_product",
    table="channel_product",
    statement=SQL.trace_product,
    key=lambda given, _: (given.channel, given.external_product),
)
Name: TypeAlias = Annotated[
    str, Meta(description="A channel's name.", extra={"argument": True, "metavar": "NAME"})
]
Product: TypeAlias = Annotated[
    str,
    Meta(
        description="The platform's number of a product.",
        extra={"argument": True, "metavar": "EXTERNAL_PRODUCT"},
    ),
]
BaseUrl: TypeAlias = Annotated[
    str | None,
    Meta(description="Where we call the platform, if we do.", extra={"metavar": "URL"}),
]


class NewChannel(Given, frozen=True, kw_only=True):
    """A channel that is to be."""

    channel: NewName
    adapter: Annotated[
        str,
        Meta(description=f"Its protocol: {', '.join(ADAPTER_NAMES)}."),
    ]
    partner: Annotated[str, Meta(description="Whose account and prices it orders with.")]
    base_url: BaseUrl = None
    settings: Settings = field(name="set", default_factory=dict)


class Update(Given, frozen=True, kw_only=True):
    """What is to change of a channel; the rest stays."""

    channel: Name
    base_url: BaseUrl = None
    settings: Settings = field(name="set", default_factory=dict)


class OneChannel(Given, frozen=True, kw_only=True):
    """A channel there is."""

    channel: Name


class Mapped(OneChannel, frozen=True, kw_only=True):
    """A number, and what it stands for."""

    external_product: Product
    sku: Annotated[str, Meta(description="Our SKU.", extra={"argument": True})]


class Unmapped(OneChannel, frozen=True, kw_only=True):
    """A number that stands for nothing any more."""

    external_product: Product


async def _add(at: At, given: NewChannel, _: Change) -> Mapping[str, Any]:
    from gateway.channels import administer as channels

    return await channels.add_channel(
        at.db,
        at.secrecy,
        given.channel,
        adapter=given.adapter,
        partner=given.partner,
        settings=given.settings,
        base_url=given.base_url,
        public_url=at.public_url,
    )


async def _update(at: At, given: Update, _: Change) -> Mapping[str, Any]:
    from gateway.channels import administer as channels

    if given.base_url is None and not given.settings:
        raise wrong("channel-unchanged")
    return await channels.update_channel(
        at.db,
        at.secrecy,
        given.channel,
        settings=given.settings,
        base_url=given.base_url,
        public_url=at.public_url,
    )


async def _list(at: At, _: Given) -> Sequence[Mapping[str, Any]]:
    from gateway.channels import administer as channels

    return await channels.list_channels(at.db)


async def _show(at: At, given: OneChannel) -> Mapping[str, Any]:
    from gateway.channels import administer as channels

    return await channels.show_channel(at.db, at.secrecy, given.channel)


async def _pause(at: At, given: OneChannel, _: Change) -> Mapping[str, Any]:
    from gateway.channels import administer as channels

    return await channels.set_paused(at.db, given.channel, paused=True)


async def _resume(at: At, given: OneChannel, _: Change) -> Mapping[str, Any]:
    from gateway.channels import administer as channels

    return await channels.set_paused(at.db, given.channel, paused=False)


async def _map(at: At, given: Mapped, _: Change) -> Mapping[str, Any]:
    from gateway.channels import administer as channels

    return await channels.map_product(
        at.db, given.channel, external_product=given.external_product, sku=given.sku
    )


async def _unmap(at: At, given: Unmapped, _: Change) -> Mapping[str, Any]:
    from gateway.channels import administer as channels

    return await channels.unmap_product(
        at.db, given.channel, external_product=given.external_product
    )


def _next(_: NewChannel, answer: Mapping[str, Any]) -> str:
    channel, path = answer["channel"], answer["path"]
    said = f"Next: quangate channel map {channel} EXTERNAL_PRODUCT SKU"
    if path is not None:
        said = f"Give the platform the address URL{path}"
    means = answer.get("plaintext_codes_means")
    return said if means is None else f"{said}\n{means}"


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
        undo="Not at all: a channel stays; `quangate channel pause NAME` takes no new orders.",
        subject=lambda given, _: given.channel,
        traces=(TRACE,),
        opens_vault=True,
        note=_next,
    ),
    Action(
        noun=CHANNEL,
        verb="update",
        doc="Change some of a channel's settings, or its address; the rest stays.",
        given=Update,
        example="quangate channel update xianyu --set app_secret=@new.secret",
        permission="channels:update",
        run=_update,
        undo="`quangate channel update NAME` with what was there; settings are not kept twice.",
        subject=lambda given, _: given.channel,
        traces=(TRACE,),
        opens_vault=True,
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
            Column(name="adapter", kind="text", zh="协议", en="Protocol", values=ADAPTER_NAMES),
            Column(name="partner", kind="id", zh="合作方", en="Partner"),
            Column(name="key_id", kind="id", zh="密钥编号", en="Key id"),
            Column(name="base_url", kind="text", zh="地址", en="Base URL"),
            Column(name="paused", kind="flag", zh="暂停", en="Paused"),
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
    Page(
        noun=CHANNEL,
        verb="show",
        doc="One channel with its products; of its settings only the names.",
        given=OneChannel,
        example="quangate channel show xianyu",
        permission="channels:read",
        read=_show,
        opens_vault=True,
    ),
    Action(
        noun=CHANNEL,
        verb="pause",
        fits=flag_is("paused", value=False),
        doc="Take no new orders from it; those that were taken are answered and told.",
        given=OneChannel,
        example="quangate channel pause xianyu",
        permission="channels:pause",
        run=_pause,
        undo="`quangate channel resume NAME`.",
        subject=lambda given, _: given.channel,
        traces=(TRACE,),
    ),
    Action(
        noun=CHANNEL,
        verb="resume",
        fits=flag_is("paused", value=True),
        doc="Take orders from it again.",
        given=OneChannel,
        example="quangate channel resume xianyu",
        permission="channels:resume",
        run=_resume,
        undo="`quangate channel pause NAME`.",
        subject=lambda given, _: given.channel,
        traces=(TRACE,),
    ),
    Action(
        noun=CHANNEL,
        verb="map",
        doc="Let a channel know a SKU by the platform's number of a product.",
        given=Mapped,
        example="quangate channel map xianyu 1886 MOBILE-50",
        permission="channels:map",
        run=_map,
        undo="`quangate channel unmap NAME EXTERNAL_PRODUCT`, or map it to what was there.",
        subject=lambda given, _: given.channel,
        traces=(PRODUCT_TRACE,),
    ),
    Action(
        noun=CHANNEL,
        verb="unmap",
        doc="Take a number of the platform's away; what was ordered under it stays.",
        given=Unmapped,
        example="quangate channel unmap xianyu 1886",
        permission="channels:unmap",
        run=_unmap,
        undo="`quangate channel map NAME EXTERNAL_PRODUCT SKU`.",
        subject=lambda given, _: given.channel,
        traces=(PRODUCT_TRACE,),
    ),
)
