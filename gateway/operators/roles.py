"""The roles the product ships: role by permission, as one table. Pure.

A role is a list of patterns over `noun:verb` (ground/desk/permission.py), so that a new action of
a noun is in the right hands from the day it is declared. Everybody reads; what nobody is given is
`admin`'s alone.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from gateway.ground.desk.permission import granted

READS: Final = "*:read"
DECIDES: Final = "approvals:*"  # what others ask for and one may do oneself
ADMIN: Final = "admin"
ROLES: Final[Mapping[str, tuple[str, ...]]] = {
    "viewer": (READS,),  # never a plaintext code or secret
    "support": (
        READS, DECIDES,
        "cases:create", "cases:decide", "cases:take", "codes:reveal", "codes:search",
        "holds:release", "orders:cancel", "orders:resolve",
        "webhooks:replay", "webhooks:replay-dead", "webhooks:test",
    ),
    "stock": (
        READS, DECIDES,
        "codes:generate", "codes:import", "codes:release", "codes:void", "pools:*", "shelves:*",
    ),
    "catalog": (READS, DECIDES, "campaigns:*", "categories:*", "prices:*", "quotas:*", "skus:*"),
    "finance": (READS, DECIDES, "accounts:*", "cases:decide", "upstreams:reconcile"),
    "risk": (READS, DECIDES, "keys:revoke", "orders:cancel", "orders:resolve", "risks:*"),
    "ops": (
        READS, DECIDES,
        "alerts:acknowledge", "channels:*", "keys:*", "notifiers:*", "partners:*", "upstreams:*",
        "webhooks:*",
    ),
    ADMIN: ("*:*",),
}  # fmt: skip
# What the contract names and later rooms will declare. It may only get shorter.
TO_COME: Final = frozenset(
    {
        "risks:decide",
    }
)  # fmt: skip


def shipped(known: Iterable[str]) -> Mapping[str, frozenset[str]]:
    """Each shipped role with the known permissions it has."""
    known = frozenset(known)
    return {role: granted(patterns, known) for role, patterns in ROLES.items()}
