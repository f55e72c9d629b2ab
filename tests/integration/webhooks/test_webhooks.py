"""Webhooks from an order to a real receiver, over a real gateway (faults 81, 83; I11)."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from gateway.ground.config import Config
from tests.conftest import Cli
from tests.webhook_receiver import Receiver, receiving
from tests.world.gateway_process import Gateway, running_gateway
from tests.world.shop import Shop
from tests.world.webhook_rows import row_of, told, until_settled


@pytest.fixture(scope="module")
def gateway(config: Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway that may call receivers on loopback."""
    log: Path = tmp_path_factory.mktemp("gateway") / "log"
    with running_gateway(config, log, {"QUANGATE_WEBHOOK_ALLOW": "127.0.0.0/8"}) as gateway:
        yield gateway


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """An HTTP client."""
    async with aiohttp.ClientSession(auto_decompress=False) as session:
        yield session


@pytest.fixture
def shop(config: Config, gateway: Gateway, session: aiohttp.ClientSession) -> Shop:
    """The operator of the gateway."""
    return Shop(config=config, url=gateway.url, session=session)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """The partner's server."""
    async with receiving() as receiver:
        yield receiver


async def test_an_order_reaches_the_endpoint(
    shop: Shop, receiver: Receiver, connection: Any
) -> None:
    """Signed as the published library expects; `data` is the order as the API shows it."""
    partner, secret, sku = await told(shop, receiver.url)
    order = (await partner.order(out_order_no="A1", sku=sku, metadata={"k": "ü"})).json
    (message,) = await receiver.until(1)
    body = message.verified(secret)
    assert message.headers["Content-Type"] == "application/json"
    assert (body["type"], body["sequence"]) == ("order.delivered", 1)
    expected = {name: value for name, value in order.items() if name != "codes"}
    assert body["data"] == expected
    assert body["timestamp"] == order["created_at"]
    row = await until_settled(connection, message.id, 1)
    assert (row["state"], row["last_status"], row["next_attempt_at"]) == ("delivered", 204, None)
    assert row["body"] == message.body
    async with shop.session.get(f"{shop.url}/metrics") as metrics:
        text = await metrics.text()
    assert re.search(
        r'quangate_webhook_attempts_total\{outcome="delivered",worker="\d+"\} 1\.0', text
    )


async def test_a_failure_is_tried_again_under_the_same_id(
    shop: Shop, receiver: Receiver, connection: Any
) -> None:
    """500, then after 5 s and a little again: same id, same body, new signature."""
    partner, secret, sku = await told(shop, receiver.url)
    receiver.answer(500)
    await partner.order(out_order_no="A1", sku=sku)
    (first,) = await receiver.until(1)
    row = await until_settled(connection, first.id, 1)
    assert (row["state"], row["last_status"], row["last_error"]) == ("pending", 500, "answered 500")
    receiver.answer(200)
    first, second = await receiver.until(2)
    assert (second.id, second.body) == (first.id, first.body)
    assert second.at - first.at > 4.9  # no sooner than the plan; how late is the machine's affair
    assert second.headers["webhook-timestamp"] > first.headers["webhook-timestamp"]
    second.verified(secret)
    row = await until_settled(connection, first.id, 2)
    assert (row["state"], row["attempts"]) == ("delivered", 2)


async def test_a_redirection_is_a_failure(shop: Shop, receiver: Receiver, connection: Any) -> None:
    """302 is not followed."""
    partner, _, sku = await told(shop, receiver.url)
    receiver.answer(302, Location=f"http://127.0.0.1:{receiver.port}/elsewhere")
    await partner.order(out_order_no="A1", sku=sku)
    (message,) = await receiver.until(1)
    row = await until_settled(connection, message.id, 1)
    assert (row["state"], row["last_status"]) == ("pending", 302)
    assert [each.path for each in receiver.received] == ["/in"]


async def test_retry_after_is_honoured(shop: Shop, receiver: Receiver, connection: Any) -> None:
    """The next attempt is not before the receiver wants it."""
    partner, _, sku = await told(shop, receiver.url)
    receiver.answer(429, Retry_After="120")
    came = time.time()
    await partner.order(out_order_no="A1", sku=sku)
    (message,) = await receiver.until(1)
    row = await until_settled(connection, message.id, 1)
    # Counted from when the answer was read, which was after the message came and before now.
    due = row["next_attempt_at"].timestamp()
    assert came + 119 < due < time.time() + 121


