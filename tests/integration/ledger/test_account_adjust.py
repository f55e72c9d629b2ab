"""`quangate account adjust`: acts that can be undone, and who did them."""

import os
from typing import Any

import pytest

from tests.conftest import Cli


@pytest.fixture(scope="module")
def acme(command: Cli) -> str:
    """A partner whose deposit was typed wrongly: a zero too many."""
    command("partner", "create", "acme")
    command("account", "deposit", "acme", "100000", "--reference", "bank-1")
    return "acme"


def adjust(command: Cli, *words: str) -> Any:
    """The command on acme."""
    return command("account", "adjust", "acme", "--json", *words)


async def test_a_mistyped_deposit_is_taken_back(command: Cli, acme: str, connection: Any) -> None:
    """Both ways of writing a negative amount; an entry of its own, with reason and person."""
    assert acme == "acme"
    why = ("--reason", "a zero too many")
    first = adjust(command, "--reference", "fix-1", *why, "--", "-80000")
    assert (first.returncode, first.json["balance"]) == (0, 20_000)
    second = adjust(command, "--amount=-10000", "--reference", "fix-2", *why)
    assert second.json["balance"] == 10_000
    newest = command("account", "show", "acme", "--json").json["entries"][0]
    assert [newest[name] for name in ("kind", "amount")] == ["adjustment", -10_000]
    assert newest["reference"] == "fix-2"
    rows = await connection.fetch("SELECT reason, made_by FROM adjustment ORDER BY seq")
    assert [row["reason"] for row in rows] == ["a zero too many"] * 2
    assert all(row["made_by"].startswith(f"uid {os.getuid()}") for row in rows)
    assert command("audit", "--json").json["ok"]


def test_the_same_reference_counts_once(command: Cli, acme: str) -> None:
    """Again the same: nothing; with another amount or reason: a conflict. A deposit's reference
    is another one."""
    assert acme == "acme"
    words = ("500", "--reference", "bank-1", "--reason", "goodwill")
    once = adjust(command, *words)
    again = adjust(command, *words)
    assert (again.json["balance"], again.json["replayed"]) == (once.json["balance"], True)
    for other in (
        ("501", "--reference", "bank-1", "--reason", "goodwill"),
        ("500", "--reference", "bank-1", "--reason", "else"),
    ):
        refused = adjust(command, *other)
        assert (refused.returncode, refused.json["error"]["code"]) == (1, "reference-conflict")


@pytest.mark.parametrize(
    ("words", "code", "exit_code"),
    [
        (("0", "--reference", "x", "--reason", "y"), "invalid-argument", None),
        (("5", "--reference", "", "--reason", "y"), "invalid-argument", None),
        (("5", "--reference", "x", "--reason", " "), "invalid-argument", None),
        (("5", "--reference", "x", "--reason", "a\nb"), "invalid-argument", None),
        (("--amount=-999999999", "--reference", "x", "--reason", "y"), "insufficient-balance", 1),
        (("--amount=1", "2", "--reference", "x", "--reason", "y"), "usage", 2),
        (("--reference", "x", "--reason", "y"), "usage", 2),
        (("5", "--reference", "x"), "usage", 2),
    ],
)
def test_what_is_refused_changes_nothing(
    command: Cli, acme: str, words: tuple[str, ...], code: str, exit_code: int | None
) -> None:
    """Nothing, too much, no reason, twice an amount: said, and no entry is made."""
    before = command("account", "show", acme, "--json").json
    refused = adjust(command, *words)
    assert refused.returncode == exit_code or (exit_code is None and refused.returncode in {1, 2})
    assert refused.json["error"]["code"] == code
    assert command("account", "show", acme, "--json").json == before
