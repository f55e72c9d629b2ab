"""Messages survive the gateway: killed between commit and answer, they go out again (I11)."""

import asyncio
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
from aiohttp import web

from gateway.ground.config import Config
from tests.chaos.processes import GatewayProcess
from tests.conftest import as_owner
from tests.webhook_receiver import Receiver, accept, receiving
from tests.world.partner import Partner, eventually
from tests.world.shop import Shop

ALLOW = {"QUANGATE_WEBHOOK_ALLOW": "127.0.0.0/8"}


async def until_claimed(connection: Any, id_: int) -> None:
    """Wait until a worker has claimed the message."""

    async def claimed() -> bool:
        return bool(
            await connection.fetchval("SELECT owner IS NOT NULL FROM webhook WHERE id = $1", id_)
        )

    await eventually(claimed)


async def run(gateway: GatewayProcess, shop: Shop, receiver: Receiver, connection: Any) -> None:
    """One message just handed over, one taken by polling: kill; both come after the restart."""
    never = asyncio.Event()

    async def hang(_: web.Request) -> web.StreamResponse:
        await never.wait()
        return web.Response(status=500)

    partner: Partner = await shop.partner()
    secret = await shop.set_endpoint(await shop.name_of(partner), receiver.url)
    sku = await shop.sku(codes=2)
    await partner.order(out_order_no="A1", sku=sku)
    (polled,) = await receiver.until(1)

    async def delivered() -> bool:
        return not await connection.fetchval("SELECT count(*) FROM webhook WHERE state = 'pending'")

    await eventually(delivered)
    receiver.respond = hang
    await partner.send("POST", f"/v1/webhooks/deliveries/{polled.id}/replay")
    await receiver.until(2)
    await until_claimed(connection, int(polled.id.removeprefix("msg_")))
    await partner.order(out_order_no="A2", sku=sku)
    handed = (await receiver.until(3))[-1]
    gateway.kill()
    never.set()
    receiver.respond = accept
    await asyncio.to_thread(gateway.start)
    again = (await receiver.until(5))[3:]
    assert {message.id for message in again} == {polled.id, handed.id}
    assert all(message.verified(secret)["type"] == "order.delivered" for message in again)
    await eventually(delivered)
    assert len(receiver.received) == 5


async def test_kill_between_commit_and_answer(config: Config, tmp_path: Path) -> None:
    """At least once, with the same ids, soon after the restart."""
    process = GatewayProcess(config, tmp_path / "log", settings=ALLOW)
    connection = await asyncpg.connect(as_owner(str(config.database_url)))
    async with (
        process as gateway,
        receiving() as receiver,
        aiohttp.ClientSession(auto_decompress=False) as session,
    ):
        await run(
            gateway,
            Shop(config=config, url=gateway.url, session=session),
            receiver,
            connection,
        )
        assert await gateway.terminate() == 0, gateway.said()
    await connection.close()


async def test_two_workers_send_each_message_once(config: Config, tmp_path: Path) -> None:
    """Neither takes what the other has in memory, whichever worker took the order."""
    process = GatewayProcess(config, tmp_path / "log", workers=2, settings=ALLOW)
    connection = await asyncpg.connect(as_owner(str(config.database_url)))
    async with (
        process as gateway,
        receiving() as receiver,
        aiohttp.ClientSession(auto_decompress=False) as session,
    ):
        shop = Shop(config=config, url=gateway.url, session=session)
        sku = await shop.sku(codes=400)
        partner = await shop.partner()  # the newest
        await shop.set_endpoint(await shop.name_of(partner), receiver.url)
        await shop.announced(await shop.sku())
        for number in range(4):
            lines = [{"out_order_no": f"A{number}-{n}", "sku": sku} for n in range(100)]
            await partner.send("POST", "/v1/orders/batch", {"orders": lines})

        async def recorded() -> bool:
            states = await connection.fetch(
                "SELECT state, count(*) FROM webhook"
                " WHERE partner_id = (SELECT max(id) FROM partner) GROUP BY 1"
            )
            return [tuple(row) for row in states] == [("delivered", 400)]

        await eventually(recorded)
        assert len(receiver.received) == len({message.id for message in receiver.received}) == 400
        assert await gateway.terminate() == 0, gateway.said()
    await connection.close()
