"""API keys, for their partner's own people."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from msgspec import Meta

from gateway.ground.desk.action import Action, Change
from gateway.ground.desk.fits import state_is
from gateway.ground.desk.given import Given
from gateway.ground.desk.permission import MANAGE
from gateway.ground.desk.port import At
from gateway.ground.desk.view import Column, Page, SortKey, View
from gateway.partners import keys
from gateway.partners import portal_keys as own
from gateway.partners.key_desk import KEEP_THEM, KEY, KeyId, OneKey, Rotation
from gateway.partners.portal_administration import SQL


class OwnKey(Given, frozen=True, kw_only=True):
    """A key that is to be, and what it may do."""

    scope: Annotated[
        tuple[str, ...],
        Meta(
            description="orders:write, orders:read, codes:read, account:read; repeat it. None: all."
        ),
    ] = ()
    rate: Annotated[
        Annotated[int, Meta(ge=1, le=keys.RATE_MAX)] | None,
        Meta(description="Requests a second, burst of one second. None: as fast as your fastest."),
    ] = None
    allow_ip: Annotated[
        tuple[str, ...],
        Meta(description="Only from this network; repeat it. None: from anywhere."),
    ] = ()
    sandbox: Annotated[
        bool,
        Meta(
            description="For trying things out: qk_test_…, which orders in the sandbox alone, where"
            " nothing costs anything and no code is real."
        ),
    ] = False


class Networks(Given, frozen=True, kw_only=True):
    """From where a key may be used."""

    key_id: KeyId
    allow_ip: Annotated[
        tuple[str, ...],
        Meta(description="Only from this network; repeat it. None: from anywhere."),
    ] = ()


async def _create(at: At, given: OwnKey, change: Change) -> Mapping[str, Any]:
    return await own.create_own(
        at,
        change,
        scopes=given.scope,
        allow_ips=given.allow_ip,
        rate=given.rate,
        sandbox=given.sandbox,
    )


async def _rotate(at: At, given: Rotation, _: Change) -> Mapping[str, Any]:
    return await own.rotate_own(at, given.key_id, overlap_s=given.overlap)


async def _revoke(at: At, given: OneKey, _: Change) -> Mapping[str, Any]:
    return await own.revoke_own(at, given.key_id)


async def _networks(at: At, given: Networks, change: Change) -> Mapping[str, Any]:
    return await own.set_networks(at, change, given.key_id, given.allow_ip)


DECLARED: Final[Sequence[Action | View | Page]] = (
    View(
        noun=KEY,
        verb="list",
        doc="Your keys and what they may do, without their secrets.",
        given=Given,
        example="GET /portal/keys",
        permission=MANAGE,
        columns=(
            Column(name="key_id", kind="id", zh="密钥编号", en="Key id"),
            Column(name="label", kind="text", zh="标签", en="Label"),
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
        statement=SQL.portal_keys,
        rows_as="keys",
        rows=lambda at, _: own.list_own(at),
        at_shell=False,
    ),
    Page(
        noun=KEY,
        verb="show",
        doc="One of your keys and what it may do.",
        given=OneKey,
        example="GET /portal/keys/qk_0123456789abcdef0123",
        permission=MANAGE,
        read=lambda at, given: own.show_own(at, given.key_id),
        at_shell=False,
    ),
    Action(
        noun=KEY,
        verb="create",
        doc="Make a key; its secret and its delivery key are shown once.",
        given=OwnKey,
        example="POST /portal/keys/create",
        permission=MANAGE,
        run=_create,
        undo="Revoke it.",
        subject=lambda _, answer: answer["key_id"],
        kept=("key_id",),
        shows=("secret", "delivery_key"),
        opens_vault=True,
        step_up=True,
        note=lambda *_: KEEP_THEM,
        at_shell=False,
    ),
    Action(
        noun=KEY,
        verb="rotate",
        fits=state_is("live"),
        doc="Make a successor with the same rights; the old key ends after the overlap.",
        given=Rotation,
        example="POST /portal/keys/qk_0123456789abcdef0123/rotate",
        permission=MANAGE,
        run=_rotate,
        undo="Not at all: the old key ends; the new one can be revoked, too.",
        subject=lambda given, _: given.key_id,
        kept=("key_id", "replaces", "old_key_works_until"),
        shows=("secret", "delivery_key"),
        opens_vault=True,
        step_up=True,
        note=lambda *_: KEEP_THEM,
        at_shell=False,
    ),
    Action(
        noun=KEY,
        verb="revoke",
        fits=state_is("live", "rotated"),
        doc="End a key at once; it is refused within a second.",
        given=OneKey,
        example="POST /portal/keys/qk_0123456789abcdef0123/revoke",
        permission=MANAGE,
        run=_revoke,
        undo="Not at all; another one can be made.",
        subject=lambda given, _: given.key_id,
        kept=("key_id", "revoked_at"),
        at_shell=False,
    ),
    Action(
        noun=KEY,
        verb="networks",
        doc="Say from which networks a key may be used.",
        given=Networks,
        example="POST /portal/keys/qk_0123456789abcdef0123/networks",
        permission=MANAGE,
        run=_networks,
        undo="The same with the networks before it.",
        subject=lambda given, _: given.key_id,
        kept=("key_id", "allow_ips"),
        step_up=True,
        at_shell=False,
    ),
)
