"""Permissions, `noun:verb` with the noun in the plural: which there are, which a pattern covers.

Pure. A pattern has `*` for every noun, for every verb, or for both.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from gateway.ground.desk.action import Action
from gateway.ground.desk.refusal import wrong
from gateway.ground.desk.view import Page, View

READ: Final = "read"
ANY: Final = "*"
# Of a partner's own people: its keys, where its messages go, their secret.
MANAGE: Final = "portal:manage"


def declared(all_declared: Sequence[Action | View | Page]) -> frozenset[str]:
    """Every permission that something declared asks for."""
    return frozenset(one.permission for one in all_declared)


def covers(pattern: str, permission: str) -> bool:
    """Whether whoever has the pattern has the permission."""
    pattern_noun, _, pattern_verb = pattern.partition(":")
    noun, _, verb = permission.partition(":")
    return pattern_noun in (ANY, noun) and pattern_verb in (ANY, verb)


def granted(patterns: Iterable[str], known: Iterable[str]) -> frozenset[str]:
    """The known permissions that patterns cover."""
    patterns = tuple(patterns)
    return frozenset(each for each in known if any(covers(pattern, each) for pattern in patterns))


def check_known(permission: str, known: frozenset[str]) -> str:
    """The permission, if there is such a one. Raises DeskRefusedError."""
    if permission not in known:
        raise wrong("permission", "permission", value=permission)
    return permission


def check_giving(given: frozenset[str], giver: frozenset[str]) -> None:
    """That nobody gives what he has not: neither by a role, nor by a token.

    Raises DeskRefusedError, which names what is too much.
    """
    beyond = sorted(given - giver)
    if beyond:
        raise wrong("beyond-giver", "permission", beyond=", ".join(beyond))
