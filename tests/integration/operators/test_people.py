"""`quangate operator`, `quangate role`: people, what they may, what is shown once (admin.md)."""

import re
from typing import Any

import pyotp
import pytest
from argon2 import PasswordHasher

from gateway.ground.desk.action import Change
from gateway.ground.desk.refusal import DeskRefusedError
from gateway.ground.desk.transaction import administration
from gateway.ground.sql.database import Database
from gateway.operators import administer as operators
from gateway.operators import administer_roles as roles
from gateway.operators import administer_tokens as tokens
from gateway.operators import book
from gateway.operators.secrets_shown import digest
from tests.conftest import Cli

pytestmark = pytest.mark.usefixtures("people")
OPS = frozenset({"orders:read", "operators:create", "operators:roles"})


def by(*permissions: str, person: str = "bob") -> Change:
    """Somebody with these permissions."""
    return Change(actor="bob", whence="x", person=person, permissions=frozenset(permissions))


@pytest.fixture(scope="module")
def people(command: Cli) -> dict[str, Any]:
    """Ann, who supports, and what was shown when she was made."""
    made = command("operator", "create", "ann", "--role", "support", "--role", "stock", "--json")
    assert made.returncode == 0, made.stderr
    found: dict[str, Any] = made.json
    return found


def test_what_is_shown_once(people: dict[str, Any], command: Cli) -> None:
    """Exactly the contract's members; the secrets are good ones, and nothing shows them again."""
    assert list(people) == ["operator", "password", "totp_secret", "totp_uri", "recovery_codes"]
    assert len(people["password"]) == 24
    assert pyotp.parse_uri(people["totp_uri"]).secret == people["totp_secret"]
    assert len(set(people["recovery_codes"])) == 10
    shown = command("operator", "show", "ann", "--json")
    listed = command("operator", "list", "--json")
    for secret in [people["password"], people["totp_secret"], *people["recovery_codes"]]:
        assert (
            secret not in shown.stdout + listed.stdout + command("change", "list", "--json").stdout
        )
    assert shown.json["roles"] == ["stock", "support"]
    assert shown.json["recovery_codes_left"] == 10
    assert (
        "codes:reveal" in shown.json["permissions"] or "codes:import" in shown.json["permissions"]
    )


async def test_what_is_kept(people: dict[str, Any], connection: Any) -> None:
    """A hash by argon2id, hashes of recovery codes, the one-time secret wrapped."""
    row = await connection.fetchrow("SELECT * FROM operator WHERE name = 'ann'")
    assert PasswordHasher().verify(row["password"], people["password"])
    assert row["password"].startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert people["totp_secret"].encode() not in row["totp_secret"]
    kept = await connection.fetch(
        "SELECT hash FROM recovery_code WHERE operator_id = $1", row["id"]
    )
    assert {each["hash"] for each in kept} == {digest(code) for code in people["recovery_codes"]}
    assert row["made_by"].startswith("os:")
    assert row["maker_id"] is None


def test_names_and_roles_that_are_refused(command: Cli) -> None:
    """Twice, unknown, none: nothing is made, and the sentence says what to do."""
    twice = command("operator", "create", "ann", "--role", "viewer", "--json")
    assert (twice.returncode, twice.json["error"]["code"]) == (1, "already-exists")
    assert command("operator", "create", "x y", "--role", "viewer").returncode == 2
    assert command("operator", "create", "zed").returncode == 2
    unknown = command("operator", "create", "zed", "--role", "boss", "--json")
    assert (unknown.returncode, unknown.json["error"]["code"]) == (1, "not-found")
    assert "quangate role list" in unknown.json["error"]["detail"]
    assert "zed" not in command("operator", "list", "--json").stdout


