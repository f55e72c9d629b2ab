"""Seeing a code: admin.md, "Seeing a code" and "Reveals"."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gateway.reveals.count import VIEWS_MAX
from tests.conftest import Cli
from tests.world.admin import Answered, Operator, client_of, in_force, make_operator
from tests.world.gateway_process import Gateway
from tests.world.shop import Shop, unique

WHY = {"reason": "buyer says it does not work"}


@dataclass(frozen=True)
class Counter:
    """Two of support and an admin at the desk, and an order of two codes."""

    sue: Operator
    sam: Operator
    root: Operator
    number: str
    partner: str
    codes: list[dict[str, str]]

    async def ask(self, index: int = 0) -> str:
        """Sue asks to see a code; the request's number."""
        answer = await self.sue.post(f"orders/{self.number}/reveal", {"index": index, **WHY})
        assert answer.status == 202, answer
        assert f"index {index}" in answer.json["approval"]["summary"]
        return str(answer.json["approval"]["id"])

    async def see(self, approval: str, index: int = 0) -> Answered:
        """She asks again, with the approval."""
        body = {"index": index, "approval": approval, **WHY}
        return await self.sue.post(f"orders/{self.number}/reveal", body)

    async def agreed(self, index: int = 0) -> str:
        """A request that Sam approved."""
        approval = await self.ask(index)
        done = await self.sam.post(f"approvals/{approval}/approve", WHY)
        assert done.json["state"] == "done", done
        assert not any(code["code"] in str(done.json) for code in self.codes)
        return approval


@pytest.fixture(scope="module")
def tokens(gateway: Gateway, command: Cli) -> Mapping[str, str]:
    """By name."""
    assert gateway.url
    made = {name: make_operator(command, name, "support") for name in ("sue", "sam")}
    return made | {"root": make_operator(command, "root", "admin")}


@pytest.fixture
async def counter(shop: Shop, tokens: Mapping[str, str]) -> AsyncIterator[Counter]:
    """With an order that was just delivered."""
    partner = await shop.partner()
    sku = await shop.sku(codes=2)
    order = (await partner.order(out_order_no=unique("R"), sku=sku, quantity=2)).json
    async with client_of(shop.url) as client:
        people = {name: Operator(client, token) for name, token in tokens.items()}
        for one in people.values():
            await in_force(one)
        yield Counter(
            **people,
            number=order["order_no"],
            partner=await shop.name_of(partner),
            codes=partner.codes(order),
        )


async def test_a_code_is_shown_once_to_who_asked(counter: Counter, command: Cli) -> None:
    """Approved it holds no code; the requester gets it once, and a row says so before.

    What a key was answered is kept without it.
    """
    approval = await counter.agreed(1)
    other = await counter.sam.post(
        f"orders/{counter.number}/reveal", {"index": 1, "approval": approval, **WHY}
    )
    assert other.status == 404
    wrong = await counter.see(approval, 0)
    assert (wrong.status, wrong.json["why"]) == (409, "other-approval")
    seen = await counter.see(approval, 1)
    assert (seen.status, seen.json.keys()) == (200, {"code", "reveal"})
    assert seen.json["code"] == counter.codes[1]
    assert seen.headers["Cache-Control"] == "no-store"
    again = await counter.see(approval, 1)
    assert (again.status, again.json["why"]) == (409, "approval-used")
    rows = (await counter.sam.get("reveals", order_no=counter.number)).json["data"]
    assert [(row["via"], row["actor"], row["index"]) for row in rows] == [
        ("operator", "sue", 1), ("commit", counter.partner, None),
    ]  # fmt: skip
    assert (rows[0]["reveal"], rows[0]["reason"]) == (seen.json["reveal"], WHY["reason"])
    assert rows[0]["approval"] == approval
    shown = (await counter.sam.get(f"orders/{counter.number}")).json["reveals"]
    assert [(row["via"], row["index"], row["reason"]) for row in shown] == [
        ("commit", None, None), ("operator", 1, WHY["reason"]),
    ]  # fmt: skip
    assert all(row["actor"] for row in shown)
    assert shown[1]["actor"] == "sue"
    changes = command("change", "list", "--subject", counter.number, "--json").json["changes"]
    assert (changes[0]["action"], changes[0]["approved_by"]) == ("codes.reveal", "sam")
    whole = command("change", "list", "--limit", "100", "--json").stdout
    assert not any(code["code"] in whole for code in counter.codes)
    assert command("audit", "--json").json["ok"]


