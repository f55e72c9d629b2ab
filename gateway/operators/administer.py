"""People: made, listed, switched off and on, given roles, given new ways to sign in."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from gateway.ground.desk.action import Change
from gateway.ground.desk.all_declared import known_permissions
from gateway.ground.desk.permission import check_giving
from gateway.ground.desk.port import (
    Row,
    Secrecy,
    Transaction,
    already_exists,
    check_name,
    not_found,
    partner_id,
)
from gateway.ground.desk.refusal import refused, wrong
from gateway.ground.desk.second import second_persons
from gateway.operators import passkeys
from gateway.operators import secrets_shown as shown
from gateway.operators.administration import SQL
from gateway.operators.hands import hands_behind
from gateway.operators.roles import ADMIN
from gateway.operators.rules import Deviations, has_power, permissions_of


async def create_operator(
    db: Transaction,
    secrecy: Secrecy,
    name: str,
    *,
    roles: Sequence[str],
    person: str | None,
    change: Change,
    partner: str | None = None,
) -> dict[str, Any]:
    """Make one who may sign in at once; the secrets of the answer are kept nowhere else.

    `partner`: whose person it is, who has that partner's portal and nothing else, so no role.
    Refused: a name that is taken, a role that is not there, or that gives what its giver has not.
    """
    check_name("operator", name)
    check_name("person", person or name)
    whose = None if partner is None else await partner_id(db, partner)
    if roles and whose is not None:
        raise wrong("partners-person", "role", partner=partner)
    if not roles and whose is None:
        raise wrong("role-missing", "role")
    await check_roles(db, roles, change)
    password, secret, codes = shown.new_password(), shown.new_totp_secret(), _new_codes()
    row = await SQL.insert_operator.one(
        db, name, person or name, await shown.hash_password(password),
        secrecy.wrap(totp_purpose(name), secret.encode()), change.actor,
        None if change.permissions is None else change.actor, whose,
    )  # fmt: skip
    if row is None:
        raise already_exists("operator", name)
    await SQL.set_recovery_codes.run(db, name, [shown.digest(code) for code in codes])
    await SQL.add_roles.run(db, name, list(dict.fromkeys(roles)))
    return {
        "operator": name, "password": password, "totp_secret": secret,
        "totp_uri": shown.totp_uri(secret, name), "recovery_codes": codes,
    }  # fmt: skip


async def show_operator(db: Transaction, name: str) -> dict[str, Any]:
    """One of them, with what he may."""
    row = await _found(db, name)
    return {
        **row,
        "permissions": sorted(await operator_permissions(db, name)),
        "tokens": await SQL.list_tokens.all(db, name),
    }


async def set_enabled(db: Transaction, name: str, *, enabled: bool) -> dict[str, Any]:
    """Switched off he is refused everywhere within a second, and all his sessions are over."""
    await _found(db, name)
    await (SQL.enable_operator if enabled else SQL.disable_operator).run(db, name)
    return {"operator": name, "enabled": enabled}


async def unfreeze(db: Transaction, name: str, change: Change) -> dict[str, Any]:
    """Let him see codes again. Refused: to the same person; where nothing is frozen."""
    row = await _found(db, name)
    if change.permissions is not None and row["person"].lower() in await hands_behind(db, change):
        raise refused("refused", "own-freeze", "operator", operator=name)
    if row["frozen_at"] is None:
        raise refused("refused", "not-frozen", "operator", operator=name)
    await SQL.unfreeze_operator.one(db, name)
    return {"operator": name, "frozen": False}


async def change_roles(
    db: Transaction, name: str, *, add: Sequence[str], remove: Sequence[str], change: Change
) -> dict[str, Any]:
    """Give and take roles. Refused: what the giver has not; one that he does not have."""
    row = await _found(db, name)
    if row["partner"] is not None:
        raise refused("refused", "partners-person", "operator", partner=row["partner"])
    if not add and not remove:
        raise wrong("no-roles")
    if both := set(add) & set(remove):
        raise wrong("role-both", "add", role=min(both))
    await check_roles(db, add, change)
    await _all_there(db, remove)
    if missing := set(remove) - set(row["roles"]):
        raise refused("refused", "role-not-held", "remove", operator=name, role=min(missing))
    await SQL.add_roles.run(db, name, list(add))
    await SQL.remove_roles.run(db, name, list(remove))
    return {"operator": name, "roles": sorted({*row["roles"], *add} - set(remove))}


async def reset_password(db: Transaction, name: str, change: Change) -> dict[str, Any]:
    """A new one, shown once; the old one and all sessions are over."""
    await _check_above(db, name, change)
    password = shown.new_password()
    await SQL.set_password.one(db, name, await shown.hash_password(password))
    await _note_reset(db, name, change)
    return {"operator": name, "password": password}


async def reset_totp(
    db: Transaction, secrecy: Secrecy, name: str, change: Change
) -> dict[str, Any]:
    """A new secret and new recovery codes, shown once.

    The old ones are over, so is every passkey that stood in for them, and all sessions.
    """
    await _check_above(db, name, change)
    secret, codes = shown.new_totp_secret(), _new_codes()
    await SQL.set_totp_secret.one(db, name, secrecy.wrap(totp_purpose(name), secret.encode()))
    await SQL.forget_recovery_codes.run(db, name)
    await SQL.set_recovery_codes.run(db, name, [shown.digest(code) for code in codes])
    await passkeys.revoke_all(db, name)
    await _note_reset(db, name, change)
    return {
        "operator": name, "totp_secret": secret, "totp_uri": shown.totp_uri(secret, name),
        "recovery_codes": codes,
    }  # fmt: skip


async def _note_reset(db: Transaction, name: str, change: Change) -> None:
    """Whoever sees what is shown now could be him; the shell has the key file, too."""
    if change.permissions is not None:
        await SQL.note_reset.run(db, name, await hands_behind(db, change))


def totp_purpose(name: str) -> str:
    """What the wrapped secret of an operator's one-time codes is bound to."""
    return f"one-time codes of {name}"


