"""X-Quangate-Deadline: for whom nobody waits nothing is held (pressure, "Admission")."""

import asyncio
import time
from functools import partial

import pytest

from gateway.ground.sql.database import Database
from tests.world.holds import confirm, hold, read
from tests.world.partner import eventually
from tests.world.shop import Shop, unique

AT_ONCE = {"X-Quangate-Deadline": "0"}


@pytest.mark.parametrize("wrong", ["soon", "-1", "1.5"])
async def test_a_deadline_is_whole_milliseconds(shop: Shop, wrong: str) -> None:
    """Anything else is refused, naming the header; nothing is held, and a hold stays one."""
    partner, sku = await shop.partner(), await shop.sku(codes=10)
    held = (await hold(partner, sku)).json
    body = {"out_hold_no": unique("H"), "sku": sku, "quantity": 1, "ttl_s": 60}
    headers = {"X-Quangate-Deadline": wrong}
    for target, asked in (
        ("/v1/holds", body),
        (f"/v1/holds/{held['hold_no']}/confirm", {"out_order_no": unique("C")}),
    ):
        reply = await partner.send("POST", target, asked, headers=headers)
        assert reply.problem == (400, "invalid-request")
        assert "X-Quangate-Deadline" in reply.json["detail"]
    assert (await read(partner, held["hold_no"]))["state"] == "held"
    assert (await partner.send("POST", "/v1/holds", body)).status == 201


async def test_who_waits_long_enough_is_served(shop: Shop) -> None:
    """A hold and its confirm with time left are made, and repeated as ever."""
    partner, sku = await shop.partner(), await shop.sku(codes=10)
    headers = {"X-Quangate-Deadline": "600000"}
    body = {"out_hold_no": unique("H"), "sku": sku, "quantity": 1, "ttl_s": 60}
    first, again = [
        await partner.send("POST", "/v1/holds", body, headers=headers) for _ in range(2)
    ]
    assert (first.status, again.status) == (201, 200)
    target, asked = f"/v1/holds/{first.json['hold_no']}/confirm", {"out_order_no": unique("C")}
    made, repeated = [await partner.send("POST", target, asked, headers=headers) for _ in range(2)]
    assert (made.status, repeated.status) == (201, 200)


async def test_what_nobody_waits_for_is_not_held(shop: Shop) -> None:
    """Holds hang; what waits behind them past its deadline is dropped when they go on: 503, no
    hold, no budget used, and the number may be tried again.

    Seen red with a deadline nobody looked at before the call: it was held.
    """
    partner, sku = await shop.partner(), await shop.sku(codes=20)
    buyer = {"id": unique("u")}
    assert (await hold(partner, sku, buyer=buyer)).status == 201
    name, number = await shop.name_of(partner), unique("L")
    body = {"out_hold_no": number, "sku": sku, "quantity": 1, "ttl_s": 60, "buyer": buyer}
    async with shop.database() as database, database.pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute(
            "SELECT FROM hold_partner h JOIN partner p ON p.id = h.partner_id WHERE p.name = $1"
            " FOR UPDATE OF h",
            name,
        )
        hanging = asyncio.create_task(hold(partner, sku))
        await eventually(partial(hang, database, "hold_goods", 1))
        alone = await sum_of(shop, "quangate_admission_inflight")
        late = asyncio.create_task(
            partner.send("POST", "/v1/holds", body, headers={"X-Quangate-Deadline": "1"})
        )
        began = time.monotonic()

        async def both_are_inside() -> bool:
            inside = await sum_of(shop, "quangate_admission_inflight")
            return inside > alone and time.monotonic() > began + 0.001

        await eventually(both_are_inside)
        await transaction.rollback()
    assert (await hanging).status == 201
    refused = await late
    assert refused.problem == (503, "overloaded")
    assert int(refused.headers["Retry-After"]) >= 1
    tried_again = await partner.send("POST", "/v1/holds", body)
    assert tried_again.status == 201, "the budget of two a buyer has room for it"


async def test_a_hold_due_at_once_leaves_its_neighbours(shop: Shop) -> None:
    """Of holds sent together those that nobody waits for are dropped; each other gets its own."""
    partner, sku = await shop.partner(), await shop.sku(codes=100)
    numbers = [unique("N") for _ in range(12)]

    async def place(n: int, number: str) -> int:
        body = {"out_hold_no": number, "sku": sku, "quantity": 1, "ttl_s": 60}
        headers = AT_ONCE if n % 3 == 0 else {}
        reply = await partner.send("POST", "/v1/holds", body, headers=headers)
        if reply.status == 201:
            made = await read(partner, reply.json["hold_no"])
            assert made["out_hold_no"] == number
        return reply.status

    found = await asyncio.gather(*(place(n, number) for n, number in enumerate(numbers)))
    assert found == [503 if n % 3 == 0 else 201 for n in range(12)]


async def test_what_nobody_waits_for_is_not_confirmed(shop: Shop) -> None:
    """A confirm past its deadline is dropped before the commit: no order, no charge, and its hold
    is as it was: confirmed when it is asked for again.

    Seen red with a confirm's deadline that nobody looked at: it was sold.
    """
    partner, sku = await shop.partner(balance=10_000), await shop.sku(codes=10, price=100)
    held, number = (await hold(partner, sku)).json, unique("C")
    target = f"/v1/holds/{held['hold_no']}/confirm"
    asked = {"out_order_no": number}
    refused = await partner.send("POST", target, asked, headers=AT_ONCE)
    assert refused.problem == (503, "overloaded")
    assert int(refused.headers["Retry-After"]) >= 1
    assert (await read(partner, held["hold_no"]))["state"] == "held"
    assert (await partner.get(f"/v1/orders/by-out-no/{number}")).status == 404
    assert (await partner.get("/v1/account")).json["balance"] == 10_000
    made = await confirm(partner, held["hold_no"], out_order_no=number)
    assert made.status == 201
    assert (await partner.get("/v1/account")).json["balance"] == 9_900


async def hang(database: Database, call: str, how_many: int) -> bool:
    """Whether so many calls wait for a lock."""
    found: int = await database.pool.fetchval(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND wait_event_type = 'Lock' AND query LIKE '%' || $1 || '%'",
        call,
    )
    return found == how_many


async def sum_of(shop: Shop, metric: str) -> float:
    """All samples of it."""
    async with shop.session.get(shop.url + "/metrics") as answer:
        lines = (await answer.text()).splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith(metric))