async def test_why_one_looks_has_no_code_in_it(counter: Counter) -> None:
    """Neither what is asked for, nor the log of views or of changes, nor why it was approved.

    Seen red while reasons were kept as they were written.
    """
    code = counter.codes[0]["code"]
    why = {"index": 0, "reason": f"buyer says {code} is used"}
    asked = await counter.sue.post(f"orders/{counter.number}/reveal", why)
    waits = asked.json["approval"]
    assert waits["reason"] == "buyer says •••• is used"
    done = await counter.sam.post(f"approvals/{waits['id']}/approve", {"reason": f"{code} it is"})
    assert (done.json["state"], done.json["decision_reason"]) == ("done", "•••• it is")
    seen = await counter.sue.post(
        f"orders/{counter.number}/reveal", {**why, "approval": waits["id"]}
    )
    assert seen.json["code"]["code"] == code
    rows = [
        (await counter.root.get("changes", limit="20")).json,
        (await counter.root.get("reveals", order_no=counter.number)).json,
        (await counter.root.get(f"orders/{counter.number}")).json,
    ]
    assert code not in str(rows)


async def test_a_key_keeps_no_code(counter: Counter) -> None:
    """The same key is told the rest of the answer."""
    approval, key = await counter.agreed(), "reveal-once-00001"
    body = {"index": 0, "approval": approval, **WHY}
    path = f"orders/{counter.number}/reveal"
    first = await counter.sue.post(path, body, idempotency_key=key)
    again = await counter.sue.post(path, body, idempotency_key=key)
    assert first.json["code"] == counter.codes[0]
    assert (again.status, again.json) == (200, {"reveal": first.json["reveal"]})


async def test_what_is_not_there_waits_for_nobody(counter: Counter) -> None:
    """No such order, no such code: 404; without a reason 400; without the permission 403."""
    path = f"orders/{counter.number}/reveal"
    for elsewhere, index in ((path, 2), ("orders/77/reveal", 0), ("orders/x/reveal", 0)):
        answer = await counter.sue.post(elsewhere, {"index": index, **WHY})
        assert answer.status == 404, elsewhere
    assert (await counter.sue.post(path, {"index": -1, **WHY})).status == 400
    bare = await counter.sue.post(path, {"index": 0})
    assert (bare.status, bare.json["errors"][0]["pointer"]) == (400, "/reason")


async def test_partners_views_are_rows_of_the_same_log(counter: Counter, shop: Shop) -> None:
    """By order, by key, by time; pages meet."""
    partner = await shop.partner()
    sku = await shop.sku(codes=1)
    order = (await partner.order(out_order_no=unique("V"), sku=sku)).json
    for _ in range(3):
        await partner.get(f"/v1/orders/{order['order_no']}")
    key = partner.key.key_id
    rows = (await counter.sam.get("reveals", actor=key)).json["data"]
    assert {(row["actor"], row["order_no"]) for row in rows} == {(key, order["order_no"])}
    assert len(rows) == 3
    listed, query = [], {"order_no": order["order_no"], "limit": "1"}
    while True:
        page = (await counter.sam.get("reveals", **query)).json
        listed += page["data"]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert [row["id"] for row in listed[:-1]] == [row["id"] for row in rows]
    assert listed[-1]["via"] == "commit"
    shown = (await counter.sam.get(f"orders/{order['order_no']}")).json
    assert [(row["via"], row["actor"]) for row in shown["reveals"]] == [
        ("commit", await shop.name_of(partner)), *((row["via"], key) for row in rows)
    ]  # fmt: skip
    assert sum(event["kind"] == "revealed" for event in shown["timeline"]) == 4
    at = rows[-1]["at"]
    later = (await counter.sam.get("reveals", actor=key, **{"from": at})).json["data"]
    earlier = (await counter.sam.get("reveals", actor=key, to=at)).json["data"]
    assert (len(later), earlier) == (3, [])


