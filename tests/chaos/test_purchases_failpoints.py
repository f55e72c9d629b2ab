"""The gateway dies between a platform's codes and the commit of them: bought once, delivered once.

After the death a normal gateway starts on the same data and asks the platform by our number:
it gets the same codes again, at a platform that tells them by query as at one that answers with
them at once and never de-duplicates (faults 4).
"""

import asyncio
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from connectors.simulation import running
from gateway.catalog import administer as catalog
from gateway.catalog.rules import SkuKind
from gateway.dispatch import administer as upstreams
from gateway.ground.config import Config
from gateway.ground.desk.port import Secrecy
from gateway.ground.desk.transaction import administration
from gateway.ground.vault import open_vault
from tests.chaos.books import audit_complaints
from tests.chaos.buyers import buyers_of
from tests.chaos.gateway_with_failpoint import PURCHASE_FAILPOINTS
from tests.chaos.processes import GatewayProcess
from tests.chaos.test_topups_failpoints import executions, orders, recovered
from tests.chaos.topups.platforms import settings_of
from tests.chaos.world import World, build_world, connected, opened

pytestmark = pytest.mark.chaos

ORDERS = 12
PASS = 3  # which pass kills: some orders were through before
QUANTITY: Mapping[str, int] = {"kasushou": 2, "dingconnect": 1}


async def sell_codes(world: World, connector: str, url: str) -> None:
    """A SKU whose codes are bought at one platform."""
    async with opened(world.config) as database, administration(database) as db:
        vault = await open_vault(world.config.data, db)
        secrecy: Any = Secrecy(
            wrap=vault.wrap_secret,
            open=vault.open_secret,
            new_partner_secrets=lambda _key_id: ("", "", b"", b""),
            new_webhook_secret=lambda: "",
        )
        await upstreams.add_upstream(
            db, secrecy, "platform", connector=connector, base_url=url,
            settings=settings_of(connector),
        )  # fmt: skip
        route = catalog.NewRoute(upstream="platform", product_id="1", priority=0, cost_minor=None)
        new = catalog.NewSku(
            sku=world.sku, name="card", kind=SkuKind.CODE, price_minor=world.price_minor,
            face_value_minor=100, routes=[route],
        )  # fmt: skip
        await catalog.create_sku(db, new)


async def buy_until_death(world: World, gateway: GatewayProcess, quantity: int) -> None:
    """Order one after the other is delivered; the gateway dies of the codes of one of them."""
    async with buyers_of(world, gateway.url) as buyers:
        for number in range(ORDERS):
            order = {"out_order_no": f"C{number}", "sku": world.sku, "quantity": quantity}
            try:
                placed = (await buyers._client.post("/v1/orders", order)).body
                while placed["state"] == "processing":
                    await asyncio.sleep(0.05)
                    placed = (await buyers._client.get(f"/v1/orders/{placed['order_no']}")).body
            except Exception:  # noqa: BLE001 — it died, as it should
                break
    assert await asyncio.to_thread(gateway.wait) == -signal.SIGKILL, gateway.said()


@pytest.mark.parametrize("connector", QUANTITY)
@pytest.mark.parametrize("name", PURCHASE_FAILPOINTS)
async def test_purchases_survive_a_death(
    fresh: Config, log: Path, name: str, connector: str
) -> None:
    """Killed at this point: each order has the codes of its one execution, and no other has them.

    Seen red with the codes committed before the order is settled: the platform's codes are then
    known already, and the order never gets them.
    """
    world = await build_world(fresh, codes=0)
    quantity = QUANTITY[connector]
    async with running(connector, settings={"time_scale": "0.01"}) as platform:
        await sell_codes(world, connector, platform.url)
        async with GatewayProcess(fresh, log, failpoint=f"{name}:{PASS}") as doomed:
            await buy_until_death(world, doomed, quantity)
        async with GatewayProcess(fresh, log) as gateway:
            await recovered(fresh, platform.market)
            delivered = {}
            async with buyers_of(world, gateway.url) as buyers:
                for order_id, (state, attempts) in (await orders(fresh)).items():
                    assert executions(platform.market, attempts) == (state == "delivered")
                    shown = await buyers._client.get(f"/v1/orders/{order_id}")
                    delivered[order_id] = buyers._client.open_codes(shown.body)
            assert await gateway.terminate() == 0, gateway.said()
    bought = [code for order in platform.market.ledger.executions() for code, _ in order.codes]
    assert sorted(code for codes in delivered.values() for code in codes) == sorted(bought)
    assert len(bought) >= PASS * quantity
    async with connected(fresh) as connection:
        assert await audit_complaints(connection) == []
        balance = await connection.fetchval("SELECT balance FROM account")
    assert balance == world.funds_minor - world.price_minor * quantity * len(delivered)
