"""The bench's partner process: its window, its pace and its count of what was told."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from bench.presign import Credentials, topups, write_requests
from bench.servers import PartnerServer, partner_server
from tests.clock import PATIENCE_S

CREDENTIALS = Credentials(key_id="qk_test", secret="qs_AAAA", delivery_key="qd_AAAA")


class Gateway:
    """Accepts or refuses orders; tells their end when it is asked to."""

    def __init__(self) -> None:
        self.orders: list[str] = []
        self.refuses = False
        self.port = 0
        self._told = 0

    async def take(self, request: web.BaseRequest) -> web.StreamResponse:
        """An order."""
        if self.refuses:
            return web.Response(status=409, body=b'{"status":409,"code":"sold-out"}')
        self.orders.append(json.loads(await request.read())["out_order_no"])
        return web.json_response({"state": "processing"}, status=201)

    async def tell(self, url: str, orders: Sequence[str], kind: str = "order.delivered") -> None:
        """Webhooks for these, each under an id of its own."""
        async with aiohttp.ClientSession() as session:
            for order in orders:
                self._told += 1
                await self.repeat(session, url, order, kind)

    async def repeat(
        self, session: aiohttp.ClientSession, url: str, order: str, kind: str = "order.delivered"
    ) -> None:
        """The last id again."""
        body = f'{{"type":"{kind}","data":{{"out_order_no":"{order}"}},"sequence":1}}'.encode()
        headers = {"Webhook-Id": f"msg_{self._told}"}
        async with session.post(url, data=body, headers=headers) as answer:
            assert answer.status == 204


@asynccontextmanager
async def standing(tmp_path: Path) -> AsyncIterator[tuple[Gateway, PartnerServer]]:
    """A gateway and a partner."""
    gateway = Gateway()
    runner = web.ServerRunner(web.Server(gateway.take, access_log=None))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    gateway.port = runner.addresses[0][1]
    try:
        async with partner_server(gateway.port, tmp_path / "partner.log") as partner:
            yield gateway, partner
    finally:
        await runner.cleanup()


def requests(tmp_path: Path, count: int) -> str:
    """A file of so many orders."""
    path = tmp_path / "orders"
    write_requests(
        path, CREDENTIALS, topups(["A", "B"], iter(range(1000))), prefix="t", count=count, slices=1
    )
    return f"{path}.0"


async def test_a_window_is_refilled_by_the_ends_that_are_told(tmp_path: Path) -> None:
    """Three under way, then one more for each end; repeats and other news end nothing."""
    async with standing(tmp_path) as (gateway, partner):
        sending = asyncio.create_task(
            partner.ask(
                20,
                requests=requests(tmp_path, 5),
                window=3,
                connections=2,
                seconds=PATIENCE_S,
                slice_s=10,
            )
        )
        async with asyncio.timeout(PATIENCE_S):
            while len(gateway.orders) < 3:  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.005)
            await gateway.tell(partner.webhook_url, gateway.orders[:1], "order.uncertain")
            await gateway.tell(partner.webhook_url, gateway.orders[:1])
            async with aiohttp.ClientSession() as session:
                await gateway.repeat(session, partner.webhook_url, gateway.orders[1])
            await gateway.tell(partner.webhook_url, gateway.orders[1:2])
            report = await sending
    assert report["answers"] == {"201": 5}
    assert (report["sent"], report["dry"], report["broken"]) == (5, True, 0)
    assert report["under_way"] == 3
    assert report["kinds"] == {"order.delivered": 2, "order.uncertain": 1}
    assert report["repeated"] == 1


async def test_a_refused_order_is_not_under_way(tmp_path: Path) -> None:
    """Refusals are counted by their code and leave the window empty; draining ends at once."""
    async with standing(tmp_path) as (gateway, partner):
        gateway.refuses = True
        report = await partner.ask(
            20, requests=requests(tmp_path, 4), window=1, connections=1, seconds=PATIENCE_S
        )
        assert report["answers"] == {"409 sold-out": 4}
        assert (await partner.ask(20, drain_s=PATIENCE_S))["left"] == 0


async def test_a_pace_is_kept(tmp_path: Path) -> None:
    """No more is sent than the pace allows, and a silent gateway leaves all of it under way."""
    async with standing(tmp_path) as (_, partner):
        report = await partner.ask(20, requests=requests(tmp_path, 500), per_s=50, seconds=2)
        assert 0 < report["sent"] <= 50 * report["duration_s"] + 1
        assert (await partner.ask(20, drain_s=0.01))["left"] == report["sent"]


def test_topups_name_distinct_mobiles_that_mean_nothing_to_simulators(tmp_path: Path) -> None:
    """SKUs in turns; every account is a mobile number of its own that ends in 000."""
    text = Path(requests(tmp_path, 4)).read_text()
    accounts = re.findall(r'"account":"(1[3-9]\d{6}000|1[3-9]\d{9})"', text)
    assert len(set(accounts)) == 4
    assert {account[-3:] for account in accounts} == {"000"}
    assert re.findall(r'"sku":"(.)"', text) == ["A", "B", "A", "B"]


async def test_a_partner_that_is_gone_is_an_error(tmp_path: Path) -> None:
    """Asking a process that ended says so instead of waiting."""
    from bench.servers import ServerError

    async with standing(tmp_path) as (_, partner):
        partner.process.kill()
        with pytest.raises((ServerError, ConnectionError)):
            await partner.ask(20, drain_s=0)
