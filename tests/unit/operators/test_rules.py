"""What roles, grants and tokens come to."""

from gateway.operators.rules import has_power, permissions_of, role_permissions

KNOWN = frozenset(
    {"orders:read", "orders:cancel", "orders:resolve", "skus:read", "skus:create", "codes:reveal"}
)


def test_a_shipped_role_has_its_patterns_and_what_people_changed() -> None:
    """What was granted comes on top, what was revoked is gone, whatever the release says.

    Seen red without the subtraction.
    """
    said = {"viewer": {"skus:create": True, "orders:read": False}}
    assert role_permissions("viewer", {}, KNOWN) == {"orders:read", "skus:read"}
    assert role_permissions("viewer", said, KNOWN) == {"skus:read", "skus:create"}
    assert role_permissions("admin", said, KNOWN) == KNOWN


def test_a_role_of_people_s_own_has_what_was_granted() -> None:
    """Also an empty one; what this release does not know any more gives nothing."""
    said = {"night": {"orders:read": True, "moons:howl": True, "skus:read": False}}
    assert role_permissions("night", said, KNOWN) == {"orders:read"}
    assert role_permissions("empty", said, KNOWN) == frozenset()


def test_several_roles_add_up() -> None:
    """What one lacks, another gives; nobody without a role may anything."""
    said = {"viewer": {"skus:read": False}, "night": {"skus:read": True}}
    assert permissions_of(["viewer", "night"], said, KNOWN) == {"orders:read", "skus:read"}
    assert permissions_of([], said, KNOWN) == frozenset()


def test_power_over_people_is_in_no_text_that_is_no_permission() -> None:
    """Whoever asks is told that there is no such permission, not that something went wrong here.

    Seen red while each was taken apart at its colon: ValueError, 500 by API.
    """
    assert has_power(["orders:read", "roles:grant"])
    assert not has_power(["", "role", "a:b:c", "roles:read", "\n"])
