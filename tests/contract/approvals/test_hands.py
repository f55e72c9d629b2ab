"""One pair of hands is one person: whoever made a token could be whoever shows it."""

from collections.abc import Mapping

import pytest

from tests.conftest import Cli
from tests.world.admin import Operator, in_force

People = Mapping[str, Operator]
WHY = {"reason": "seen it"}


async def token_for(maker: Operator, owner: str) -> Operator:
    """What an admin holds when he has made a token of somebody else."""
    made = await maker.post("tokens", {"operator": owner, "label": "held by its maker"})
    assert made.status == 201, made.json
    held = Operator(maker.client, made.json["token"])
    await in_force(held)
    return held


@pytest.fixture
async def chief(people: People, command: Cli) -> Operator:
    """A second admin, whom the shell made and the first one approved."""
    root = people["root"]
    made = command("operator", "create", "chief", "--role", "admin", "--json")
    if made.returncode == 0:
        await root.post(f"approvals/{made.json['approval']['id']}/approve", WHY)
    token = command("operator", "token", "create", "chief", "--label", "own", "--json").json
    found = Operator(root.client, token["token"])
    await in_force(found)
    return found


async def test_a_token_made_for_another_asks_for_its_maker(people: People, chief: Operator) -> None:
    """Who made the token with which was asked approves nothing; somebody else may.

    Seen red without `hands_behind` in `keep`.
    """
    root = people["root"]
    held = await token_for(root, "bob")
    body = {"amount": -700, "reference": "straw-1", "reason": "because I can"}
    waits = (await held.post("accounts/acme/adjust", body)).json["approval"]
    assert waits["requested_by"] == "bob"
    refused = await root.post(f"approvals/{waits['id']}/approve", WHY)
    assert (refused.status, refused.code) == (403, "not-permitted")
    done = await chief.post(f"approvals/{waits['id']}/approve", WHY)
    assert (done.status, done.json["state"]) == (200, "done")


async def test_a_token_made_with_such_a_token_is_in_the_same_hands(
    people: People, chief: Operator
) -> None:
    """However often it is done over. Seen red without `made_with`."""
    root = people["root"]
    first = await token_for(root, "chief")
    second = await token_for(first, "chief")
    body = {"amount": -11, "reference": "laundry-1", "reason": "launder it"}
    waits = (await root.post("accounts/acme/adjust", body)).json["approval"]
    for held in (first, second):
        refused = await held.post(f"approvals/{waits['id']}/approve", WHY)
        assert (refused.status, refused.code) == (403, "not-permitted")
    assert (await chief.post(f"approvals/{waits['id']}/refuse", WHY)).status == 200


async def test_nobody_lifts_his_own_freeze_with_another_s_token(
    people: People, chief: Operator, command: Cli, connection: object
) -> None:
    """Seen red with the persons compared alone."""
    root = people["root"]
    held = await token_for(root, "chief")
    await connection.execute(  # type: ignore[attr-defined]
        "UPDATE operator SET frozen_at = now() WHERE name = 'root'"
    )
    refused = await held.post("operators/root/unfreeze", {"reason": "self service"})
    assert (refused.status, refused.code) == (409, "refused")
    lifted = await chief.post("operators/root/unfreeze", {"reason": "looked into it"})
    assert (lifted.status, lifted.json["frozen"]) == (200, False)
    assert command("approval", "list", "--json").returncode == 0


async def test_whoever_made_a_password_anew_is_its_owner_for_a_day(
    people: People, chief: Operator
) -> None:
    """Who has seen somebody's new password neither approves what that one asks, nor has his own
    approved by that one; somebody else decides. Seen red without the resets in `hands`.
    """
    root, bob = people["root"], people["bob"]
    reset = await root.post("operators/bob/reset-password", {})
    assert reset.status == 200
    body = {"amount": -13, "reference": "reset-1", "reason": "asked as bob"}
    waits = (await bob.post("accounts/acme/adjust", body)).json["approval"]
    refused = await root.post(f"approvals/{waits['id']}/approve", WHY)
    assert (refused.status, refused.code) == (403, "not-permitted")
    assert (await chief.post(f"approvals/{waits['id']}/approve", WHY)).json["state"] == "done"
    body = {"amount": -17, "reference": "reset-2", "reason": "asked by root"}
    waits = (await root.post("accounts/acme/adjust", body)).json["approval"]
    refused = await bob.post(f"approvals/{waits['id']}/approve", WHY)
    assert (refused.status, refused.code) == (403, "not-permitted")
    assert (await chief.post(f"approvals/{waits['id']}/refuse", WHY)).status == 200
