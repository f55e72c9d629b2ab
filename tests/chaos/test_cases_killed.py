"""Cases approved by everybody at once while the gateway is killed: once each, never too much."""

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import pytest

from gateway.ground.config import Config
from tests.conftest import Cli
from tests.world.admin import Operator, client_of, in_force, make_operator
from tests.world.gateway_process import Gateway, running_gateway
from tests.world.partner import Partner
from tests.world.shop import Shop, unique

PRICE = 100  # of each of an order's three codes
WHY = {"reason": "looked at it"}
Orders = Sequence[Mapping[str, Any]]


# Orders (every second one is refunded, the others reissued), and approvals of each case at once:
# many cases, and one of each with issue 12's fifty.
@pytest.mark.parametrize("size", [(12, 8), (2, 50)])
async def test_killed_between_every_two(
    config: Config, command: Cli, connection: Any, tmp_path: Path, size: tuple[int, int]
) -> None:
    """Three gateways die in the middle of approvals, the fourth finishes: each case has acted
    once, each code has one place, no order gave back more than it cost, and the books agree.

    One guard stands behind the other: without the case's lock the order's state is looked at under
    its own, and without that the CHECK `orders_quantity` refuses (contract/cases/test_refunds.py).
    """
    count, at_once = size
    before = await connection.fetchval("SELECT coalesce(max(id), 0) FROM orders")
    token = make_operator(command, f"sue-{at_once}", "support")
    partner: Partner | None = None
    orders: Orders = []
    rounds = 0
    statuses: set[int] = set()
    for round_no in range(4):
        dies = round_no < 3
        killed = suppress(AssertionError) if dies else nullcontext()  # it does not end well
        with killed, running_gateway(config, tmp_path / str(round_no)) as gateway:
            async with aiohttp.ClientSession() as session:
                shop = Shop(config=config, url=gateway.url, session=session)
                if partner is None:
                    partner = await shop.partner()
                    orders = await _orders(shop, partner, count)
                here = Partner(gateway.url, session, partner.key)
                cases = await _open_all(here, orders)
                statuses |= await _approve(gateway, token, cases * at_once, dies=dies)
                if not dies:
                    await _judge(here, orders)
                rounds += 1
    assert (rounds, statuses - {200, 409, 503}) == (4, set())
    # What the database says, whatever was answered.
    paid = await connection.fetch(
        "SELECT order_id, count(*) AS n, sum(amount) AS paid FROM entry WHERE kind = 'refund'"
        " AND order_id > $1 GROUP BY 1",
        before,
    )
    assert {(row["n"], row["paid"]) for row in paid} == {(1, 3 * PRICE)}
    assert len(paid) == count // 2
    given = await connection.fetch(
        "SELECT order_id, count(*) AS n FROM reissue WHERE order_id > $1 GROUP BY 1", before
    )
    assert [row["n"] for row in given] == [1] * (count // 2)
    assert command("audit", "--json").json["ok"]


async def _orders(shop: Shop, partner: Partner, count: int) -> Orders:
    sku = await shop.sku(codes=4 * count, price=PRICE)
    placed = [
        await partner.order(out_order_no=unique("C"), sku=sku, quantity=3) for _ in range(count)
    ]
    return [reply.json for reply in placed]


async def _open_all(partner: Partner, orders: Orders) -> list[str]:
    """Of each order its one case; again it is the same."""
    numbers = []
    for n, order in enumerate(orders):
        body = {"kind": "refund" if n % 2 else "reissue", "reason": "r",
                "out_case_no": f"K-{order['order_no']}"}  # fmt: skip
        if not n % 2:
            body["index"] = 1  # type: ignore[assignment]
        reply = await partner.send("POST", f"/v1/orders/{order['order_no']}/cases", body)
        assert reply.status in {200, 201}, reply
        numbers.append(reply.json["case_no"])
    return numbers


async def _approve(
    gateway: Gateway, token: str, approvals: Sequence[str], *, dies: bool
) -> set[int]:
    """Everybody at once, each a case; of those who die, after a few answers. What was answered."""
    answered: set[int] = set()
    async with client_of(gateway.url) as client:
        await in_force(Operator(client, token))
        left = asyncio.Semaphore(0)

        async def one(case_no: str) -> None:
            with suppress(httpx.TransportError):
                answer = await Operator(client, token).post(f"cases/{case_no}/approve", WHY)
                answered.add(answer.status)
            left.release()

        tasks = [asyncio.create_task(one(case)) for case in approvals]
        for _ in range(5 if dies else len(tasks)):
            await left.acquire()
        if dies:
            os.kill(gateway.pid, signal.SIGKILL)
        await asyncio.gather(*tasks)
    return answered


async def _judge(partner: Partner, orders: Orders) -> None:
    """As the partner sees them in the end."""
    codes: list[str] = []
    for n, order in enumerate(orders):
        now = (await partner.get(f"/v1/orders/{order['order_no']}")).json
        refunded = (now["state"], now["refunded_amount"], now["replaced"])
        assert refunded == (("reversed", 3 * PRICE, 0) if n % 2 else ("delivered", 0, 1)), now
        codes += [code["code"] for code in partner.codes(now)]
        old = [code["code"] for code in partner.codes(order)]
        new = [code["code"] for code in partner.codes(now)]
        assert [a == b for a, b in zip(old, new, strict=True)] == [True, bool(n % 2), True]
    assert len(codes) == len(set(codes))
