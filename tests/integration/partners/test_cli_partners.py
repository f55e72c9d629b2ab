"""`quangate partner`, `account` and `key`: what scripts rely on."""

import re

import pytest

from tests.conftest import Cli


@pytest.fixture(scope="module")
def acme(command: Cli) -> str:
    """A partner."""
    assert command("partner", "create", "acme", "--json").json == {"partner": "acme"}
    return "acme"


def test_a_second_partner_of_a_name_is_refused(command: Cli, acme: str) -> None:
    """Making a name twice exits 1 with `already-exists` and changes nothing."""
    again = command("partner", "create", acme, "--json")
    assert (again.returncode, again.json["error"]["code"]) == (1, "already-exists")
    assert [p["partner"] for p in command("partner", "list", "--json").json["partners"]].count(
        acme
    ) == 1


@pytest.mark.parametrize(
    "name",
    [
        "",  # nothing
        "a" * 65,  # too long
        "a b",  # a blank
        "a/b",  # would break a path
        "名",  # outside the alphabet
        "a\n",  # a line end after a good name
    ],
)
def test_a_name_outside_the_alphabet_is_wrong_usage(command: Cli, name: str) -> None:
    """Names are 1 to 64 of A-Za-z0-9._-; anything else exits 2."""
    done = command("partner", "create", name, "--json")
    assert done.returncode == 2
    assert done.json["error"]["code"] == "invalid-argument"


def test_a_deposit_counts_once_per_reference(command: Cli, acme: str) -> None:
    """The same reference twice changes nothing and prints the same balance."""
    first = command("account", "deposit", acme, "1000", "--reference", "r1", "--json")
    again = command("account", "deposit", acme, "1000", "--reference", "r1", "--json")
    other = command("account", "deposit", acme, "500", "--reference", "r2", "--json")
    assert [first.json["balance"], again.json["balance"], other.json["balance"]] == [
        1000,
        1000,
        1500,
    ]
    assert [done.returncode for done in (first, again, other)] == [0, 0, 0]
    entries = command("account", "show", acme, "--json").json["entries"]
    assert [(e["id"], e["amount"], e["balance_after"]) for e in entries] == [
        ("2", 500, 1500),
        ("1", 1000, 1000),
    ]


def test_a_reference_stands_for_one_amount(command: Cli, acme: str) -> None:
    """The same reference with another amount is refused, without effect."""
    command("account", "deposit", acme, "10", "--reference", "r3", "--json")
    before = command("account", "show", acme, "--json").json["balance"]
    done = command("account", "deposit", acme, "11", "--reference", "r3", "--json")
    assert (done.returncode, done.json["error"]["code"]) == (1, "reference-conflict")
    assert command("account", "show", acme, "--json").json["balance"] == before


@pytest.mark.parametrize(
    ("arguments", "returncode"),
    [
        (("account", "deposit", "acme", "0", "--reference", "x"), 2),  # nothing
        (("account", "deposit", "acme", "-5", "--reference", "x"), 2),  # taking money out
        (("account", "deposit", "acme", "1.5", "--reference", "x"), 2),  # not minor units
        (("account", "deposit", "acme", "9" * 30, "--reference", "x"), 2),  # more than there is
        (("account", "deposit", "acme", "5"), 2),  # no reference
        (("account", "deposit", "nobody", "5", "--reference", "x"), 1),  # no such partner
        (("account", "credit-limit", "nobody", "5"), 1),  # no such partner
        (("account", "credit-limit", "acme", "-1"), 2),  # below zero
    ],
)
def test_money_that_makes_no_sense_is_refused(
    command: Cli, acme: str, arguments: tuple[str, ...], returncode: int
) -> None:
    """Wrong amounts exit 2, unknown partners 1, each with one JSON error."""
    done = command(*arguments, "--json")
    assert done.returncode == returncode, done.stderr
    assert set(done.json["error"]) == {"code", "detail"}


