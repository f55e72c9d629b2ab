"""Upstreams: platforms we buy from. Their settings are stored wrapped and never shown.

Their connectors are imported when an action runs: the help of a command loads none.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, TypeAlias

from msgspec import Meta, field

from gateway.dispatch.administration import SQL
from gateway.ground.desk.action import Action, Change, Noun, Trace
from gateway.ground.desk.fits import flag_is
from gateway.ground.desk.given import Given
from gateway.ground.desk.kinds import NewName, Settings
from gateway.ground.desk.port import At
from gateway.ground.desk.refusal import wrong
from gateway.ground.desk.view import Column, Page, SortKey, View

UPSTREAM: Final = Noun(name="upstream", plural="upstreams", zh="上游", en="Upstream")
TRACE: Final = Trace(
    name="upstream",
    table="upstream",
    statement=SQL.trace_upstream,
    key=lambda given, _: (given.upstream,),
    left_out=("settings", "callback_token"),
)
NONE: Final = "none"  # takes a way back, as in --proxy none
Name: TypeAlias = Annotated[
    str, Meta(description="An upstream's name.", extra={"argument": True, "metavar": "NAME"})
]
Address: TypeAlias = Annotated[
    str | None, Meta(description="The platform's address.", extra={"metavar": "URL"})
]


class Way(Given, frozen=True, kw_only=True):
    """How an account is reached, and how fast; both of an account that is new and of a change."""

    settings: Settings = field(name="set", default_factory=dict)
    calls_per_second: Annotated[
        Annotated[float, Meta(ge=0)] | None,
        Meta(
            description="Orders sent to it a second, all its products and workers of a node"
            " together; 0: no limit."
        ),
    ] = None
    proxy: Annotated[
        str | None,
        Meta(
            description="Reach it through this proxy, http://[USER:PASSWORD@]HOST:PORT;"
            " @FILE reads it; none.",
            extra={"metavar": "URL", "secret": True, "at_file": True},
        ),
    ] = None
    client_cert: Annotated[
        str | None,
        Meta(
            description="Our certificate in PEM; none.",
            extra={"metavar": "FILE", "secret": True, "file": True},
        ),
    ] = None
    client_key: Annotated[
        str | None,
        Meta(
            description="Its key in PEM, stored encrypted; none.",
            extra={"metavar": "FILE", "secret": True, "file": True},
        ),
    ] = None
    ca: Annotated[
        str | None,
        Meta(
            description="Trust these authorities only, in PEM; none.",
            extra={"metavar": "FILE", "secret": True, "file": True},
        ),
    ] = None
    http2: Annotated[
        bool | None, Meta(description="Agree on HTTP/2 where the platform speaks it.")
    ] = None


class NewUpstream(Way, frozen=True, kw_only=True):
    """An account at a platform that is to be."""

    upstream: NewName
    connector: Annotated[str, Meta(description="Which platform: `quangate upstream connectors`.")]
    base_url: Annotated[str, Meta(description="The platform's address.", extra={"metavar": "URL"})]


class Update(Way, frozen=True, kw_only=True):
    """What is to change of an account; the rest stays."""

    upstream: Name
    base_url: Address = None


class OneUpstream(Given, frozen=True, kw_only=True):
    """An upstream there is."""

    upstream: Name


def _connectors() -> tuple[str, ...]:
    from connectors import registry

    return tuple(registry.names())


async def _add(at: At, given: NewUpstream, _: Change) -> Mapping[str, Any]:
    from connectors.egress import Egress
    from gateway.dispatch import administer as upstreams

    return await upstreams.add_upstream(
        at.db,
        at.secrecy,
        given.upstream,
        connector=given.connector,
        base_url=given.base_url,
        settings=given.settings,
        egress=Egress(**_egress(given)),
        calls_per_s=given.calls_per_second,
    )


async def _update(at: At, given: Update, _: Change) -> Mapping[str, Any]:
    from gateway.dispatch import administer as upstreams

    egress = _egress(given)
    said = (given.base_url is not None, given.calls_per_second is not None)
    if not (any(said) or given.settings or egress):
        raise wrong("nothing-to-change")
    return await upstreams.update_upstream(
        at.db,
        at.secrecy,
        given.upstream,
        base_url=given.base_url,
        settings=given.settings,
        egress=egress,
        calls_per_s=given.calls_per_second,
    )


def _egress(given: Way) -> dict[str, Any]:
    """The members of an Egress that were given; `none` takes one away."""
    from connectors.secret import Secret

    texts = {
        "proxy": given.proxy,
        "client_cert": given.client_cert,
        "client_key": given.client_key,
        "ca": given.ca,
    }
    said: dict[str, Any] = {
        name: None if text == NONE else text for name, text in texts.items() if text is not None
    }
    for name in ("proxy", "client_key"):
        if said.get(name) is not None:
            said[name] = Secret(said[name])
    return said | ({} if given.http2 is None else {"http2": given.http2})


async def _list(at: At, _: Given) -> Sequence[Mapping[str, Any]]:
    from gateway.dispatch import administer as upstreams

    return await upstreams.list_upstreams(at.db)


async def _show(at: At, given: OneUpstream) -> Mapping[str, Any]:
    from gateway.dispatch import administer as upstreams

    return await upstreams.show_upstream(at.db, at.secrecy, given.upstream)


async def _pause(at: At, given: OneUpstream, _: Change) -> Mapping[str, Any]:
    from gateway.dispatch import administer as upstreams

    return await upstreams.set_paused(at.db, given.upstream, paused=True)


async def _resume(at: At, given: OneUpstream, _: Change) -> Mapping[str, Any]:
    from gateway.dispatch import administer as upstreams

    return await upstreams.set_paused(at.db, given.upstream, paused=False)


def _next(given: NewUpstream, _: Mapping[str, Any]) -> str:
    return f"Next: quangate sku create … --kind topup --route {given.upstream}:PRODUCT_ID"


DECLARED: Final[Sequence[Action | View | Page]] = (
    Action(
        noun=UPSTREAM,
        verb="add",
        doc="Add an account at a platform. Settings are stored encrypted and never shown.",
        given=NewUpstream,
        example="quangate upstream add f1 --connector fulu --base-url https://openapi.fulu.com"
        " --set app_key=… --set secret=@fulu.secret",
        permission="upstreams:add",
        run=_add,
        undo="Not at all: an upstream stays; `quangate upstream pause NAME` sends nothing there.",
        subject=lambda given, _: given.upstream,
        traces=(TRACE,),
        opens_vault=True,
        note=_next,
    ),
    Action(
        noun=UPSTREAM,
        verb="update",
        doc="Change an account's address, the way to it, some of its settings or its limit; the"
        " rest stays.",
        given=Update,
        example="quangate upstream update f1 --set secret=@new.secret --calls-per-second 50",
        permission="upstreams:update",
        run=_update,
        undo="`quangate upstream update NAME` with what was there; settings are not kept twice.",
        subject=lambda given, _: given.upstream,
        traces=(TRACE,),
        opens_vault=True,
    ),
    View(
        noun=UPSTREAM,
        verb="list",
        doc="All upstreams.",
        given=Given,
        example="quangate upstream list",
        permission="upstreams:read",
        columns=(
            Column(name="upstream", kind="id", zh="上游", en="Upstream"),
            Column(
                name="connector",
                kind="text",
                zh="接口",
                en="Connector",
                values=_connectors,
            ),
            Column(name="base_url", kind="text", zh="地址", en="Base URL"),
            Column(name="paused", kind="flag", zh="暂停", en="Paused"),
            Column(name="calls_per_s", kind="number", zh="限速", en="Limit", unit="calls/s"),
            Column(name="routes", kind="number", zh="路由", en="Routes", unit="routes"),
            Column(
                name="open_attempts", kind="number", zh="进行中", en="Under way", unit="attempts"
            ),
            Column(name="created_at", kind="time", zh="创建时间", en="Created"),
            Column(name="lanes", kind="json", zh="通道", en="Lanes"),
        ),
        sort=(SortKey(columns=("name",), index="upstream_name_key"),),
        statement=SQL.list_upstreams,
        rows_as="upstreams",
        rows=_list,
    ),
    Page(
        noun=UPSTREAM,
        verb="show",
        doc="One upstream; of its settings only the names.",
        given=OneUpstream,
        example="quangate upstream show f1",
        permission="upstreams:read",
        read=_show,
        opens_vault=True,
    ),
    Action(
        noun=UPSTREAM,
        verb="pause",
        fits=flag_is("paused", value=False),
        doc="Send nothing new there; attempts under way are followed up.",
        given=OneUpstream,
        example="quangate upstream pause f1",
        permission="upstreams:pause",
        run=_pause,
        undo="`quangate upstream resume NAME`.",
        subject=lambda given, _: given.upstream,
        traces=(TRACE,),
    ),
    Action(
        noun=UPSTREAM,
        verb="resume",
        fits=flag_is("paused", value=True),
        doc="Send there again.",
        given=OneUpstream,
        example="quangate upstream resume f1",
        permission="upstreams:resume",
        run=_resume,
        undo="`quangate upstream pause NAME`.",
        subject=lambda given, _: given.upstream,
        traces=(TRACE,),
    ),
)
