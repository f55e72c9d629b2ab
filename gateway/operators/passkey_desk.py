"""Passkeys: seen and ended here; they are made at a browser, by whoever has the authenticator."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from msgspec import Meta

from gateway.ground.desk.action import Action, Change, Noun, Trace
from gateway.ground.desk.fits import has_no
from gateway.ground.desk.given import Given
from gateway.ground.desk.port import At
from gateway.ground.desk.view import Column, Page, SortKey, View
from gateway.operators import passkeys
from gateway.operators.passkey_administration import SQL

PASSKEY: Final = Noun(
    name="passkey", plural="passkeys", zh="通行密钥", en="Passkey", key="passkey_id",
    under="operator",
)  # fmt: skip
TRACE: Final = Trace(
    name="passkey",
    table="passkey",
    statement=SQL.trace_passkey,
    key=lambda given, _: (given.passkey_id,),
    left_out=("credential_id", "public_key", "sign_count"),
)


class OnePasskey(Given, frozen=True, kw_only=True):
    """A passkey there is."""

    passkey_id: Annotated[
        str,
        Meta(
            description="As `quangate operator passkey list` shows.",
            extra={"argument": True, "metavar": "PASSKEY_ID"},
        ),
    ]
    operator: Annotated[
        str | None, Meta(description="Only if it is this operator's.", extra={"metavar": "NAME"})
    ] = None


class Passkeys(Given, frozen=True, kw_only=True):
    """Whose passkeys."""

    operator: Annotated[
        str | None,
        Meta(description="Only this operator's.", extra={"argument": True, "metavar": "[NAME]"}),
    ] = None


async def _revoke(at: At, given: OnePasskey, _: Change) -> Mapping[str, Any]:
    return await passkeys.revoke(at.db, given.passkey_id, given.operator)


DECLARED: Final[Sequence[Action | View | Page]] = (
    View(
        noun=PASSKEY,
        verb="list",
        doc="Passkeys by which operators sign in, and whether they work.",
        given=Passkeys,
        example="quangate operator passkey list ann",
        permission="passkeys:read",
        columns=(
            Column(name="passkey_id", kind="id", zh="密钥编号", en="Passkey"),
            Column(name="operator", kind="id", zh="操作员", en="Operator"),
            Column(name="label", kind="text", zh="名称", en="Label"),
            Column(name="site", kind="text", zh="站点", en="Site"),
            Column(
                name="state",
                kind="text",
                zh="状态",
                en="State",
                values=("live", "revoked", "disabled"),
            ),
            Column(name="created_at", kind="time", zh="创建时间", en="Created"),
            Column(name="used_at", kind="time", zh="最近使用", en="Last used"),
            Column(name="revoked_at", kind="time", zh="吊销时间", en="Revoked"),
        ),
        sort=(SortKey(columns=("id",), index="passkey_pkey", descending=True),),
        statement=SQL.list_passkeys,
        rows_as="passkeys",
    ),
    Action(
        noun=PASSKEY,
        verb="revoke",
        fits=has_no("revoked_at"),
        doc="End a passkey at once; nobody signs in or steps up by it any more."
        "\n\nAnybody ends his own at the console. `operator reset-totp` ends all of an operator.",
        given=OnePasskey,
        example="quangate operator passkey revoke pk_0123456789abcdef",
        permission="passkeys:revoke",
        run=_revoke,
        undo="Not at all: its owner can make another one.",
        subject=lambda given, _: given.passkey_id,
        traces=(TRACE,),
        own="operator",
    ),
)