def test_roles_are_data(command: Cli) -> None:
    """Shown, made (also empty), granted, revoked; of shipped ones, too."""
    assert command("role", "create", "night", "--json").json == {"role": "night", "permissions": []}
    granted = command("role", "grant", "night", "orders:cancel", "--json").json
    assert granted == {"role": "night", "permissions": ["orders:cancel"]}
    support = set(command("role", "show", "support", "--json").json["permissions"])
    left = command("role", "revoke", "support", "orders:cancel", "--json").json["permissions"]
    assert set(left) == support - {"orders:cancel"}
    assert command("role", "revoke", "support", "orders:cancel").returncode == 1
    back = command("role", "grant", "support", "orders:cancel", "--json").json["permissions"]
    assert set(back) == support
    unknown = command("role", "grant", "night", "orders:fly", "--json")
    assert (unknown.returncode, unknown.json["error"]["code"]) == (2, "invalid-argument")


def test_tokens_are_shown_once_and_listed(command: Cli, people: dict[str, Any]) -> None:
    """90 days unless said otherwise; never more than the owner may; revoked they say so."""
    made = command("operator", "token", "create", "ann", "--label", "ci", "--json").json
    assert re.fullmatch(r"qat_[A-Za-z0-9_-]{43}", made["token"])
    listed = command("operator", "token", "list", "ann", "--json")
    assert made["token"] not in listed.stdout
    (row,) = [each for each in listed.json["tokens"] if each["token_id"] == made["token_id"]]
    assert (row["label"], row["state"], row["permissions"]) == ("ci", "live", [])
    assert 89 < (_days(row["expires_at"]) - _days(row["created_at"])) < 91
    much = command(
        "operator", "token", "create", "ann", "--label", "x", "--permission", "settings:set"
    )
    assert much.returncode == 2
    assert "settings:set" in much.stderr
    command("operator", "token", "revoke", made["token_id"])
    assert (
        command("operator", "token", "list", "ann", "--json").json["tokens"][0]["state"]
        == "revoked"
    )


def _days(text: str) -> float:
    from datetime import datetime

    return datetime.fromisoformat(text).timestamp() / 86400


async def test_nobody_gives_what_he_has_not(database: Database) -> None:
    """By a role, a grant, a token, or a way in made anew. Seen red without each check_giving."""
    async with administration(database) as db:
        for attempt in (
            operators.change_roles(db, "ann", add=["ops"], remove=[], change=by(*OPS)),
            operators.reset_password(db, "ann", by(*OPS, "operators:reset-password")),
            roles.grant(db, "night", "settings:set", by("roles:grant", "orders:read")),
            roles.create_role(db, "day", ["settings:set"], by("roles:create")),
            tokens.create_token(
                db, "ann", label="x", permissions=[], expires_days=1, change=by("tokens:create")
            ),
        ):
            with pytest.raises(DeskRefusedError) as caught:
                await attempt
            assert caught.value.why == "beyond-giver"


async def test_who_is_disabled_or_revoked_is_in_no_book(command: Cli, connection: Any) -> None:
    """The book has those that may work, tokens with no more than their owner has now.

    Seen red without `disabled_at IS NULL` of tokens.
    """
    command("operator", "create", "eve", "--role", "stock", "--json")
    kept = command("operator", "token", "create", "eve", "--label", "a", "--json").json
    only = command(
        "operator",
        "token",
        "create",
        "eve",
        "--label",
        "b",
        "--permission",
        "codes:import",
        "--json",
    ).json
    found = (await book.read(connection)).tokens
    assert (
        found[digest(kept["token"])].permissions
        == found[digest(kept["token"])].operator.permissions
    )
    assert found[digest(only["token"])].permissions == {"codes:import"}
    command("operator", "roles", "eve", "--add", "viewer", "--remove", "stock", "--json")
    found = (await book.read(connection)).tokens
    assert found[digest(only["token"])].permissions == frozenset()
    command("operator", "disable", "eve", "--json")
    read = await book.read(connection)
    assert "eve" not in read.operators
    assert digest(kept["token"]) not in read.tokens


def test_secrets_move_under_a_new_key(command: Cli, people: dict[str, Any]) -> None:
    """A rotation rewraps the one-time secrets, so that the old key can go.

    Seen red without `page_totp_secret`.
    """
    old = command("keys", "show", "--json").json["current"]
    assert command("keys", "rotate", "--json").returncode == 0
    retired = command("keys", "retire", old, "--json")
    assert retired.returncode == 0, retired.stderr
    assert command("operator", "reset-totp", "ann", "--json").returncode == 0