async def test_gone_disables_the_endpoint(shop: Shop, receiver: Receiver, connection: Any) -> None:
    """410: a dead letter, no more requests, and `partner show` says why; set again, it works."""
    partner, _, sku = await told(shop, receiver.url)
    name = await shop.name_of(partner)
    receiver.answer(410)
    await partner.order(out_order_no="A1", sku=sku)
    (message,) = await receiver.until(1)
    row = await until_settled(connection, message.id, 1)
    assert (row["state"], row["last_status"]) == ("dead", 410)
    endpoint = await connection.fetchrow(
        "SELECT e.* FROM webhook_endpoint e JOIN partner p ON p.id = e.partner_id WHERE name = $1",
        name,
    )
    assert endpoint["disabled_at"] is not None
    assert endpoint["disabled_why"] == "it answered 410 Gone"
    reply = await partner.send("POST", f"/v1/webhooks/deliveries/{row['id']}/replay")
    assert reply.problem == (404, "not-found")
    kept = await row_of(connection, message.id)
    assert (kept["state"], kept["attempts"]) == ("dead", row["attempts"])
    assert len(receiver.received) == 1
    receiver.answer(200)
    await shop.set_endpoint(name, receiver.url)
    assert (await partner.send("POST", f"/v1/webhooks/deliveries/{row['id']}/replay")).status == 200
    first, second = await receiver.until(2)
    assert (first.id, first.body) == (second.id, second.body)


async def test_a_replay_and_a_test_message_leave_within_moments(
    shop: Shop, receiver: Receiver
) -> None:
    """Both only change rows; polling finds them. The replay keeps id and body."""
    partner, secret, sku = await told(shop, receiver.url)
    await partner.order(out_order_no="A1", sku=sku)
    (message,) = await receiver.until(1)
    reply = await partner.send("POST", f"/v1/webhooks/deliveries/{message.id}/replay")
    assert reply.status == 200
    _, again = await receiver.until(2)
    assert (again.id, again.body) == (message.id, message.body)
    await partner.send("POST", "/v1/webhooks/test")
    *_, test = await receiver.until(3)
    assert test.verified(secret)["type"] == "test"


async def test_a_rotated_secret_signs_beside_the_old_one(shop: Shop, receiver: Receiver) -> None:
    """Either secret verifies while the rotation lasts."""
    partner, old, sku = await told(shop, receiver.url)
    new = await shop.rotate_webhook_secret(await shop.name_of(partner))
    assert new != old
    await shop.announced(await shop.sku(codes=1))  # the gateway has read the news by now
    await partner.order(out_order_no="A1", sku=sku)
    (message,) = await receiver.until(1)
    message.verified(old)
    message.verified(new)


async def test_a_huge_answer_costs_nothing(shop: Shop, receiver: Receiver, connection: Any) -> None:
    """Of an endless body a few KiB are read; the status counts."""
    partner, _, sku = await told(shop, receiver.url)
    sent = 0

    async def flood(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x" * 65_536)
            sent += 65_536

    receiver.respond = flood
    await partner.order(out_order_no="A1", sku=sku)
    (message,) = await receiver.until(1)
    row = await until_settled(connection, message.id, 1)
    assert row["state"] == "delivered"
    await asyncio.sleep(0)
    assert sent < 32 * 2**20  # what sockets buffer


async def test_a_hanging_endpoint_delays_nobody(shop: Shop, receiver: Receiver) -> None:
    """While one partner's endpoint hangs with a backlog, another's messages leave at once."""
    never = asyncio.Event()

    async def hang(_: web.Request) -> web.StreamResponse:
        await never.wait()
        return web.Response()

    async with receiving() as dead:
        dead.respond = hang
        stuck, _, sku = await told(shop, dead.url, codes=60)
        other, _, _ = await told(shop, receiver.url)
        lines = [{"out_order_no": f"S{n}", "sku": sku} for n in range(50)]
        assert (await stuck.send("POST", "/v1/orders/batch", {"orders": lines})).status == 200
        await dead.until(1)
        for n in range(5):
            await other.order(out_order_no=f"A{n}", sku=sku)
            await receiver.until(n + 1)  # while the dead one still holds its calls open
        never.set()


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.1/",
        "http://[::1]:{port}/",
        "http://[::ffff:127.0.0.1]:{port}/",
        "http://169.254.169.254/latest/meta-data/",
        "http://192.168.1.1/",
        "http://100.64.0.1/",
        "http://[64:ff9b::7f00:1]:{port}/",
        "http://0.0.0.0:{port}/",
    ],
)
async def test_private_addresses_are_refused(
    shop: Shop, receiver: Receiver, connection: Any, url: str
) -> None:
    """A failed attempt that says nothing of our network."""
    partner = await shop.partner()
    sku = await shop.sku(codes=1)
    target = url.format(port=receiver.port)
    order = await partner.order(out_order_no="A1", sku=sku, notify_url=target)
    row = await until_settled(connection, order.json["order_no"], 1)
    assert (row["state"], row["last_status"]) == ("pending", None)
    assert row["last_error"] == "address not allowed"
    assert receiver.received == []


