"""Who may what, as it follows from roles, grants and tokens. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from gateway.ground.desk.permission import READ, granted
from gateway.operators.roles import ROLES

# Who changes these could become somebody else: giving such a permission is giving `admin`.
POWER_OVER: Final = frozenset({"operators", "roles", "tokens", "settings"})
# By role: each permission that was granted (True) or taken away (False) since the release.
Deviations = Mapping[str, Mapping[str, bool]]


def role_permissions(role: str, deviations: Deviations, known: frozenset[str]) -> frozenset[str]:
    """What a role gives: of a shipped one its release's patterns, changed by what people said."""
    said = deviations.get(role, {})
    kept = granted(ROLES.get(role, ()), known) - {name for name, does in said.items() if not does}
    return kept | {name for name, does in said.items() if does and name in known}


def permissions_of(
    roles: Iterable[str], deviations: Deviations, known: frozenset[str]
) -> frozenset[str]:
    """What somebody with these roles may."""
    return frozenset().union(*(role_permissions(role, deviations, known) for role in roles))


def has_power(permissions: Iterable[str]) -> bool:
    """Whether whoever has these could make himself another person, or change four-eyes."""
    pairs = (permission.partition(":") for permission in permissions)
    return any(noun in POWER_OVER and verb != READ for noun, _, verb in pairs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """Somebody who is not disabled."""

    id: int
    name: str
    person: str
    roles: tuple[str, ...]
    permissions: frozenset[str]
    is_frozen: bool  # sees no code until somebody else lifts it


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One that was not revoked, of an operator who is not disabled."""

    token_id: str
    operator: Operator
    expires_at: datetime
    permissions: frozenset[str]  # never more than its owner's


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorsBook:
    """Everybody who may work here, as of one instant; tokens by their hash."""

    operators: Mapping[str, Operator] = field(default_factory=dict)
    tokens: Mapping[bytes, Token] = field(default_factory=dict)
