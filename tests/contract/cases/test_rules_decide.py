"""Rules that decide without a person: admin.md, "Rules as data"."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.conftest import Cli
from tests.contract.cases.conftest import Counter
from tests.world.shop import unique


@pytest.fixture
async def rules(counter: Counter, command: Cli) -> AsyncIterator[Any]:
    """Makes rules; they are off afterwards."""
    made: list[str] = []

    def make(*words: str) -> str:
        name = unique("rule")
        done = command("case", "rule", "create", name, *words, "--json")
        assert done.returncode == 0, done.stderr
        assert done.json["rule"] == name
        made.append(name)
        return name

    yield make
    for name in made:
        assert command("case", "rule", "change", name, "--no-enabled", "--json").returncode == 0


async def test_a_rule_approves_and_says_so(counter: Counter, rules: Any) -> None:
    """The answer to the opening has its outcome, and its name."""
    order = await counter.order()
    name = rules(
        "--kind", "refund", "--sku", order["sku"], "--max-amount", "100", "--do", "approve"
    )
    done = await counter.ask(order, "refund")
    assert (done.status, done.json["state"], done.json["outcome"]) == (201, "resolved", "refunded")
    assert (done.json["rule"], done.json["refunded_amount"]) == (name, 100)
    assert (await counter.read(order))["state"] == "reversed"
    steps = (await counter.sam.get(f"cases/{done.json['case_no']}")).json["steps"]
    assert [step["state"] for step in steps] == ["opened", "approved", "acting", "resolved"]
    assert steps[1]["rule"] == name
    dear = await counter.order(price=101)
    assert (await counter.ask(dear, "refund")).json["state"] == "opened"


async def test_a_rule_looks_at_what_is_at_stake(counter: Counter, rules: Any) -> None:
    """Pieces, with what cases paid back before: not the whole order, and in slices no more of it
    than at once.

    Seen red when it was the whole order, and when each slice was looked at by itself.
    """
    order = await counter.order(codes=5, quantity=5)
    rules("--kind", "refund", "--sku", order["sku"], "--max-amount", "300", "--do", "approve")
    assert (await counter.ask(order, "refund")).json["state"] == "opened"
    case = (await counter.partner.get(f"/v1/cases?order_no={order['order_no']}")).json["data"][0]
    await counter.partner.send("POST", f"/v1/cases/{case['case_no']}/withdraw")
    for more, paid in (({"quantity": 2}, 200), ({"index": 0}, 100)):
        done = await counter.ask(order, "refund", **more)
        assert (done.json["state"], done.json["refunded_amount"]) == ("resolved", paid), more
    assert (await counter.ask(order, "refund")).json["state"] == "opened"


async def test_a_rule_refuses(counter: Counter, rules: Any) -> None:
    """What is not of its kind waits for a person."""
    order = await counter.order()
    name = rules("--kind", "reissue", "--sku", order["sku"], "--do", "refuse")
    done = await counter.ask(order, "reissue")
    assert (done.status, done.json["state"], done.json["outcome"]) == (201, "refused", "refused")
    assert done.json["rule"] == name
    assert (await counter.ask(order, "question")).json["state"] == "opened"


async def test_a_shadow_only_says_what_it_would_do(
    counter: Counter, rules: Any, command: Cli
) -> None:
    """Until it is told to decide."""
    order = await counter.order()
    name = rules("--kind", "question", "--sku", order["sku"], "--do", "refuse", "--shadow")
    case_no = await counter.opened(order, "question")
    page = (await counter.sam.get(f"cases/{case_no}")).json
    assert (page["state"], page["rule"]) == ("opened", None)
    assert [(s["step"], s["text"], s["rule"]) for s in page["steps"][1:]] == [
        ("judged", "would refuse", name)
    ]
    await counter.partner.send("POST", f"/v1/cases/{case_no}/withdraw")
    assert command("case", "rule", "change", name, "--no-shadow", "--json").json["shadow"] is False
    assert (await counter.ask(order, "question")).json["state"] == "refused"


async def test_a_rule_never_does_what_wants_two(counter: Counter, rules: Any, command: Cli) -> None:
    """Above the limit it only notes what it would have done."""
    assert command("setting", "set", "four_eyes.refund.CNY", "50", "--json").returncode == 0
    order = await counter.order()
    rules("--kind", "refund", "--sku", order["sku"], "--do", "approve")
    case_no = await counter.opened(order, "refund")
    page = (await counter.sam.get(f"cases/{case_no}")).json
    assert (page["state"], page["refunded_amount"]) == ("opened", 0)
    assert "second person" in page["steps"][1]["text"]


async def test_rules_are_listed_and_checked(counter: Counter, rules: Any, command: Cli) -> None:
    """By API too; only admin makes them; two of one name, or bounds that cross, are refused."""
    name = rules("--kind", "refund", "--max-age", "3600", "--max-share", "5", "--do", "approve",
                 "--shadow")  # fmt: skip
    (row,) = [
        row for row in (await counter.sam.get("case-rules")).json["data"] if row["rule"] == name
    ]
    assert (row["kind"], row["max_age"], row["max_share"], row["do"], row["shadow"]) == (
        "refund", 3600, 5, "approve", True,
    )  # fmt: skip
    body = {"rule": unique("rule"), "do": "refuse", "kind": "question", "shadow": True}
    denied = await counter.sue.post("case-rules", body)
    assert (denied.status, denied.json["permission"]) == (403, "case-rules:create")
    assert (await counter.root.post("case-rules", body)).status == 201
    assert (await counter.root.post("case-rules", body)).status == 409
    assert command("case", "rule", "create", "x", "--json").returncode == 2
    crossed = command(
        "case", "rule", "create", "x", "--min-age", "9", "--max-age", "8", "--do", "refuse",
        "--json",
    )  # fmt: skip
    assert crossed.returncode == 2, crossed.stdout
