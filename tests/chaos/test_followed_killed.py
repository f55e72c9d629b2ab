"""Orders that are pushed, or fetched, while the gateway is killed: each is carried out once."""

import asyncio
import json
import random
from collections import Counter
from pathlib import Path

import aiohttp
import pytest

from connectors.simulation.server import running
from gateway.catalog import administer as catalog
from gateway.catalog.rules import SkuKind
from gateway.channels import administer as channels
from gateway.dispatch import administer as upstreams
from gateway.ground.config import Config
from gateway.ground.sql.database import open_database
from tests.chaos.processes import GatewayProcess
from tests.clock import PATIENCE_S
from tests.world import agiso_platform, supplied_shop
from tests.world.agiso_platform import running_platform
from tests.world.houses import open_channel
from tests.world.partner import eventually
from tests.world.shop import Shop
from tests.world.supplied_shop import running_shop

pytestmark = [pytest.mark.chaos, pytest.mark.slow]
ORDERS, KILLS = 80, 6  # of each house; kills in all
START = 10_000_000
DONE = 3


@pytest.mark.timeout(900)
async def test_every_order_is_carried_out_once(fresh: Config, log: Path) -> None:
    """160 orders, six SIGKILLs, calls whose answers are lost: each top-up executed once, each code
    sent to one order however often it is confirmed, all the money, every order ended.
    """
    await (await open_database(fresh, connections=2)).close()
    async with (
        running_shop() as seller,
        running_platform() as platform,
        running("fulu") as simulator,
        GatewayProcess(fresh, log, workers=2) as gateway,
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=PATIENCE_S)) as session,
    ):
        shop = Shop(config=fresh, url=gateway.url, session=session)
        supply, supplied = await open_channel(
            shop, "kasushou-supply", supplied_shop.SETTINGS, balance=START, base_url=seller.url
        )
        agiso, pushed = await open_channel(
            shop, "agiso", agiso_platform.SETTINGS, balance=START, base_url=platform.url
        )
        cards = await shop.sku(codes=ORDERS + 10, price=130)
        async with shop.desk() as (db, secrecy):
            await upstreams.add_upstream(
                db, secrecy, "f1", connector="fulu", base_url=simulator.url,
                settings={"app_key": "demo_app_key", "secret": "0123456789abcdef" * 2},
            )  # fmt: skip
            route = catalog.NewRoute(upstream="f1", product_id="1", priority=0, cost_minor=None)
            await catalog.create_sku(db, catalog.NewSku(
                sku="TOP", name="TOP", kind=SkuKind.TOPUP, price_minor=4990, routes=[route],
                account_rule="cn-mobile",
            ))  # fmt: skip
            await channels.map_product(db, supply, external_product="77", sku="TOP")
            await channels.map_product(db, agiso, external_product="AldsJd:88", sku=cards)
        seller.failures = platform.failures = 5
        killing = asyncio.create_task(kill(gateway))
        numbers = [seller.sell(77, f"1380013{n:04d}"[:8] + "888", "49.90") for n in range(ORDERS)]
        await asyncio.gather(
            *(push(session, f"{gateway.url}/channels/{agiso}/", n) for n in range(ORDERS))
        )
        await killing

        async def ended() -> bool:
            sent = {fields["tid"] for _, fields in platform.calls}
            return len(sent) == ORDERS and all(
                seller.orders[number]["status"] == DONE for number in numbers
            )

        await eventually(ended)
        executed = Counter(one.our_no for one in simulator.market.ledger.executions())
        assert len(executed) == ORDERS
        assert set(executed.values()) == {1}
        sent: dict[str, set[str]] = {}
        for _, fields in platform.calls:
            sent.setdefault(fields["tid"], set()).add(json.loads(fields["cardJson"])[0]["cardpass"])
        codes = [code for each in sent.values() for code in each]
        assert len(codes) == len(set(codes)) == ORDERS  # one for each, the same however often
        assert seller.wrong == platform.forged == []
        for partner, price in ((supplied, 4990), (pushed, 130)):
            left = (await partner.get("/v1/account")).json["balance"]
            assert left == START - ORDERS * price


async def kill(gateway: GatewayProcess) -> None:
    """SIGKILL, start again, some times."""
    chance = random.Random(7)
    for _ in range(KILLS):
        await asyncio.sleep(chance.uniform(0.7, 2.0))
        gateway.kill()
        await asyncio.to_thread(gateway.start)


async def push(session: aiohttp.ClientSession, url: str, n: int) -> None:
    """Until it is taken, as Agiso does."""
    order = {"OrderId": f"J{n}", "SkuId": 88, "BuyNum": 1, "TotalPrice": 1.3}
    for _ in range(600):
        await asyncio.sleep(random.Random(n).uniform(0.05, 0.3))
        try:
            if await agiso_platform.push(session, url, order) == 200:
                return
        except (aiohttp.ClientError, OSError, TimeoutError):
            continue
    raise AssertionError("it was never taken")
