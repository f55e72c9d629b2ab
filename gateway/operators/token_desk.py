"""Tokens of the admin API: what programs of an operator show."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from msgspec import Meta

from gateway.ground.desk.action import Action, Change, Noun, Trace
from gateway.ground.desk.fits import has_no
from gateway.ground.desk.given import Given
from gateway.ground.desk.port import At
from gateway.ground.desk.view import Column, Page, SortKey, View
from gateway.operators import administer_tokens as tokens
from gateway.operators.administration import SQL
from gateway.operators.desk import SHOWN_ONCE, OperatorName

TOKEN: Final = Noun(
    name="token", plural="tokens", zh="令牌", en="Token", key="token_id", under="operator"
)


def _id(given: Any, answer: Mapping[str, Any] | None) -> tuple[str] | None:
    if isinstance(given, OneToken):
        return (given.token_id,)
    return None if answer is None else (answer["token_id"],)


TRACE: Final = Trace(
    name="token", table="token", statement=SQL.trace_token, key=_id, left_out=("hash",)
)


class NewToken(Given, frozen=True, kw_only=True):
    """A token that is to be."""

    operator: OperatorName
    label: Annotated[
        Annotated[str, Meta(min_length=1, max_length=64)],
        Meta(description="What it is for.", extra={"metavar": "LABEL"}),
    ]
    permission: Annotated[
        tuple[str, ...],
        Meta(
            description="Only this one of its owner's; repeat it. None: all its owner has.",
            extra={"metavar": "NOUN:VERB"},
        ),
    ] = ()
    expires_days: Annotated[
        int, Meta(ge=1, le=tokens.EXPIRES_DAYS_MAX, description="For how many days it is good.")
    ] = 90


class OneToken(Given, frozen=True, kw_only=True):
    """A token there is."""

    token_id: Annotated[
        str,
        Meta(
            description="As `quangate operator token list` shows.",
            extra={"argument": True, "metavar": "TOKEN_ID"},
        ),
    ]


class Tokens(Given, frozen=True, kw_only=True):
    """Whose tokens."""

    operator: Annotated[
        str | None,
        Meta(description="Only this operator's.", extra={"argument": True, "metavar": "[NAME]"}),
    ] = None


async def _create(at: At, given: NewToken, change: Change) -> Mapping[str, Any]:
    return await tokens.create_token(
        at.db,
        given.operator,
        label=given.label,
        permissions=given.permission,
        expires_days=given.expires_days,
        change=change,
    )


async def _revoke(at: At, given: OneToken, _: Change) -> Mapping[str, Any]:
    return await tokens.revoke_token(at.db, given.token_id)


DECLARED: Final[Sequence[Action | View | Page]] = (
    Action(
        noun=TOKEN,
        verb="create",
        doc="Make a token for the admin API, shown once; never more than its owner may.",
        given=NewToken,
        example="quangate operator token create ann --label reports --permission orders:read",
        permission="tokens:create",
        run=_create,
        undo="`quangate operator token revoke TOKEN_ID`.",
        subject=lambda _, answer: answer["token_id"],
        traces=(TRACE,),
        shows=("token",),
        own="operator",
        note=lambda *_: SHOWN_ONCE,
    ),
    View(
        noun=TOKEN,
        verb="list",
        doc="Tokens and whether they work; never the tokens themselves.",
        given=Tokens,
        example="quangate operator token list ann",
        permission="tokens:read",
        columns=(
            Column(name="token_id", kind="id", zh="令牌编号", en="Token"),
            Column(name="operator", kind="id", zh="操作员", en="Operator"),
            Column(name="label", kind="text", zh="用途", en="Label"),
            Column(name="permissions", kind="list", zh="限于", en="Only"),
            Column(
                name="state",
                kind="text",
                zh="状态",
                en="State",
                values=("live", "expired", "revoked", "disabled"),
            ),
            Column(name="made_by", kind="text", zh="创建人", en="Made by"),
            Column(name="created_at", kind="time", zh="创建时间", en="Created"),
            Column(name="expires_at", kind="time", zh="到期", en="Expires"),
            Column(name="revoked_at", kind="time", zh="吊销时间", en="Revoked"),
        ),
        sort=(SortKey(columns=("id",), index="token_pkey", descending=True),),
        statement=SQL.list_tokens,
        rows_as="tokens",
    ),
    Action(
        noun=TOKEN,
        verb="revoke",
        fits=has_no("revoked_at"),
        doc="End a token at once; running gateways refuse it within a second.",
        given=OneToken,
        example="quangate operator token revoke tok_0123456789abcdef",
        permission="tokens:revoke",
        run=_revoke,
        undo="Not at all: another one can be made.",
        subject=lambda given, _: given.token_id,
        traces=(TRACE,),
    ),
)
