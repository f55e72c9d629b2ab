"""X-Quangate-Deadline: an order whose caller has gone is not made (pressure, "Admission")."""

import asyncio
import time
from functools import partial

import pytest

from gateway.ground.sql.database import Database
from tests.world.partner import eventually
from tests.world.shop import Shop, unique


@pytest.mark.parametrize("wrong", ["", "soon", "-1", "1.5", "1e3", " 5 ms", "10000000000", "٥"])
@pytest.mark.parametrize("target", ["/v1/orders", "/v1/orders/batch"])
async def test_a_deadline_is_whole_milliseconds(shop: Shop, target: str, wrong: str) -> None:
    """Anything else is refused, naming the header, and leaves nothing behind.

    Seen red with a header nobody looked at.
    """
    partner, sku = await shop.partner(), await shop.sku(codes=1)
    order = {"out_order_no": unique("D"), "sku": sku}
    body = order if target == "/v1/orders" else {"orders": [order]}
    headers = {"X-Quangate-Deadline": wrong}
    reply = await partner.send("POST", target, body, headers=headers)
    assert reply.problem == (400, "invalid-request")
    assert "X-Quangate-Deadline" in reply.json["detail"]
    assert (await partner.get(f"/v1/orders/by-out-no/{order['out_order_no']}")).status == 404


async def test_who_waits_long_enough_is_served(shop: Shop) -> None:
    """An order and a batch with time left are made; a replay is answered as ever."""
    partner, sku = await shop.partner(), await shop.sku(codes=2)
    headers = {"X-Quangate-Deadline": "600000"}
    order = {"out_order_no": unique("D"), "sku": sku}
    assert (await partner.send("POST", "/v1/orders", order, headers=headers)).status == 201
    assert (await partner.send("POST", "/v1/orders", order, headers=headers)).status == 200
    batch = {"orders": [{"out_order_no": unique("D"), "sku": sku}]}
    answered = await partner.send("POST", "/v1/orders/batch", batch, headers=headers)
    assert [one["status"] for one in answered.json["results"]] == [201]


async def test_an_order_whose_caller_has_gone_is_not_made(shop: Shop) -> None:
    """Commits hang; what waits behind them past its deadline is dropped when they go on, without
    an order, a code or a charge, and may be tried again.

    Seen red with a deadline nobody looked at before the commit: it was sold.
    """
    partner, sku = await shop.partner(), await shop.sku(codes=10)
    name = await shop.name_of(partner)
    late, late_line = unique("L"), unique("L")
    async with shop.database() as database, database.pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute(
            "SELECT FROM account a JOIN partner p ON p.id = a.partner_id WHERE p.name = $1"
            " FOR UPDATE OF a",
            name,
        )
        hanging = []
        for lanes in (1, 2):
            order = partner.order(out_order_no=unique("H"), sku=sku)
            hanging.append(asyncio.create_task(order))
            await eventually(partial(hang, database, lanes))
        headers = {"X-Quangate-Deadline": "1"}
        order, line = {"out_order_no": late, "sku": sku}, {"out_order_no": late_line, "sku": sku}
        given_up = asyncio.create_task(partner.send("POST", "/v1/orders", order, headers=headers))
        batch = asyncio.create_task(
            partner.send("POST", "/v1/orders/batch", {"orders": [line]}, headers=headers)
        )
        began = time.monotonic()

        async def both_are_late() -> bool:
            return 2 <= await waiting(shop) and time.monotonic() > began + 0.001

        await eventually(both_are_late)
        await transaction.rollback()
    assert [reply.status for reply in await asyncio.gather(*hanging)] == [201, 201]
    refused = await given_up
    assert refused.problem == (503, "overloaded")
    assert int(refused.headers["Retry-After"]) >= 1
    assert [one["status"] for one in (await batch).json["results"]] == [503]
    for number in (late, late_line):
        assert (await partner.get(f"/v1/orders/by-out-no/{number}")).status == 404
        assert (await partner.order(out_order_no=number, sku=sku)).status == 201


async def hang(database: Database, lanes: int) -> bool:
    """Whether so many commits wait for the account."""
    found: int = await database.pool.fetchval(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND wait_event_type = 'Lock' AND query LIKE '%FROM commit_%'"
    )
    return found == lanes


async def waiting(shop: Shop) -> int:
    """Order lines in the queue."""
    async with shop.session.get(shop.url + "/metrics") as answer:
        lines = (await answer.text()).splitlines()
    return sum(
        int(float(line.split()[-1])) for line in lines if line.startswith("quangate_queue_lines{")
    )