async def test_sequence_of_an_order(shop: Shop, receiver: Receiver, connection: Any) -> None:
    """A later event waits until the earlier one was attempted; each shows its own state."""
    partner, _, sku = await told(shop, receiver.url)
    order = (await partner.order(out_order_no="A1", sku=sku)).json
    (message,) = await receiver.until(1)
    await until_settled(connection, message.id, 1)
    await connection.execute(
        "UPDATE webhook SET state = 'pending', attempts = 0, body = NULL,"
        " owner = gen_random_uuid(), next_attempt_at = now() + interval '2 s' WHERE id = $1",
        int(order["order_no"]),
    )
    await connection.execute(
        "INSERT INTO webhook (id, partner_id, order_id, type, sequence, next_attempt_at)"
        " SELECT 1, partner_id, order_id, 'order.reversed', 2, now() FROM webhook WHERE id = $1",
        int(order["order_no"]),
    )
    await connection.execute(
        "UPDATE orders SET state = 'reversed', refunded = amount WHERE id = $1",
        int(order["order_no"]),
    )
    _, first, second = await receiver.until(3)
    assert [first.json["sequence"], second.json["sequence"]] == [1, 2]
    assert [first.json["data"]["state"], second.json["data"]["state"]] == ["delivered", "reversed"]


async def test_five_days_of_failure_disable_the_endpoint(
    shop: Shop, receiver: Receiver, connection: Any
) -> None:
    """And say so; one success in between starts the count anew."""
    partner, _, sku = await told(shop, receiver.url)
    name = await shop.name_of(partner)
    long_ago = (
        "UPDATE webhook_endpoint SET failing_since = now() - interval '6 days'"
        " WHERE partner_id = (SELECT id FROM partner WHERE name = $1)"
    )
    endpoint = (
        "SELECT e.* FROM webhook_endpoint e JOIN partner p ON p.id = e.partner_id WHERE name = $1"
    )
    await connection.execute(long_ago, name)
    await partner.order(out_order_no="A1", sku=sku)
    (first,) = await receiver.until(1)
    await until_settled(connection, first.id, 1)
    assert (await connection.fetchrow(endpoint, name))["failing_since"] is None
    receiver.answer(500)
    await partner.order(out_order_no="A2", sku=sku)
    second = (await receiver.until(2))[-1]
    await until_settled(connection, second.id, 1)
    row = await connection.fetchrow(endpoint, name)
    assert row["failing_since"] is not None
    assert row["disabled_at"] is None
    await connection.execute(long_ago, name)
    await partner.order(out_order_no="A3", sku=sku)
    third = (await receiver.until(3))[-1]
    await until_settled(connection, third.id, 1)
    row = await connection.fetchrow(endpoint, name)
    assert row["disabled_at"] is not None
    assert row["disabled_why"].startswith("every attempt failed since 20")


async def test_dead_letters_by_command_line(
    shop: Shop, receiver: Receiver, connection: Any, command: Cli
) -> None:
    """Listed, replayed one by one or all of a partner; a test message; a partner without one."""
    partner, secret, sku = await told(shop, receiver.url)
    name = await shop.name_of(partner)
    for number in range(3):
        await partner.order(out_order_no=f"A{number}", sku=sku)
    messages = await receiver.until(3)
    for message in messages:
        await until_settled(connection, message.id, 1)
    await connection.execute(
        "UPDATE webhook SET state = 'dead', attempts = 10"
        " WHERE partner_id = (SELECT id FROM partner WHERE name = $1)",
        name,
    )

    async def run(*arguments: str) -> Any:
        return await asyncio.to_thread(command, "webhook", *arguments, "--json")

    listed = (await run("list", "--partner", name, "--state", "dead")).json["webhooks"]
    assert {row["webhook_id"] for row in listed} == {message.id for message in messages}
    assert (await run("replay", messages[0].id)).json["state"] == "pending"
    assert (await receiver.until(4))[-1].id == messages[0].id
    assert (await run("replay-dead", name)).json["replayed"] == 2
    again = await receiver.until(6)
    assert {message.id for message in again[4:]} == {message.id for message in messages[1:]}
    sent = (await run("test", name)).json
    test = (await receiver.until(7))[-1]
    assert test.id == sent["webhook_id"]
    assert test.verified(secret)["type"] == "test"
    silent = await shop.name_of(await shop.partner())
    refused = await run("test", silent)
    assert (refused.returncode, refused.json["error"]["code"]) == (1, "not-found")
