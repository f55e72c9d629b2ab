"""Tokens: what programs of an operator show the admin API."""

from collections.abc import Sequence
from typing import Any, Final

from gateway.ground.desk.action import Change
from gateway.ground.desk.all_declared import known_permissions
from gateway.ground.desk.permission import check_giving, check_known
from gateway.ground.desk.port import Transaction, not_found
from gateway.ground.desk.refusal import refused
from gateway.operators import secrets_shown as shown
from gateway.operators.administer import operator_permissions, show_operator
from gateway.operators.administration import SQL

EXPIRES_DAYS_MAX: Final = 3650


async def create_token(
    db: Transaction,
    owner: str,
    *,
    label: str,
    permissions: Sequence[str],
    expires_days: int,
    change: Change,
) -> dict[str, Any]:
    """Make one, shown once. No permissions: whatever its owner may, also later.

    Refused: more than its owner may, or than whoever makes it; an owner who is disabled.
    """
    whose = (await show_operator(db, owner))["partner"]
    if whose is not None:
        raise refused("refused", "partners-person", "operator", partner=whose)
    may = await operator_permissions(db, owner)
    for permission in permissions:
        check_known(permission, known_permissions())
    given = frozenset(permissions) or may
    check_giving(given, may)
    if change.permissions is not None:
        check_giving(given, change.permissions)
    token_id, token = shown.new_token()
    row = await SQL.insert_token.one(db, token_id, owner, label, shown.digest(token),
        sorted(set(permissions)) or None, change.actor, expires_days,
        change.how.get("token"),
    )  # fmt: skip
    if row is None:
        raise refused("refused", "operator-disabled", "operator", operator=owner)
    return {
        "token_id": token_id,
        "token": token,
        "operator": owner,
        "expires_at": row,
    }


async def revoke_token(db: Transaction, token_id: str) -> dict[str, Any]:
    """End one; running gateways refuse it within a second. Again: nothing changes."""
    row = await SQL.revoke_token.one(db, token_id)
    if row is None:
        raise not_found("operator token", token_id)
    return dict(row)
