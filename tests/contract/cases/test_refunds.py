"""Money back: whole, by pieces, by amount; never more than was charged."""

import asyncio

import pytest

from tests.conftest import Cli
from tests.contract.cases.conftest import WHY, Counter
from tests.world.partner import Reply
from tests.world.shop import unique


async def test_a_whole_refund_reverses_the_order(counter: Counter, command: Cli) -> None:
    """The code is struck out, the money is back, the entry points at the order."""
    order = await counter.order(codes=2, price=350)
    before = await counter.balance()
    case_no = await counter.opened(order, "refund")
    done = await counter.approve(case_no, counter.fay)
    assert (done.status, done.json["state"], done.json["outcome"]) == (200, "resolved", "refunded")
    now = await counter.read(order)
    assert (now["state"], now["refunded_amount"], now["amount"]) == ("reversed", 350, 350)
    assert await counter.balance() == before + 350
    entry = (await counter.partner.get("/v1/account/entries?limit=1")).json["data"][0]
    assert (entry["kind"], entry["amount"], entry["order_no"]) == ("refund", 350, order["order_no"])
    stats = command("codes", "stats", "--pool", order["sku"], "--json").json
    assert (stats["void"], stats["delivered"]) == (1, 0)
    assert command("audit", "--json").json["ok"]


async def test_pieces_add_up_to_what_was_charged(counter: Counter, command: Cli) -> None:
    """Three of three, one by one: the last ones are struck out first, the rest of rounding last."""
    order = await counter.order(codes=3, quantity=3, price=333)
    paid = []
    for _ in range(3):
        done = await counter.approve(await counter.opened(order, "refund", quantity=1))
        paid.append(done.json["refunded_amount"])
    now = await counter.read(order)
    assert (sum(paid), now["state"], now["refunded_amount"]) == (999, "reversed", 999)
    assert command("audit", "--json").json["ok"]


async def test_one_code_is_paid_back_as_one(counter: Counter, command: Cli) -> None:
    """`index` is one piece: a fifth of five. Seen red when all of it was paid back."""
    order = await counter.order(codes=5, quantity=5, price=100)
    case_no = await counter.opened(order, "refund", index=1)
    assert (await counter.case(case_no))["quantity"] == 1
    done = await counter.approve(case_no)
    assert (done.status, done.json["refunded_amount"]) == (200, 100), done
    now = await counter.read(order)
    assert (now["state"], now["refunded_amount"]) == ("delivered", 100)
    stats = command("codes", "stats", "--pool", order["sku"], "--json").json
    assert (stats["void"], stats["delivered"]) == (1, 4)
    assert command("audit", "--json").json["ok"]


async def test_what_is_struck_out_is_asked_for_no_more(counter: Counter) -> None:
    """400 where it is asked. Seen red when it was 201, and nobody could approve it."""
    order = await counter.order(codes=4, quantity=3, price=100)
    await counter.approve(await counter.opened(order, "refund", amount=30), void=True)
    for kind in ("refund", "reissue"):
        for more in ({"index": 1}, {"quantity": 1}):
            answer = await counter.ask(order, kind, **more)
            assert answer.problem == (400, "invalid-request"), (kind, more)
            assert answer.json["errors"][0]["pointer"] == f"/{next(iter(more))}"


async def test_an_amount_strikes_out_nothing(counter: Counter, command: Cli) -> None:
    """Unless it is said so; more than is left is refused where it is asked."""
    order = await counter.order(codes=1, price=500)
    await counter.approve(await counter.opened(order, "refund", amount=200))
    now = await counter.read(order)
    assert (now["state"], now["refunded_amount"]) == ("delivered", 200)
    too_much = await counter.ask(order, "refund", amount=301)
    assert too_much.problem == (400, "invalid-request")
    assert too_much.json["errors"][0]["pointer"] == "/amount"
    await counter.approve(await counter.opened(order, "refund", amount=300), void=True)
    assert (await counter.read(order))["state"] == "reversed"
    assert command("audit", "--json").json["ok"]


async def test_codes_may_be_kept(counter: Counter, command: Cli) -> None:
    """Why stays with the case; the order stays delivered."""
    order = await counter.order(codes=1)
    done = await counter.approve(
        await counter.opened(order, "refund"), keep_codes="a gift to a good customer"
    )
    assert done.json["keep_codes"] == "a gift to a good customer"
    now = await counter.read(order)
    assert (now["state"], now["refunded_amount"]) == ("delivered", 100)
    assert command("codes", "stats", "--pool", order["sku"], "--json").json["void"] == 0
    assert command("audit", "--json").json["ok"]