def test_a_credit_limit_is_set(command: Cli, acme: str) -> None:
    """The credit limit adds to what is available."""
    assert command("account", "credit-limit", acme, "700", "--json").json["credit_limit"] == 700
    account = command("account", "show", acme, "--json").json
    assert account["available"] == account["balance"] + 700


def test_a_key_is_made_with_all_scopes_unless_told(command: Cli, acme: str) -> None:
    """`key create` prints id, secret and delivery key in the forms of the API."""
    made = command("key", "create", acme, "--json").json
    assert set(made) == {"key_id", "secret", "delivery_key"}
    assert re.fullmatch(r"qk_\w+", made["key_id"])
    assert re.fullmatch(r"qs_[A-Za-z0-9_-]{43}", made["secret"])
    assert re.fullmatch(r"qd_[A-Za-z0-9_-]{43}", made["delivery_key"])
    row = _key(command, made["key_id"])
    assert row["scopes"] == ["orders:write", "orders:read", "codes:read", "account:read"]
    assert (row["rate"], row["allow_ips"], row["state"]) == (None, [], "live")


def test_a_rotated_key_has_a_successor_with_its_rights(command: Cli, acme: str) -> None:
    """Rotation gives a new id with the same rights; the old one works until the overlap ends."""
    old = command(
        "key", "create", acme, "--scope", "orders:read", "--rate", "7", "--allow-ip", "10.0.0.0/8",
        "--json",
    ).json["key_id"]  # fmt: skip
    new = command("key", "rotate", old, "--overlap", "3600", "--json").json
    assert new["key_id"] != old
    rights = ("scopes", "rate", "allow_ips", "partner")
    assert {k: _key(command, old)[k] for k in rights} == {
        k: _key(command, new["key_id"])[k] for k in rights
    }
    assert _key(command, old)["state"] == "rotated"
    assert _key(command, new["key_id"])["replaces"] == old


def test_a_revoked_key_is_not_rotated(command: Cli, acme: str) -> None:
    """A revoked key ends at once and has no successor."""
    key_id = command("key", "create", acme, "--json").json["key_id"]
    assert command("key", "revoke", key_id, "--json").returncode == 0
    assert _key(command, key_id)["state"] == "revoked"
    done = command("key", "rotate", key_id, "--json")
    assert (done.returncode, done.json["error"]["code"]) == (1, "key-revoked")


@pytest.mark.parametrize(
    "options",
    [
        ("--scope", "orders:delete"),  # no such scope
        ("--allow-ip", "10.0.0.1/8"),  # a host inside a network
        ("--allow-ip", "example.org"),  # a name
        ("--rate", "0"),  # a key that could do nothing
    ],
)
def test_a_key_with_wrong_rights_is_wrong_usage(
    command: Cli, acme: str, options: tuple[str, str]
) -> None:
    """Unknown scopes, bad networks and a zero rate exit 2 and make no key."""
    before = len(command("key", "list", acme, "--json").json["keys"])
    done = command("key", "create", acme, *options, "--json")
    assert done.returncode == 2
    assert options[1].split("/")[0] in done.json["error"]["detail"]
    assert len(command("key", "list", acme, "--json").json["keys"]) == before


def test_secrets_are_shown_once(command: Cli, acme: str) -> None:
    """No later command prints a secret again."""
    made = command("key", "create", acme, "--json").json
    for arguments in (("key", "list"), ("partner", "show", acme), ("partner", "list")):
        for form in (("--json",), ()):
            done = command(*arguments, *form)
            assert made["secret"] not in done.stdout + done.stderr
            assert made["delivery_key"] not in done.stdout + done.stderr


def _key(command: Cli, key_id: str) -> dict[str, object]:
    keys = {row["key_id"]: row for row in command("key", "list", "--json").json["keys"]}
    found: dict[str, object] = keys[key_id]
    return found
