"""Roles: which there are, what they give, and changing that."""

from collections.abc import Sequence
from typing import Any

from gateway.ground.desk.action import Change
from gateway.ground.desk.all_declared import known_permissions
from gateway.ground.desk.permission import check_giving, check_known
from gateway.ground.desk.port import Row, Transaction, already_exists, check_name, not_found
from gateway.ground.desk.refusal import refused
from gateway.operators.administer import read_deviations
from gateway.operators.administration import SQL
from gateway.operators.rules import role_permissions


async def list_roles(db: Transaction) -> Sequence[Row]:
    """All of them by name, with what each gives."""
    deviations, known = await read_deviations(db), known_permissions()
    return [
        {**row, "permissions": sorted(role_permissions(row["role"], deviations, known))}
        for row in await SQL.list_roles.all(db)
    ]


async def show_role(db: Transaction, role: str) -> dict[str, Any]:
    """What one gives."""
    if role not in set(await SQL.list_role_names.all(db)):
        raise not_found("role", role)
    given = role_permissions(role, await read_deviations(db), known_permissions())
    return {"role": role, "permissions": sorted(given)}


async def create_role(
    db: Transaction, role: str, permissions: Sequence[str], change: Change
) -> dict[str, Any]:
    """Make one. Refused: a name that is taken, an unknown permission, one its giver has not."""
    check_name("role", role)
    for permission in permissions:
        _check_given(permission, change)
    if await SQL.insert_role.one(db, role) is None:
        raise already_exists("role", role)
    for permission in dict.fromkeys(permissions):
        await SQL.set_role_permission.one(db, role, permission, True)
    return {"role": role, "permissions": sorted(set(permissions))}


async def grant(db: Transaction, role: str, permission: str, change: Change) -> dict[str, Any]:
    """Everybody who has the role has the permission within a second."""
    _check_given(permission, change)
    await _lock(db, role)
    await SQL.set_role_permission.one(db, role, permission, True)
    return await show_role(db, role)


async def revoke(db: Transaction, role: str, permission: str) -> dict[str, Any]:
    """Nobody has it by this role any more. Refused where the role does not give it."""
    check_known(permission, known_permissions())
    await _lock(db, role)
    if permission not in role_permissions(role, await read_deviations(db), known_permissions()):
        raise refused("refused", "not-granted", "permission", role=role, permission=permission)
    await SQL.set_role_permission.one(db, role, permission, False)
    return await show_role(db, role)


def _check_given(permission: str, change: Change) -> None:
    check_known(permission, known_permissions())
    if change.permissions is not None:
        check_giving(frozenset({permission}), change.permissions)


async def _lock(db: Transaction, role: str) -> None:
    if await SQL.role_by_name.one(db, role) is None:
        raise not_found("role", role)