async def test_one_too_many_freezes(counter: Counter, connection: Any) -> None:
    """Of whatever is asked at once 20 an hour are shown; then nobody lifts his own."""
    before = await connection.fetchval(
        "SELECT count(*) FROM reveal WHERE items->0->>'operator' = 'sue'"
    )
    approvals = [await counter.agreed() for _ in range(VIEWS_MAX + 2 - before)]
    answers = await asyncio.gather(*(counter.see(approval) for approval in approvals))
    shown = [answer for answer in answers if answer.status == 200]
    assert len(shown) == VIEWS_MAX - before
    refused = sorted((answer.status, answer.code) for answer in answers if answer.status != 200)
    assert refused == [(403, "not-permitted"), (409, "refused")]
    assert (await counter.root.get("operators/sue")).json["frozen"]
    own = await counter.sue.post("operators/sue/unfreeze", WHY)
    assert own.status == 403
    lifted = await counter.root.post("operators/sue/unfreeze", WHY)
    assert lifted.json == {"operator": "sue", "frozen": False}
    assert (await counter.see(await counter.agreed())).status == 200


async def test_the_log_is_checked_away_from_the_shop(command: Cli, tmp_path: Path) -> None:
    """Whole as it was taken; whatever is changed, left out or cut off is named."""
    file = tmp_path / "reveals.jsonl"
    made = command("reveals", "export", str(file), "--json")
    assert made.json["links"] > 5
    assert command("reveals", "export", str(file), "--json").returncode == 1  # never over another
    lines = file.read_text().splitlines()
    whole = command("reveals", "verify", str(file), "--json").json
    assert (whole["ok"], whole["problems"], whole["links"]) == (True, [], made.json["links"])
    assert whole["heads"] == json.loads(lines[0])["heads"]
    assert "cut off" in command("reveals", "verify", str(file)).stderr
    link = json.loads(lines[-1])
    seen = next(n for n, line in enumerate(lines) if json.loads(line).get("items"))
    erased = json.dumps({**json.loads(lines[seen]), "items": None})
    spoiled = {
        "erased": [*lines[:seen], erased, *lines[seen + 1 :]],
        "changed": [*lines[:-1], json.dumps({**link, "items": "[]"})],
        "gone": [*lines[:1], *lines[2:]],
        "cut": lines[:-1],
        "rewritten": [*lines[:-1], json.dumps({**link, "hash": "00" * 32})],
        "dated back": [*lines[:-1], json.dumps({**link, "at": "2001-01-01T00:00:00Z"})],
        "numbered again": [*lines[:-1], json.dumps({**link, "no": json.loads(lines[1])["no"]})],
    }
    for name, told in spoiled.items():
        file.write_text("\n".join(told) + "\n")
        done = command("reveals", "verify", str(file), "--json")
        assert (done.returncode, done.json["ok"]) == (1, False), name
        assert done.json["problems"], name
    file.write_text('{"format": "quangate-reveals-1", "heads": []}\n')
    empty = command("reveals", "verify", str(file), "--json")
    assert (empty.returncode, empty.json["ok"]) == (1, False)
    assert empty.json["problems"] == ["nothing was verified: there is no view in it"]
    file.write_text("nothing\n")
    assert command("reveals", "verify", str(file), "--json").json["error"]["code"] == "no-log"
