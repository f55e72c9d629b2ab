"""Operators: people who run the shop."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, TypeAlias

from msgspec import Meta

from gateway.ground.desk.action import Action, Change, Noun, Reason, SecondPerson, Trace
from gateway.ground.desk.fits import flag_is
from gateway.ground.desk.given import Given
from gateway.ground.desk.kinds import NewName
from gateway.ground.desk.port import At
from gateway.ground.desk.view import Column, Page, SortKey, View
from gateway.operators import administer as operators
from gateway.operators.administration import SQL

OPERATOR: Final = Noun(name="operator", plural="operators", zh="操作员", en="Operator")
SHOWN_ONCE: Final = "Keep what is shown: it is not shown again."
OperatorName: TypeAlias = Annotated[
    str,
    Meta(
        description="As `quangate operator list` shows.",
        extra={"argument": True, "metavar": "NAME"},
    ),
]
TRACE: Final = Trace(
    name="operator",
    table="operator",
    statement=SQL.trace_operator,
    key=lambda given, _: (given.operator,),
    left_out=("password", "totp_secret", "totp_step"),
)


class NewOperator(Given, frozen=True, kw_only=True):
    """Somebody who is to work here."""

    operator: NewName
    role: Annotated[
        tuple[str, ...],
        Meta(description="What he may do; repeat it. `quangate role list` shows those there are."),
    ] = ()
    person: Annotated[
        str | None,
        Meta(description="Whose account it is; accounts of one person are one. None: the name."),
    ] = None
    partner: Annotated[
        str | None,
        Meta(description="Somebody of this partner: who has its portal and nothing else."),
    ] = None


class OneOperator(Given, frozen=True, kw_only=True):
    """Somebody who works here."""

    operator: OperatorName


class Roles(Given, frozen=True, kw_only=True):
    """Which roles somebody gets and loses."""

    operator: OperatorName
    add: Annotated[tuple[str, ...], Meta(description="A role more; repeat it.")] = ()
    remove: Annotated[tuple[str, ...], Meta(description="A role less; repeat it.")] = ()


async def _create(at: At, given: NewOperator, change: Change) -> Mapping[str, Any]:
    return await operators.create_operator(
        at.db,
        at.secrecy,
        given.operator,
        roles=given.role,
        person=given.person,
        change=change,
        partner=given.partner,
    )


async def _show(at: At, given: OneOperator) -> Mapping[str, Any]:
    return await operators.show_operator(at.db, given.operator)


async def _enable(at: At, given: OneOperator, _: Change) -> Mapping[str, Any]:
    return await operators.set_enabled(at.db, given.operator, enabled=True)


async def _disable(at: At, given: OneOperator, _: Change) -> Mapping[str, Any]:
    return await operators.set_enabled(at.db, given.operator, enabled=False)


async def _unfreeze(at: At, given: OneOperator, change: Change) -> Mapping[str, Any]:
    return await operators.unfreeze(at.db, given.operator, change)


async def _roles(at: At, given: Roles, change: Change) -> Mapping[str, Any]:
    return await operators.change_roles(
        at.db, given.operator, add=given.add, remove=given.remove, change=change
    )


async def _reset_password(at: At, given: OneOperator, change: Change) -> Mapping[str, Any]:
    return await operators.reset_password(at.db, given.operator, change)


async def _reset_totp(at: At, given: OneOperator, change: Change) -> Mapping[str, Any]:
    return await operators.reset_totp(at.db, at.secrecy, given.operator, change)


async def _gives_power(at: At, given: NewOperator | Roles) -> bool:
    """Of those who may then make others, or let one person do more alone, two make each."""
    roles = given.role if isinstance(given, NewOperator) else given.add
    return await operators.give_power(at.db, roles)


def _on_one(verb: str, doc: str, run: Any, undo: str, **more: Any) -> Action:
    """An action on somebody who is there."""
    return Action(
        noun=OPERATOR,
        verb=verb,
        doc=doc,
        given=OneOperator,
        example=f"quangate operator {verb} ann",
        permission=f"operators:{verb}",
        run=run,
        undo=undo,
        subject=lambda given, _: given.operator,
        traces=(TRACE,),
        **more,
    )


DECLARED: Final[Sequence[Action | View | Page]] = (
    Action(
        noun=OPERATOR,
        verb="create",
        doc="Make an operator; prints password, one-time code secret and recovery codes, once.",
        given=NewOperator,
        example="quangate operator create ann --role support --role stock",
        permission="operators:create",
        run=_create,
        undo="`quangate operator disable NAME`: what somebody did names him for ever.",
        subject=lambda given, _: given.operator,
        traces=(TRACE,),
        shows=("password", "totp_secret", "totp_uri", "recovery_codes"),
        shows_anew=lambda given: [
            f"quangate operator {verb} {given.operator}"
            for verb in ("reset-password", "reset-totp")
        ],
        opens_vault=True,
        note=lambda *_: SHOWN_ONCE,
        second_person=SecondPerson.SOMETIMES,
        beyond=_gives_power,
    ),
    View(
        noun=OPERATOR,
        verb="list",
        doc="Everybody who works here.",
        given=Given,
        example="quangate operator list",
        permission="operators:read",
        columns=(
            Column(name="operator", kind="id", zh="操作员", en="Operator"),
            Column(name="person", kind="id", zh="本人", en="Person"),
            Column(name="partner", kind="id", zh="合作方", en="Partner"),
            Column(name="roles", kind="list", zh="角色", en="Roles"),
            Column(name="enabled", kind="flag", zh="启用", en="Enabled"),
            Column(name="frozen", kind="flag", zh="查看冻结", en="Frozen"),
            Column(
                name="live_tokens", kind="number", zh="有效令牌", en="Live tokens", unit="tokens"
            ),
            Column(name="made_by", kind="text", zh="创建人", en="Made by"),
            Column(name="created_at", kind="time", zh="创建时间", en="Created"),
        ),
        sort=(SortKey(columns=("name",), index="operator_name_key"),),
        statement=SQL.list_operators,
        rows_as="operators",
    ),
    Page(
        noun=OPERATOR,
        verb="show",
        doc="One operator: roles, what they let him do, tokens.",
        given=OneOperator,
        example="quangate operator show ann",
        permission="operators:read",
        read=_show,
    ),
    _on_one(
        "enable",
        "Let him in again; sessions that were ended stay ended.",
        _enable,
        "`quangate operator disable NAME`.",
        fits=flag_is("enabled", value=False),
    ),
    _on_one(
        "disable",
        "Refuse him everywhere, within a second; all his sessions end.",
        _disable,
        "`quangate operator enable NAME`.",
        fits=flag_is("enabled", value=True),
    ),
    _on_one(
        "unfreeze",
        "Let somebody see codes again who saw too many in an hour. Nobody lifts his own.",
        _unfreeze,
        "Not at all: it freezes again by itself.",
        reason=Reason.ASKED,
        fits=flag_is("frozen", value=True),
    ),
    Action(
        noun=OPERATOR,
        verb="roles",
        doc="Give an operator roles, take roles from him; in force within a second.",
        given=Roles,
        example="quangate operator roles ann --add stock --remove support",
        permission="operators:roles",
        run=_roles,
        undo="`quangate operator roles NAME --add|--remove ROLE`, the other way round.",
        subject=lambda given, _: given.operator,
        traces=(TRACE,),
        kept=("roles",),
        second_person=SecondPerson.SOMETIMES,
        beyond=_gives_power,
    ),
    _on_one(
        "reset-password",
        "Make a new password, shown once; all sessions of his end.",
        _reset_password,
        "Not at all: another one can be made.",
        shows=("password",),
        own="operator",
        note=lambda *_: SHOWN_ONCE,
    ),
    _on_one(
        "reset-totp",
        "Make new one-time and recovery codes, shown once; all passkeys and sessions of his end.",
        _reset_totp,
        "Not at all: others can be made.",
        shows=("totp_secret", "totp_uri", "recovery_codes"),
        opens_vault=True,
        note=lambda *_: SHOWN_ONCE,
    ),
)
