"""Which role may do what: the contract's sentences, over every permission there is."""

import pytest

from gateway.ground.desk.all_declared import known_permissions
from gateway.ground.desk.permission import check_giving, check_known, covers, granted
from gateway.ground.desk.refusal import DeskRefusedError
from gateway.ground.desk.words import in_words
from gateway.operators.roles import ADMIN, ROLES, TO_COME, shipped

KNOWN = known_permissions() | TO_COME
HELD = shipped(KNOWN)
EVERYBODY = set(ROLES)


def holders(permission: str) -> set[str]:
    """The shipped roles that have a permission."""
    return {role for role, permissions in HELD.items() if permission in permissions}


@pytest.mark.parametrize(
    ("nouns", "verbs", "roles"),
    [
        ("accounts", "deposit adjust credit-limit", "finance admin"),  # only these move money
        ("codes", "import generate void", "stock admin"),
        ("pools", "create", "stock admin"),
        ("skus", "create price limit on-sale off-sale account-rule", "catalog admin"),
        ("campaigns categories", "create", "catalog admin"),
        ("upstreams", "pause resume add update", "ops admin"),
        ("cases", "take", "support admin"),
        ("cases", "decide", "support finance admin"),
        ("codes", "reveal search", "support admin"),
        ("operators", "create disable enable roles unfreeze reset-password reset-totp", "admin"),
        ("roles", "create grant revoke", "admin"),
        ("tokens", "create revoke", "admin"),
        ("settings", "set", "admin"),
        ("master-keys", "create rotate retire", "admin"),
        ("alerts", "acknowledge", "ops admin"),
    ],
)
def test_only_these_roles(nouns: str, verbs: str, roles: str) -> None:
    """Seen red with `skus:*` for finance, and without `alerts:acknowledge` for ops."""
    for noun in nouns.split():
        for verb in verbs.split():
            assert f"{noun}:{verb}" in KNOWN
            assert holders(f"{noun}:{verb}") == set(roles.split()), f"{noun}:{verb}"


@pytest.mark.parametrize("permission", sorted(KNOWN))
def test_every_permission(permission: str) -> None:
    """Everybody reads, the viewer nothing else, the admin has all; no other role all of a kind
    that makes people.
    """
    assert ADMIN in holders(permission)
    if permission.endswith(":read"):
        assert holders(permission) == EVERYBODY
    else:
        assert "viewer" not in holders(permission)


def test_the_roles_are_the_contract_s() -> None:
    """Eight, and each pattern gives somebody something: none is left of an action that is gone."""
    assert list(ROLES) == [
        "viewer", "support", "stock", "catalog", "finance", "risk", "ops", "admin",
    ]  # fmt: skip
    for role, patterns in ROLES.items():
        for pattern in patterns:
            assert granted((pattern,), KNOWN), (role, pattern)


@pytest.mark.parametrize(
    ("pattern", "permission", "does"),
    [
        ("*:read", "skus:read", True), ("*:read", "skus:create", False),
        ("skus:*", "skus:create", True), ("skus:*", "prices:create", False),
        ("*:*", "tokens:revoke", True), ("codes:read", "codes:read", True),
        ("codes:read", "codes:reveal", False), ("keys:*", "master-keys:rotate", False),
    ],
)  # fmt: skip
def test_what_a_pattern_covers(pattern: str, permission: str, *, does: bool) -> None:
    """Whole words only."""
    assert covers(pattern, permission) == does


def test_an_unknown_permission_is_refused() -> None:
    """Whether mistyped or a pattern: a role holds permissions, one by one."""
    assert check_known("skus:create", KNOWN) == "skus:create"
    for unknown in ("skus:creat", "skus", "", "*:*", "skus:*"):
        with pytest.raises(DeskRefusedError) as caught:
            check_known(unknown, KNOWN)
        assert caught.value.code == "invalid-argument"
        assert repr(unknown) in in_words(caught.value)


def test_nobody_gives_what_he_has_not() -> None:
    """And hears what is too much. Seen red with `<=` turned round."""
    check_giving(HELD["viewer"], HELD["support"])
    check_giving(HELD["support"], HELD["admin"])
    with pytest.raises(DeskRefusedError) as caught:
        check_giving(HELD["stock"], HELD["support"])
    assert "codes:import" in in_words(caught.value)
    assert "codes:read" not in in_words(caught.value)


def test_what_is_to_come_is_not_there() -> None:
    """Whoever builds it takes it from the list."""
    assert not TO_COME & known_permissions()
