"""Whoever approves reads what will be done: the money with its currency, and of what."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.conftest import Cli
from tests.world.admin import Operator, in_force, make_operator
from tests.world.partner import Partner
from tests.world.shop import Shop, unique

People = Mapping[str, Operator]
WHY = {"reason": "seen it"}


@pytest.fixture(autouse=True)
def _limits(command: Cli, tokens: Mapping[str, str]) -> None:
    """A cent back, or given, wants two."""
    assert tokens
    for name in ("refund", "deposit"):
        command("setting", "set", f"four_eyes.{name}.CNY", "0")


async def delivered(partner: Partner, sku: str, quantity: int = 2) -> str:
    """The number of an order."""
    placed = await partner.order(out_order_no=unique("S"), sku=sku, quantity=quantity)
    assert placed.status == 201, placed
    return str(placed.json["order_no"])


async def case_of(who: Operator, order_no: str, kind: str, **more: Any) -> str:
    """The number of one that the desk opened."""
    body = {"order_no": order_no, "kind": kind, "reason": "does not work", **more}
    made = await who.post("cases", body)
    assert made.status == 201, made
    return str(made.json["case_no"])


async def test_a_refund_says_what_it_pays_back_and_to_whom(people: People, shop: Shop) -> None:
    """Kind, amount, codes, order, partner. Seen red while it was a number of a case alone."""
    partner, sku = await shop.partner(), await shop.sku(codes=4, price=1999)
    order_no = await delivered(partner, sku)
    case_no = await case_of(people["root"], order_no, "refund")
    answer = await people["ann"].post(f"cases/{case_no}/approve", WHY)
    assert answer.status == 202, answer
    waits = answer.json["approval"]
    name = (await people["ann"].get(f"orders/{order_no}")).json["partner"]
    assert waits["summary"] == (
        f"case approve {case_no}: kind refund, amount 39.98 CNY, codes 2 struck out,"
        f" order_no {order_no}, partner {name}, sku {sku} × 2"
    )
    listed = (await people["bob"].get("approvals", state="waiting")).json["data"]
    assert waits["summary"] in [row["summary"] for row in listed]
    done = (await people["bob"].post(f"approvals/{waits['id']}/approve", WHY)).json
    assert (done["state"], done["result"]["refunded_amount"]) == ("done", 3998)


async def test_what_would_be_something_else_by_now_is_not_done(
    people: People, shop: Shop, connection: Any
) -> None:
    """A code of it was struck out meanwhile: `stale`, and says so. Seen red without the look."""
    partner, sku = await shop.partner(), await shop.sku(codes=4, price=1999)
    order_no = await delivered(partner, sku)
    case_no = await case_of(people["root"], order_no, "refund")
    waits = (await people["ann"].post(f"cases/{case_no}/approve", WHY)).json["approval"]
    await connection.execute(
        "INSERT INTO code_void (pool_id, seq, reason)"
        " SELECT pool_id, seqs[1], 'leaked' FROM orders WHERE id = $1",
        int(order_no),
    )
    done = (await people["bob"].post(f"approvals/{waits['id']}/approve", WHY)).json
    assert done["state"] == "stale", done
    assert "codes 1 struck out" in done["result"]["error"]["detail"]
    shown = (await people["ann"].get(f"orders/{order_no}")).json
    assert (shown["state"], shown["refunded"]) == ("delivered", 0)


async def test_money_is_said_with_its_currency(people: People, command: Cli) -> None:
    """Of an account, of a limit. Seen red in minor units, of no currency."""
    deposit = {"amount": 25000, "reference": unique("d")}
    answer = await people["ann"].post("accounts/acme/deposit", deposit)
    assert answer.status == 202, answer
    summary = answer.json["approval"]["summary"]
    assert summary == f"account deposit acme: amount 250.00 CNY, reference {deposit['reference']}"
    waits = command("setting", "set", "four_eyes.deposit.CNY", "123456", "--json").json
    assert waits["approval"]["summary"] == "setting set four_eyes.deposit.CNY: value 1,234.56 CNY"


async def test_a_price_says_what_it_comes_to(people: People, shop: Shop, command: Cli) -> None:
    """An amount with its currency; a share with what it is of and what it comes to."""
    root = people["root"]
    set_ = command("setting", "set", "four_eyes.price.CNY", "0", "--json").json
    assert (await root.post(f"approvals/{set_['approval']['id']}/approve", WHY)).status == 200
    cat = Operator(root.client, make_operator(command, unique("cat"), "catalog"))
    await in_force(cat)
    sku = await shop.sku(price=2000)
    command("price", "floor", "--sku", sku, "--amount", "1500")
    for given, said in (
        ({"amount": 1200}, "amount 12.00 CNY"),
        ({"percent": "50"}, "percent 50 of 20.00 CNY: 10.00 CNY"),
    ):
        answer = await cat.post("prices", {"sku": sku, **given, "reason": "last ones"})
        assert answer.status == 202, answer.json
        assert said in answer.json["approval"]["summary"]
