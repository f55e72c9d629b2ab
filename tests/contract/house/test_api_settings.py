"""Gateways that are set up otherwise: several workers, a public address, a short queue."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from gateway.ground.config import Config
from tests.world.gateway_process import Gateway, running_gateway
from tests.world.partner import eventually
from tests.world.shop import Shop


@pytest.fixture(scope="module")
def gateway(config: Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """Two workers, a public address, and room for three waiting lines."""
    log: Path = tmp_path_factory.mktemp("gateway") / "log"
    settings = {
        "QUANGATE_WORKERS": "2",
        "QUANGATE_PUBLIC_URL": "https://gate.example/base/",
        "QUANGATE_QUEUE_LINES_MAX": "3",
        "QUANGATE_COMMIT_LINES_MAX": "1",
    }
    with running_gateway(config, log, settings) as gateway:
        yield gateway


async def test_a_scrape_shows_all_workers(gateway: Gateway) -> None:
    """Whichever worker is asked, both are there, each series once."""

    async def both() -> bool:
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{gateway.url}/metrics") as response,
        ):
            text = await response.text()
        series = [
            (sample.name, tuple(sorted(sample.labels.items())))
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        ]
        assert len(series) == len(set(series))
        return len({dict(labels)["worker"] for _, labels in series}) == 2

    await eventually(both)


async def test_addresses_are_public_ones(shop: Shop) -> None:
    """What a partner is told to fetch lies under the public address."""
    partner = await shop.partner()
    made = (await partner.get("/v1/statements/2026-01-01")).json
    assert made["url"].startswith("https://gate.example/base/v1/statements/2026-01-01/csv?ticket=")


async def test_a_full_queue_sheds(shop: Shop) -> None:
    """What cannot wait is told to come back, and leaves nothing behind."""
    partner = await shop.partner()
    sku = await shop.sku(codes=400)
    orders: dict[str, dict[str, Any]] = {}

    async def place(number: str) -> None:
        reply = await partner.order(out_order_no=number, sku=sku)
        if reply.status == 503:
            assert reply.problem in {(503, "overloaded"), (503, "busy")}
            assert reply.json["retryable"] is True
            assert int(reply.headers["Retry-After"]) >= 1
        else:
            assert reply.status == 201
            orders[number] = reply.json

    await asyncio.gather(*(place(f"S{n}") for n in range(200)))
    assert len(orders) < 200, "nothing was shed"
    listed = {row["out_order_no"] for row in await partner.everything("/v1/orders?limit=200")}
    assert listed == set(orders)

    async def all_taken() -> bool:
        for number in {f"S{n}" for n in range(200)} - set(orders):
            await place(number)
        return len(orders) == 200

    await eventually(all_taken)
    opened = {partner.codes(order)[0]["code"] for order in orders.values()}
    assert len(opened) == 200


async def test_equal_orders_over_two_workers(shop: Shop) -> None:
    """The database decides between workers: one 201, all others agree or come back later."""
    partner = await shop.partner(balance=10_000)
    sku = await shop.sku(codes=10, price=100)
    replies = await asyncio.gather(*(partner.order(out_order_no="W1", sku=sku) for _ in range(30)))
    taken = [reply for reply in replies if reply.status in {200, 201}]
    assert [reply.status for reply in taken].count(201) == 1
    assert all(reply.status == 503 for reply in replies if reply not in taken)
    for reply in taken:
        assert partner.codes(reply.json) == partner.codes(taken[0].json)
    assert (await partner.get("/v1/account")).json["balance"] == 9_900