@pytest.mark.parametrize("keeps", [False, True])
async def test_each_piece_gives_its_unit_back(
    counter: Counter, command: Cli, *, keeps: bool
) -> None:
    """A buyer may have again what was paid back, piece by piece; unless the quota keeps it.

    The books agree with it. Seen red while units came back with the last piece alone.
    """
    sku, name = await counter.shop.sku(codes=9), unique("q")
    more = ["--keep-refunded"] if keeps else []
    made = ["quota", "create", name, "--on", f"sku:{sku}", "--per", "buyer", "--max", "3", *more]
    assert command(*made).returncode == 0
    await counter.shop.sku()  # what was made before it is known then

    async def buys(quantity: int) -> Reply:
        return await counter.partner.order(
            out_order_no=unique("Q"), sku=sku, quantity=quantity, buyer={"id": "ann"}
        )

    first = await buys(3)
    assert first.status == 201, first
    assert (await buys(1)).problem == (422, "purchase-limit")
    for piece in range(2):
        case_no = await counter.opened(first.json, "refund", quantity=1)
        assert (await counter.approve(case_no)).status == 200
        assert (await buys(2)).problem == (422, "purchase-limit")
        if keeps:
            continue
        assert (await buys(1)).status == 201, piece
        assert (await buys(1)).problem == (422, "purchase-limit")
    last = await counter.opened(first.json, "refund")
    assert (await counter.approve(last)).status == 200
    assert (await counter.read(first.json))["state"] == "reversed"
    assert (await buys(1)).status == (422 if keeps else 201)
    found = command("audit", "--json").json
    assert found["ok"], [check for check in found["checks"] if not check["ok"]]


async def test_fifty_at_once_pay_once(counter: Counter) -> None:
    """Whoever approves, and however many: the money comes back once. Seen red without the lock of
    `lock_case` and what `refund_case` looks at: then `orders_quantity` refuses, and it is a 500.
    """
    order = await counter.order(codes=1)
    before = await counter.balance()
    case_no = await counter.opened(order, "refund")
    answers = await asyncio.gather(
        *(counter.approve(case_no, who) for _ in range(25) for who in (counter.sue, counter.fay))
    )
    assert sorted({answer.status for answer in answers}) == [200, 409]
    assert [answer.status for answer in answers].count(200) == 1
    assert await counter.balance() == before + 100


async def test_the_limit_wants_a_second_person(counter: Counter, command: Cli) -> None:
    """`four_eyes.refund.CNY`: above it nobody pays alone."""
    assert command("setting", "set", "four_eyes.refund.CNY", "500", "--json").returncode == 0
    order = await counter.order(codes=1, price=501)
    case_no = await counter.opened(order, "refund")
    asked = await counter.approve(case_no)
    assert asked.status == 202, asked
    assert (await counter.read(order))["refunded_amount"] == 0
    approval = asked.json["approval"]["id"]
    assert (await counter.sue.post(f"approvals/{approval}/approve", WHY)).status == 403
    done = await counter.fay.post(f"approvals/{approval}/approve", WHY)
    assert (done.status, done.json["state"]) == (200, "done")
    assert (await counter.read(order))["refunded_amount"] == 501
    small = await counter.order(codes=1, price=500)
    assert (await counter.approve(await counter.opened(small, "refund"))).status == 200
    many = await counter.order(codes=5, quantity=5, price=200)
    one = await counter.approve(await counter.opened(many, "refund", index=0))
    assert (one.status, one.json["refunded_amount"]) == (200, 200), one
    two = await counter.approve(await counter.opened(many, "refund", index=1))
    assert two.status == 200, two
    # In slices one may do no more alone than at once.
    third = await counter.approve(await counter.opened(many, "refund", index=2))
    assert third.status == 202, third


async def test_what_was_withdrawn_meanwhile_is_stale(counter: Counter, command: Cli) -> None:
    """The second person finds nothing left to approve: `stale`, with what stands in the way.

    Seen red while it was `failed`, as what was tried and went wrong.
    """
    assert command("setting", "set", "four_eyes.refund.CNY", "500", "--json").returncode == 0
    order = await counter.order(codes=1, price=501)
    case_no = await counter.opened(order, "refund")
    waits = (await counter.approve(case_no)).json["approval"]["id"]
    gone = await counter.partner.send("POST", f"/v1/cases/{case_no}/withdraw", {})
    assert gone.status == 200, gone
    ended = (await counter.fay.post(f"approvals/{waits}/approve", WHY)).json
    assert (ended["state"], ended["result"]["error"]["code"]) == ("stale", "refused"), ended
    assert (await counter.read(order))["refunded_amount"] == 0
