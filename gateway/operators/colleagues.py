"""Who could decide about what somebody else wants to do: another person, who may do it himself."""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from gateway.ground.desk.all_declared import known_permissions
from gateway.ground.desk.port import Transaction
from gateway.operators.administer import read_deviations
from gateway.operators.administration import SQL, Colleague
from gateway.operators.rules import permissions_of

# An operator made by the requester so shortly before he asked, or since, could be himself.
MADE_WITHIN_S: Final = 24 * 3600.0


async def colleagues(
    db: Transaction, person: str, permissions: Collection[str], asked_at: datetime | None = None
) -> list[Colleague]:
    """Enabled operators who are somebody else than `person` and have all the permissions.

    Not those that this person made, or had made, less than a day before `asked_at` (None: now).
    """
    found = await SQL.colleagues.all(db, person, asked_at, MADE_WITHIN_S)
    if not found:
        return []
    deviations, known = await read_deviations(db), known_permissions()
    wanted = frozenset(permissions)
    return [each for each in found if wanted <= permissions_of(each["roles"], deviations, known)]


async def still_may(db: Transaction, name: str, permission: str) -> bool:
    """Whether an operator is enabled and has a permission by his roles."""
    row = await SQL.show_operator.one(db, name)
    if row is None or not row["enabled"]:
        return False
    return permission in permissions_of(
        row["roles"], await read_deviations(db), known_permissions()
    )


async def permissions_now(db: Transaction, name: str) -> frozenset[str]:
    """What an operator may now, by his roles."""
    _, permissions = await roles_and_permissions(db, name)
    return permissions


async def roles_and_permissions(
    db: Transaction, name: str
) -> tuple[tuple[str, ...], frozenset[str]]:
    """What an operator is and may at this moment."""
    row = await SQL.show_operator.one(db, name)
    if row is None:
        return (), frozenset()
    roles = tuple(row["roles"])
    return roles, permissions_of(roles, await read_deviations(db), known_permissions())
