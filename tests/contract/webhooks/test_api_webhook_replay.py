"""Test messages and replays reach the partner's server (api.md "Webhooks to partners")."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from standardwebhooks import Webhook

from gateway.ground.config import Config
from tests.webhook_receiver import receiving
from tests.world.gateway_process import Gateway, running_gateway
from tests.world.partner import Partner, eventually
from tests.world.shop import Shop
from tests.world.webhook_rows import told


@pytest.fixture(scope="module")
def gateway(config: Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway that may call servers on loopback."""
    log: Path = tmp_path_factory.mktemp("gateway") / "log"
    with running_gateway(config, log, {"QUANGATE_WEBHOOK_ALLOW": "127.0.0.0/8"}) as gateway:
        yield gateway


class Receiver:
    """A partner's server that takes everything and keeps it."""

    def __init__(self) -> None:
        self.url = ""
        self.received: list[tuple[dict[str, str], bytes]] = []

    async def take(self, request: web.BaseRequest) -> web.Response:
        """Keep one message."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.received.append((headers, await request.read()))
        return web.Response()

    def opened(self, secret: str) -> list[tuple[str, Any]]:
        """(webhook-id, content) of all messages, verified by a library that is not ours."""
        hook = Webhook(secret)
        return [(headers["webhook-id"], hook.verify(body, headers))
                for headers, body in self.received]  # fmt: skip


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A receiver on a free port."""
    made = Receiver()
    runner = web.ServerRunner(web.Server(made.take))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield made
    await runner.cleanup()


async def delivered(partner: Partner, count: int) -> list[dict[str, Any]]:
    """The partner's deliveries, once so many are delivered."""
    rows: list[dict[str, Any]] = []

    async def done() -> bool:
        rows[:] = await partner.everything("/v1/webhooks/deliveries?state=delivered")
        return len(rows) == count

    await eventually(done)
    return rows


async def test_a_test_message_arrives(shop: Shop, receiver: Receiver) -> None:
    """Signed like every other, of type test."""
    partner = await shop.partner()
    secret = await shop.set_endpoint(await shop.name_of(partner), receiver.url)
    await shop.sku()  # the gateway knows it: so it knows the endpoint that was set before
    sent = (await partner.send("POST", "/v1/webhooks/test")).json
    (row,) = await delivered(partner, 1)
    ((webhook_id, content),) = receiver.opened(secret)
    assert webhook_id == sent["webhook_id"] == row["webhook_id"]
    assert content["type"] == "test"
    assert (row["attempts"], row["last_status"], row["next_attempt_at"]) == (1, 200, None)


async def test_a_replay_is_the_same_message(shop: Shop, receiver: Receiver) -> None:
    """A delivered message goes out again with its webhook-id and body."""
    partner = await shop.partner()
    secret = await shop.set_endpoint(await shop.name_of(partner), receiver.url)
    sku = await shop.sku(codes=1)
    order = (await partner.order(out_order_no="A1", sku=sku)).json
    (row,) = await delivered(partner, 1)
    reply = await partner.send("POST", f"/v1/webhooks/deliveries/{row['id']}/replay")
    assert reply.json["state"] == "pending"

    async def twice() -> bool:
        return len(receiver.received) == 2

    await eventually(twice)
    (again,) = await delivered(partner, 1)
    first, second = receiver.opened(secret)
    assert first == second
    assert first[0] == row["webhook_id"] == again["webhook_id"]
    content = first[1]
    assert (content["type"], content["sequence"]) == ("order.delivered", 1)
    assert content["data"] == {name: value for name, value in order.items() if name != "codes"}


async def test_a_replay_of_what_is_under_way_comes_too(shop: Shop) -> None:
    """Asked for before the first is answered, be that just made or taken by polling: one more.

    Seen red without `replays` in find_webhooks: the first one's result ended the replay.
    """
    async with receiving() as receiver:
        partner, secret, sku = await told(shop, receiver.url)
        answers = [asyncio.Event() for _ in range(3)]

        async def hold(_: web.Request) -> web.StreamResponse:
            await answers[len(receiver.received) - 1].wait()
            return web.Response(status=204)

        receiver.respond = hold
        await partner.order(out_order_no="A1", sku=sku)
        (first,) = await receiver.until(1)
        replay = f"/v1/webhooks/deliveries/{first.id}/replay"
        assert (await partner.send("POST", replay)).status == 200
        answers[0].set()
        _, second = await receiver.until(2)
        assert (second.id, second.body) == (first.id, first.body)
        assert (await partner.send("POST", replay)).status == 200
        third = (await receiver.until(3))[-1]
        answers[1].set()
        answers[2].set()
        assert (third.id, third.verified(secret)) == (first.id, first.json)