def _new_codes() -> list[str]:
    return shown.new_recovery_codes()


async def read_deviations(db: Transaction) -> Deviations:
    """What was granted to roles or taken away."""
    found: dict[str, dict[str, bool]] = defaultdict(dict)
    for row in await SQL.role_deviations.all(db):
        found[row["role"]][row["permission"]] = row["granted"]
    return found


async def operator_permissions(db: Transaction, name: str) -> frozenset[str]:
    """What an operator may, by his roles."""
    row = await _found(db, name)
    return permissions_of(row["roles"], await read_deviations(db), known_permissions())


async def give_power(db: Transaction, roles: Sequence[str]) -> bool:
    """Whether somebody with these roles is an admin, by whatever name."""
    given = permissions_of(roles, await read_deviations(db), known_permissions())
    return ADMIN in roles or has_power(given)


async def check_roles(db: Transaction, roles: Sequence[str], change: Change) -> None:
    """That the roles are there, and that whoever gives them has all they give."""
    await _all_there(db, roles)
    if change.permissions is not None:
        given = permissions_of(roles, await read_deviations(db), known_permissions())
        check_giving(given, change.permissions)


async def _all_there(db: Transaction, roles: Sequence[str]) -> None:
    there = set(await SQL.list_role_names.all(db))
    for role in roles:
        if role not in there:
            raise not_found("role", role)


async def _check_above(db: Transaction, name: str, change: Change) -> None:
    """Whoever makes somebody's way in anew could go in himself: he has to have all of it."""
    may = await operator_permissions(db, name)
    if change.permissions is not None:
        check_giving(may, change.permissions)


async def _found(db: Transaction, name: str) -> Row:
    row = await SQL.show_operator.one(db, name)
    if row is None:
        waits = await second_persons().waits_to_make(db, "operator.create", name)
        if waits is not None:
            raise refused("not-found", "operator-waits", "operator", operator=name, approval=waits)
        raise not_found("operator", name)
    return row
