"""What wants a second person: admin.md, "A second person" and "Approvals"."""

import hashlib
from collections.abc import Mapping
from itertools import count
from typing import Any

import msgspec
import pytest

from tests.conftest import Cli
from tests.world.admin import Answered, Operator, in_force, make_operator

People = Mapping[str, Operator]
NUMBERS = count(1)
WHY = {"reason": "seen it"}


def adjustment(amount: int = -500) -> dict[str, Any]:
    """One that was never asked for."""
    return {"amount": amount, "reference": f"fix-{next(NUMBERS)}", "reason": "typed twice"}


async def asked(who: Operator, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A request that waits."""
    answer = await who.post("accounts/acme/adjust", body or adjustment())
    assert answer.status == 202, answer
    assert answer.json.keys() == {"approval"}
    waits: dict[str, Any] = answer.json["approval"]
    return waits


async def decide(who: Operator, waits: Mapping[str, Any], verb: str = "approve") -> Answered:
    """Somebody decides it."""
    return await who.post(f"approvals/{waits['id']}/{verb}", WHY)


async def balance(who: Operator) -> int:
    """Of the partner."""
    return int((await who.get("accounts/acme")).json["balance"])


async def test_one_asks_and_another_does(people: People, command: Cli) -> None:
    """202, nothing moved; done with what was asked for, held, and written down with both names."""
    ann, bob = people["ann"], people["bob"]
    before, body = await balance(ann), adjustment()
    waits = await asked(ann, body)
    assert waits.keys() == {
        "id", "action", "summary", "parameters_sha256", "requested_by", "reason", "state",
        "expires_at",
    }  # fmt: skip
    assert (waits["action"], waits["state"], waits["requested_by"], waits["reason"]) == (
        "account.adjust", "waiting", "ann", "typed twice",
    )  # fmt: skip
    said = {**body, "partner": "acme"}
    digest = hashlib.sha256(msgspec.json.encode(said, order="sorted")).hexdigest()
    assert waits["parameters_sha256"] == digest
    assert waits["summary"].startswith("account adjust acme: amount -5.00 CNY, reference fix-")
    assert await balance(ann) == before
    done = await decide(bob, waits)
    assert (done.status, done.json["state"]) == (200, "done")
    assert done.json["result"]["balance"] == before - 500 == await balance(ann)
    shown = (await ann.get(f"approvals/{waits['id']}")).json
    assert (shown["decided_by"], shown["decision_reason"]) == ("bob", "seen it")
    assert (shown["parameters"], shown["result"]) == (said, done.json["result"])
    rows = command("change", "list", "--action", "account.adjust", "--json").json["changes"]
    assert (rows[0]["actor"], rows[0]["approval"], rows[0]["approved_by"], rows[0]["via"]) == (
        "ann", waits["id"], "bob", "api",
    )  # fmt: skip
    assert command("audit", "--json").json["ok"]


@pytest.mark.parametrize("who", ["ann", "ann2", "vic"])
@pytest.mark.parametrize("verb", ["approve", "refuse"])
async def test_the_wrong_person_decides_nothing(people: People, who: str, verb: str) -> None:
    """Not who asked, nor another account of his, nor who may not: 403. Then the right one does."""
    waits = await asked(people["ann"])
    answer = await decide(people[who], waits, verb)
    assert (answer.status, answer.code) == (403, "not-permitted")
    assert answer.json["permission"] == f"approvals:{'approve' if who != 'vic' else verb}"
    assert (await decide(people["bob"], waits, verb)).status == 200


async def test_who_approves_may_do_it_himself(people: People, command: Cli) -> None:
    """403 that names the permission of what is done."""
    waits = await asked(people["ann"])
    token = make_operator(command, "cat", "catalog")
    cat = Operator(people["ann"].client, token)
    await in_force(cat)
    answer = await decide(cat, waits)
    assert (answer.status, answer.json["permission"]) == (403, "accounts:adjust")


@pytest.mark.parametrize("verb", ["approve", "refuse"])
async def test_what_is_decided_stays(people: People, verb: str) -> None:
    """409 for whoever comes later; what was refused never happens."""
    before = await balance(people["ann"])
    waits = await asked(people["ann"])
    first = await decide(people["bob"], waits, verb)
    assert first.json["state"] == {"approve": "done", "refuse": "refused"}[verb]
    for again in ("approve", "refuse"):
        answer = await decide(people["bob"], waits, again)
        assert (answer.status, answer.code, answer.json["why"]) == (409, "refused", "decided")
    assert await balance(people["ann"]) == before - (500 if verb == "approve" else 0)


async def test_decisions_say_why(people: People) -> None:
    """400 at /reason without."""
    waits = await asked(people["ann"])
    for verb in ("approve", "refuse"):
        answer = await people["bob"].post(f"approvals/{waits['id']}/{verb}", {})
        assert (answer.status, answer.json["errors"][0]["pointer"]) == (400, "/reason")
    assert (await people["bob"].post("approvals/99999/approve", WHY)).status == 404
    assert (await people["bob"].post("approvals/nine/approve", WHY)).status == 404


async def test_what_makes_no_sense_waits_for_nobody(people: People) -> None:
    """Refused at once; and checked again: what makes none any more fails, and says why."""
    at_once = await people["ann"].post("accounts/acme/adjust", adjustment(-(10**12)))
    assert (at_once.status, at_once.code) == (409, "refused")
    now = await balance(people["ann"])
    first, second = [await asked(people["ann"], adjustment(-now)) for _ in range(2)]
    assert (await decide(people["bob"], first)).json["state"] == "done"
    failed = (await decide(people["bob"], second)).json
    assert (failed["state"], failed["result"]["error"]["code"]) == (
        "failed", "insufficient-balance",
    )  # fmt: skip
    assert await balance(people["ann"]) == 0
    back = await asked(people["ann"], adjustment(now))
    assert (await decide(people["bob"], back)).json["state"] == "done"


async def test_a_key_is_answered_with_the_same_request(people: People) -> None:
    """202 again for it, and one request."""
    key, body = "one-request-0001", adjustment()
    answers = [
        await people["ann"].post("accounts/acme/adjust", body, idempotency_key=key)
        for _ in range(2)
    ]
    assert [answer.status for answer in answers] == [202, 202]
    assert answers[0].json == answers[1].json
    assert answers[1].headers["Quangate-Replayed"] == "true"


async def test_what_was_booked_before_is_nobodys_to_approve(people: People) -> None:
    """The same reference changes nothing: 200."""
    body = adjustment()
    assert (await decide(people["bob"], await asked(people["ann"], body))).status == 200
    again = await people["ann"].post("accounts/acme/adjust", body)
    assert (again.status, again.json["replayed"]) == (200, True)


async def test_a_requester_who_is_gone(people: People, command: Cli) -> None:
    """409, `stale`, for ever: disabled, or without the permission."""
    for word in ("disabled", "demoted"):
        token = make_operator(command, word, "finance")
        gone = Operator(people["ann"].client, token)
        await in_force(gone)
        waits = await asked(gone)
        if word == "disabled":
            command("operator", "disable", word)
        else:
            command("operator", "roles", word, "--add", "viewer", "--remove", "finance")
        answer = await decide(people["bob"], waits)
        assert (answer.status, answer.code, answer.json["why"]) == (409, "refused", "stale")
        assert (await people["ann"].get(f"approvals/{waits['id']}")).json["state"] == "stale"


async def test_a_day_and_it_is_over(people: People, connection: Any) -> None:
    """Its term is a setting; after it nobody approves it."""
    waits = await asked(people["ann"])
    await connection.execute("ALTER TABLE approval DISABLE TRIGGER approval_content")
    await connection.execute(
        "UPDATE approval SET expires_at = now() WHERE id = $1", int(waits["id"])
    )
    await connection.execute("ALTER TABLE approval ENABLE TRIGGER approval_content")
    listed = (await people["ann"].get("approvals", state="expired")).json["data"]
    assert [row["id"] for row in listed] == [waits["id"]]
    answer = await decide(people["bob"], waits)
    assert (answer.status, answer.json["why"]) == (409, "expired")
    assert (await people["ann"].get(f"approvals/{waits['id']}")).json["state"] == "expired"


async def test_whoever_the_requester_made_is_he(people: People, command: Cli) -> None:
    """A new operator of his, or a token he made of another: 403; the shell's are somebody else."""
    root, client = people["root"], people["ann"].client
    made = {}
    for name, maker in (("eve", root), ("eva", None)):
        doer = maker or made["eve"]
        assert (await doer.post("operators", {"operator": name, "role": ["finance"]})).status in {
            201, 403,
        }  # fmt: skip
        if maker is None:
            continue
        token = command("operator", "token", "create", name, "--label", "t", "--json").json
        made[name] = Operator(client, token["token"])
        await in_force(made[name])
    waits = await asked(root)
    assert (await decide(made["eve"], waits)).status == 403
    shown = (await root.post("tokens", {"operator": "bob", "label": "mine"})).json["token"]
    bobs = Operator(client, shown)
    await in_force(bobs)
    assert (await decide(bobs, waits)).status == 403
    assert (await decide(people["bob"], waits)).status == 200


async def test_lists_show_what_waits(people: People) -> None:
    """All of it, or one's own, whatever the account; pages meet."""
    mine = await asked(people["ann"])
    listed = (await people["ann2"].get("approvals", mine="true", state="waiting")).json["data"]
    assert mine["id"] in [row["id"] for row in listed]
    assert {row["requested_by"] for row in listed} <= {"ann", "ann2"}
    others = (await people["bob"].get("approvals", mine="true")).json["data"]
    assert mine["id"] not in [row["id"] for row in others]
    page = (await people["vic"].get("approvals", limit="1")).json
    assert [row["id"] for row in page["data"]] == [mine["id"]]
    assert (await people["vic"].get("approvals", state="odd")).status == 400
    await decide(people["bob"], mine)


async def test_the_command_line_asks_and_decides(people: People, command: Cli) -> None:
    """`{"approval"}`, exit 0; it decides what operators ask, never what it asked itself."""
    words = ["account", "adjust", "acme", "70", "--reference", "cli-1", "--reason", "typed"]
    done = command(*words, "--json")
    waits = done.json["approval"]
    assert (done.returncode, waits["state"]) == (0, "waiting")
    own = command("approval", "approve", waits["id"], "--reason", "mine", "--json")
    assert (own.returncode, own.json["error"]["code"]) == (1, "not-permitted")
    listed = command("approval", "list", "--mine", "--json").json["approvals"]
    assert waits["id"] in [row["id"] for row in listed]
    assert (await decide(people["bob"], waits)).json["state"] == "done"
    theirs = await asked(people["bob"])
    agreed = command("approval", "approve", theirs["id"], "--reason", "fine", "--json")
    assert (agreed.returncode, agreed.json["state"]) == (0, "done")
    assert agreed.json["decided_by"].startswith("os:")
    bobs = (await asked(people["bob"]))["id"]
    no = command("approval", "refuse", bobs, "--reason", "no", "--json")
    assert no.json["state"] == "refused"
    assert command("approval", "approve", waits["id"], "--by", "bob").returncode == 2
    assert command("approval", "show", "none", "--json").returncode == 1


async def test_limits(people: People, command: Cli) -> None:
    """Above it, in absolute value; lower at once, higher by two; a deposit at the shell never."""
    root, name = people["root"], "settings/four_eyes.deposit.CNY/set"
    assert (await root.post(name, {"value": "100"})).status == 200
    deposit = {"amount": 100, "reference": "d-1"}
    assert (await people["ann"].post("accounts/acme/deposit", deposit)).status == 200
    more = {"amount": 101, "reference": "d-2"}
    assert (await people["ann"].post("accounts/acme/deposit", more)).status == 202
    assert command(*["account", "deposit", "acme", "5000", "--reference", "d-3", "--json"]).json[
        "balance"
    ]
    assert (await root.post(name, {"value": "99"})).status == 200
    for value in ("101", "none"):
        assert (await root.post(name, {"value": value})).status == 409  # nobody else is admin
        waits = command("setting", "set", "four_eyes.deposit.CNY", value, "--json").json
        assert waits["approval"]["action"] == "setting.set"
    done = await decide(root, waits["approval"])
    assert done.json["result"] == {"name": "four_eyes.deposit.CNY", "value": None}
    other = await root.post("settings/approvals.ttl_s/set", {"value": "3600"})
    assert other.status == 200


async def test_granting_admin_takes_two(people: People, command: Cli) -> None:
    """By whatever name; what was made is done without its secrets, which a reset shows anew."""
    root = people["root"]
    for words in (
        "operator create amy --role admin", "operator roles bob --add admin",
        "role create power --permission tokens:create", "role grant risk settings:set",
    ):  # fmt: skip
        waits = command(*words.split(), "--json").json
        assert waits.keys() == {"approval"}, words
        done = (await decide(root, waits["approval"])).json
        assert done["state"] == "done", done
        assert not {"password", "totp_secret", "totp_uri", "recovery_codes"} & set(done["result"])
    assert (await root.get("operators/amy")).json["roles"] == ["admin"]
    plain = command(*["operator", "create", "pat", "--role", "viewer", "--json"]).json
    assert "password" in plain
    assert command(*["role", "grant", "viewer", "holds:release", "--json"]).json["role"] == "viewer"


async def test_what_shows_a_secret_is_shown_to_who_asked(people: People, command: Cli) -> None:
    """A token cannot step up: approved, it is asked for again, once."""
    first = Operator(people["ann"].client, make_operator(command, "olga", "ops"))
    second = Operator(people["ann"].client, make_operator(command, "otto", "ops"))
    await in_force(first)
    await in_force(second)
    command("webhook", "set", "acme", "https://acme.example")
    path = "partners/acme/webhook/secret"
    waits = (await first.post(path, {})).json["approval"]
    early = await first.post(path, {"approval": waits["id"]})
    assert (early.status, early.json["why"]) == (409, "not-approved")
    agreed = (await decide(second, waits)).json
    assert (agreed["state"], "whsec_" in str(agreed)) == ("done", False)
    other = await first.post(path, {"approval": waits["id"], "rotate": True})
    assert (other.status, other.json["why"]) == (409, "other-approval")
    assert (await second.post(path, {"approval": waits["id"]})).status == 404
    shown = await first.post(path, {"approval": waits["id"]})
    assert (shown.status, "whsec_" in str(shown.json)) == (200, True)
    again = await first.post(path, {"approval": waits["id"]})
    assert (again.status, again.json["why"]) == (409, "approval-used")
    elsewhere = await people["ann"].post("accounts/acme/adjust", {**adjustment(), "approval": "1"})
    assert (elsewhere.status, elsewhere.json["errors"][0]["pointer"]) == (400, "/approval")


async def test_a_master_key_is_retired_by_two(people: People, command: Cli) -> None:
    """A job, which has transactions of its own: what stands in its way is told at once."""
    root = people["root"]
    old = command("keys", "show", "--json").json["keys"][0]["kek"]
    current = (await root.post("master-keys/rotate", {})).json["current"]
    for kek, status in ((current, 409), ("k99", 404)):
        path = f"master-keys/{kek}/retire"
        assert (await root.post(path, {"reason": "leaked"})).status == status
        assert command("keys", "retire", kek, "--json").returncode == 1
    waits = command("keys", "retire", old, "--reason", "leaked", "--json").json["approval"]
    assert waits["action"] == "keys.retire"
    done = (await decide(root, waits)).json
    assert (done["state"], done["result"]) == ("done", {"retired": old, "current": current})
    assert [key["kek"] for key in command("keys", "show", "--json").json["keys"]] == [current]
    row = command("change", "list", "--action", "keys.retire", "--json").json["changes"][0]
    assert (row["approval"], row["approved_by"], row["reason"]) == (waits["id"], "root", "leaked")
