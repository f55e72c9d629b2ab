"""API keys: what partners sign with. Their secrets are shown once."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, TypeAlias

from msgspec import Meta

from gateway.ground.desk.action import Action, Change, Noun, Trace
from gateway.ground.desk.fits import state_is
from gateway.ground.desk.given import Given
from gateway.ground.desk.job import Site
from gateway.ground.desk.kinds import PartnerName
from gateway.ground.desk.port import At
from gateway.ground.desk.refusal import wrong
from gateway.ground.desk.view import Column, Page, SortKey, View
from gateway.partners import keys
from gateway.partners.administration import SQL

KEY: Final = Noun(name="key", plural="keys", zh="接口密钥", en="API key", key="key_id")
KEEP_THEM: Final = "Keep secret and delivery key now: they are not shown again."
LEFT_OUT: Final = ("signing_key", "delivery_key")
KeyId: TypeAlias = Annotated[
    str,
    Meta(
        description="qk_…, as `quangate key list` shows.",
        extra={"argument": True, "metavar": "KEY_ID"},
    ),
]


def _trace(name: str, key: Any) -> Trace:
    return Trace(name=name, table="api_key", statement=SQL.trace_key, key=key, left_out=LEFT_OUT)


OLD: Final = _trace("key", lambda given, _: (given.key_id,))


def made(name: str) -> Trace:
    """The key that an action has made, by the id in its answer."""
    return _trace(name, lambda _, answer: None if answer is None else (answer["key_id"],))


class NewKey(Given, frozen=True, kw_only=True):
    """A key that is to be, and what it may do."""

    partner: PartnerName
    scope: Annotated[
        tuple[str, ...],
        Meta(
            description="orders:write, orders:read, codes:read, account:read; repeat it. None: all."
        ),
    ] = ()
    rate: Annotated[
        Annotated[int, Meta(ge=1, le=keys.RATE_MAX)] | None,
        Meta(description="Requests a second, burst of one second. None: unlimited."),
    ] = None
    allow_ip: Annotated[
        tuple[str, ...],
        Meta(
            description="Only from this network; repeat it. None: from anywhere.",
            extra={"metavar": "CIDR"},
        ),
    ] = ()
    sandbox: Annotated[
        bool,
        Meta(
            description="For trying things out: qk_test_…, which orders in the sandbox alone, where"
            " nothing costs anything and no code is real."
        ),
    ] = False


class Rotation(Given, frozen=True, kw_only=True):
    """A key that gets a successor."""

    key_id: KeyId
    overlap: Annotated[
        int,
        Meta(
            ge=0,
            le=keys.OVERLAP_S_MAX,
            description="How long the old key works on.",
            extra={"metavar": "SECONDS"},
        ),
    ] = 3600


class OneKey(Given, frozen=True, kw_only=True):
    """A key there is."""

    key_id: KeyId


class Keys(Given, frozen=True, kw_only=True):
    """Which keys."""

    partner: Annotated[
        str | None,
        Meta(description="Only this partner's.", extra={"argument": True, "metavar": "[PARTNER]"}),
    ] = None


class Checked(OneKey, frozen=True, kw_only=True):
    """A key there is, and a request that it signed."""

    request: Annotated[
        Annotated[str, Meta(min_length=1, max_length=4 << 20)] | None,
        Meta(
            description="A raw HTTP request (request line, headers, blank line, body), to be told"
            " which part of it was signed otherwise."
        ),
    ] = None


async def _create(at: At, given: NewKey, _: Change) -> Mapping[str, Any]:
    return await keys.create_key(
        at.db,
        at.secrecy,
        partner=given.partner,
        scopes=given.scope,
        allow_ips=given.allow_ip,
        rate_per_s=given.rate,
        sandbox=given.sandbox,
    )


async def _rotate(at: At, given: Rotation, _: Change) -> Mapping[str, Any]:
    return await keys.rotate_key(at.db, at.secrecy, given.key_id, overlap_s=given.overlap)


async def _check(site: Site, given: Checked) -> Mapping[str, Any]:
    from gateway.partners.check_key import check_key
    from gateway.partners.raw_request import NotARequest, read_request

    try:
        raw = None if given.request is None else read_request(given.request.encode())
    except (NotARequest, UnicodeEncodeError) as error:
        raise wrong("no-request", "request", detail=str(error)) from None
    async with site.open() as desk:
        return await check_key(desk, given.key_id, raw)


async def _revoke(at: At, given: OneKey, _: Change) -> Mapping[str, Any]:
    return await keys.revoke_key(at.db, given.key_id)


CREATE: Final = Action(
    noun=KEY,
    verb="create",
    doc="Make a key for a partner; prints its id, secret and delivery key.",
    given=NewKey,
    example="quangate key create acme --scope orders:write --rate 1000",
    permission="keys:create",
    run=_create,
    undo="`quangate key revoke KEY_ID`.",
    subject=lambda _, answer: answer["key_id"],
    traces=(made("key"),),
    shows=("secret", "delivery_key"),
    opens_vault=True,
    note=lambda *_: KEEP_THEM,
)
DECLARED: Final[Sequence[Action | View | Page]] = (
    CREATE,
    Action(
        noun=KEY,
        verb="rotate",
        fits=state_is("live"),
        doc="Make a successor with the same rights; the old key ends after the overlap.",
        given=Rotation,
        example="quangate key rotate qk_0123456789abcdef0123 --overlap 3600",
        permission="keys:rotate",
        run=_rotate,
        undo="Not at all: the old key ends; `quangate key revoke KEY_ID` ends the new one, too.",
        subject=lambda given, _: given.key_id,
        traces=(OLD, made("successor")),
        shows=("secret", "delivery_key"),
        opens_vault=True,
        note=lambda *_: KEEP_THEM,
    ),
    Action(
        noun=KEY,
        verb="revoke",
        fits=state_is("live", "rotated"),
        doc="End a key at once; running gateways refuse it within a second.",
        given=OneKey,
        example="quangate key revoke qk_0123456789abcdef0123",
        permission="keys:revoke",
        run=_revoke,
        undo="Not at all; `quangate key create PARTNER` makes another one.",
        subject=lambda given, _: given.key_id,
        traces=(OLD,),
    ),
    Page(
        noun=KEY,
        verb="check",
        doc="The last refused requests of a key, each with the string that was signed here.",
        given=Checked,
        example="GET /admin/v1/keys/qk_0123456789abcdef0123/check",
        permission="keys:read",
        read=_check,
        route="keys/{key_id}/check",
        at_shell=False,
        on_site=True,
        posted=True,
    ),
    View(
        noun=KEY,
        verb="list",
        doc="Keys and what they may do, without their secrets.",
        given=Keys,
        example="quangate key list acme",
        permission="keys:read",
        columns=(
            Column(name="key_id", kind="id", zh="密钥编号", en="Key id"),
            Column(name="label", kind="text", zh="标签", en="Label"),
            Column(name="partner", kind="id", zh="合作方", en="Partner"),
            Column(
                name="state",
                kind="text",
                zh="状态",
                en="State",
                values=("live", "rotated", "expired", "revoked"),
            ),
            Column(name="scopes", kind="list", zh="权限", en="Scopes"),
            Column(name="allow_ips", kind="list", zh="允许的地址", en="Networks"),
            Column(name="rate", kind="number", zh="限速", en="Rate", unit="requests/s"),
            Column(name="replaces", kind="id", zh="替换", en="Replaces"),
            Column(name="expires_at", kind="time", zh="到期", en="Expires"),
            Column(name="created_at", kind="time", zh="创建时间", en="Created"),
        ),
        sort=(SortKey(columns=("partner_id",), index="api_key_partner"),),
        statement=SQL.list_keys,
        rows_as="keys",
        rows=lambda at, given: keys.list_keys(at.db, given.partner),
    ),
)
