"""Somebody whom two make: what was shown to nobody is not lost, and whoever waits is told so."""

from collections.abc import Mapping

from tests.conftest import Cli
from tests.world.admin import Operator, in_force

WHY = {"reason": "asked by phone"}


async def test_who_was_made_by_two_can_come_in(
    people: Mapping[str, Operator], command: Cli
) -> None:
    """While he waits that is said, by his name too; made, what comes next is, and it works.

    Seen red: the answer was his name alone, and while he waited there was no such operator.
    """
    root = people["root"]
    make = ["operator", "create", "walt", "--role", "admin"]
    waits = command(*make, "--json").json["approval"]
    early = command("operator", "token", "create", "walt", "--label", "t", "--json")
    assert (early.returncode, early.json["error"]["code"]) == (1, "not-found")
    assert f"the request {waits['id']}" in early.json["error"]["detail"]
    asked = await root.get("operators/walt")
    assert (asked.status, asked.code) == (404, "not-found")
    done = (await root.post(f"approvals/{waits['id']}/approve", WHY)).json
    following = ["quangate operator reset-password walt", "quangate operator reset-totp walt"]
    assert done["result"] == {"operator": "walt", "next": following}
    assert (await root.get(f"approvals/{waits['id']}")).json["result"] == done["result"]
    shown = [command(*line.split()[1:], "--json").json for line in following]
    assert (bool(shown[0]["password"]), len(shown[1]["recovery_codes"])) == (True, 10)


async def test_the_command_line_says_what_comes_next(
    people: Mapping[str, Operator], command: Cli
) -> None:
    """To whoever approves there. Seen red when nothing was said."""
    second = command("operator", "create", "ada", "--role", "admin", "--json").json["approval"]
    await people["root"].post(f"approvals/{second['id']}/approve", WHY)
    token = command("operator", "token", "create", "ada", "--label", "t", "--json").json["token"]
    ada = Operator(people["root"].client, token)
    await in_force(ada)
    answer = await ada.post("operators", {"operator": "wim", "role": ["admin"]})
    assert answer.status == 202, answer.json
    number = answer.json["approval"]["id"]
    said = command("approval", "approve", number, "--reason", "by phone")
    assert "shown to nobody" in said.stdout + said.stderr
    assert "`quangate operator reset-totp wim`" in said.stdout + said.stderr
