"""Roles: what people may do, as data."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, TypeAlias

from msgspec import Meta

from gateway.ground.desk.action import Action, Change, Noun, SecondPerson, Trace
from gateway.ground.desk.given import Given
from gateway.ground.desk.kinds import NewName
from gateway.ground.desk.port import At
from gateway.ground.desk.view import Column, Page, SortKey, View
from gateway.operators import administer_roles as roles
from gateway.operators.administration import SQL
from gateway.operators.rules import has_power

ROLE: Final = Noun(name="role", plural="roles", zh="角色", en="Role")
RoleName: TypeAlias = Annotated[
    str, Meta(description="As `quangate role list` shows.", extra={"argument": True})
]
TRACE: Final = Trace(
    name="role", table="role", statement=SQL.trace_role, key=lambda given, _: (given.role,)
)


class NewRole(Given, frozen=True, kw_only=True):
    """A role that is to be."""

    role: NewName
    permission: Annotated[
        tuple[str, ...],
        Meta(
            description="noun:verb, the noun in the plural; repeat it. None: empty.",
            extra={"metavar": "NOUN:VERB"},
        ),
    ] = ()


class OneRole(Given, frozen=True, kw_only=True):
    """A role there is."""

    role: RoleName


class Granting(Given, frozen=True, kw_only=True):
    """A permission of a role."""

    role: RoleName
    permission: Annotated[
        str, Meta(description="noun:verb, the noun in the plural.", extra={"argument": True})
    ]


async def _list(at: At, _: Given) -> Sequence[Mapping[str, Any]]:
    return await roles.list_roles(at.db)


async def _show(at: At, given: OneRole) -> Mapping[str, Any]:
    return await roles.show_role(at.db, given.role)


async def _create(at: At, given: NewRole, change: Change) -> Mapping[str, Any]:
    return await roles.create_role(at.db, given.role, given.permission, change)


async def _grant(at: At, given: Granting, change: Change) -> Mapping[str, Any]:
    return await roles.grant(at.db, given.role, given.permission, change)


async def _revoke(at: At, given: Granting, _: Change) -> Mapping[str, Any]:
    return await roles.revoke(at.db, given.role, given.permission)


async def _gives_power(_: At, given: NewRole | Granting) -> bool:
    """As making an admin: of whoever has the role."""
    several = given.permission if isinstance(given, NewRole) else (given.permission,)
    return has_power(several)


DECLARED: Final[Sequence[Action | View | Page]] = (
    Action(
        noun=ROLE,
        verb="create",
        doc="Make a role. Nobody gives what he has not.",
        given=NewRole,
        example="quangate role create night --permission orders:read --permission orders:cancel",
        permission="roles:create",
        run=_create,
        undo="`quangate role revoke ROLE PERMISSION`: an empty role lets nobody do anything.",
        subject=lambda given, _: given.role,
        traces=(TRACE,),
        kept=("permissions",),
        second_person=SecondPerson.SOMETIMES,
        beyond=_gives_power,
    ),
    View(
        noun=ROLE,
        verb="list",
        doc="All roles with what each gives.",
        given=Given,
        example="quangate role list",
        permission="roles:read",
        columns=(
            Column(name="role", kind="id", zh="角色", en="Role"),
            Column(name="operators", kind="number", zh="人数", en="Operators", unit="people"),
            Column(name="created_at", kind="time", zh="创建时间", en="Created"),
            Column(name="permissions", kind="list", zh="权限", en="Permissions"),
        ),
        sort=(SortKey(columns=("name",), index="role_name_key"),),
        statement=SQL.list_roles,
        rows_as="roles",
        rows=_list,
    ),
    Page(
        noun=ROLE,
        verb="show",
        doc="What one role lets people do.",
        given=OneRole,
        example="quangate role show support",
        permission="roles:read",
        read=_show,
    ),
    Action(
        noun=ROLE,
        verb="grant",
        doc="Give a role a permission; in force within a second. Nobody gives what he has not.",
        given=Granting,
        example="quangate role grant support holds:release",
        permission="roles:grant",
        run=_grant,
        undo="`quangate role revoke ROLE PERMISSION`.",
        subject=lambda given, _: given.role,
        traces=(TRACE,),
        second_person=SecondPerson.SOMETIMES,
        beyond=_gives_power,
    ),
    Action(
        noun=ROLE,
        verb="revoke",
        doc="Take a permission from a role; in force within a second.",
        given=Granting,
        example="quangate role revoke support orders:cancel",
        permission="roles:revoke",
        run=_revoke,
        undo="`quangate role grant ROLE PERMISSION`.",
        subject=lambda given, _: given.role,
        traces=(TRACE,),
    ),
)
