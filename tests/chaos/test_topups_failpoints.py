"""The gateway dies between any two steps of a top-up: executed once, or provably not at all.

After the death a normal gateway starts on the same data (faults 1–4).
"""

import asyncio
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from connectors.simulation import running
from connectors.simulation.market import Market
from gateway.catalog import administer as catalog
from gateway.catalog.rules import SkuKind
from gateway.dispatch import administer as upstreams
from gateway.ground.config import Config
from gateway.ground.desk.port import Secrecy
from gateway.ground.desk.transaction import administration
from gateway.ground.outside.client import Client
from gateway.ground.vault import open_vault
from tests.chaos.books import audit_complaints
from tests.chaos.buyers import Buyers, buyers_of
from tests.chaos.gateway_with_failpoint import TOP_UP_FAILPOINTS
from tests.chaos.processes import GatewayProcess
from tests.chaos.topups.platforms import settings_of
from tests.chaos.world import World, build_world, connected, opened

pytestmark = pytest.mark.chaos

ORDERS = 24
PASS = 3  # which pass kills: some orders were through before
RECOVERY_S = 300.0  # the promise is 5 s on a quiet machine
HANGS_MS = 3_600_000


async def sell_top_ups(world: World, url: str) -> None:
    """A SKU of one upstream."""
    async with opened(world.config) as database, administration(database) as db:
        vault = await open_vault(world.config.data, db)
        secrecy: Any = Secrecy(
            wrap=vault.wrap_secret,
            open=vault.open_secret,
            new_partner_secrets=lambda _key_id: ("", "", b"", b""),
            new_webhook_secret=lambda: "",
        )
        await upstreams.add_upstream(
            db, secrecy, "platform", connector="kasushou", base_url=url,
            settings=settings_of("kasushou"),
        )  # fmt: skip
        route = catalog.NewRoute(upstream="platform", product_id="1", priority=0, cost_minor=None)
        await catalog.create_sku(
            db,
            catalog.NewSku(
                sku=world.sku, name="top-up", kind=SkuKind.TOPUP, price_minor=world.price_minor,
                account_rule="any", face_value_minor=1000, routes=[route],
            ),
        )  # fmt: skip


# Where a callback would come before the point is reached: the platform tells nothing of these.
ENDINGS = {"acceptance due, not written": "012"}


async def buy_until_death(world: World, gateway: GatewayProcess, ending: str) -> None:
    """Order one after the other, for accounts that end so; the gateway dies of one of them."""

    async def buy(buyers: Buyers) -> None:
        for number in range(ORDERS):
            client: Client = buyers._client
            order = {
                "out_order_no": f"T{number}",
                "sku": world.sku,
                "account": f"139{number:06d}{ending}",
            }
            try:
                await client.post("/v1/orders", order)
            except Exception:  # noqa: BLE001 — it died, as it should
                return

    async with buyers_of(world, gateway.url) as buyers:
        await buy(buyers)
    assert await asyncio.to_thread(gateway.wait) == -signal.SIGKILL, gateway.said()


async def orders(config: Config) -> dict[int, tuple[str, list[str]]]:
    """State and attempt numbers of each order."""
    async with connected(config) as connection:
        rows = await connection.fetch(
            "SELECT o.id, o.state, array_agg(a.id::text) AS attempts FROM orders o"
            " JOIN attempt a ON a.order_id = o.id GROUP BY o.id, o.state"
        )
    return {row["id"]: (row["state"], row["attempts"]) for row in rows}


async def recovered(config: Config, market: Market) -> None:
    """Until every order has ended.

    One that was marked as sent and never left us stays uncertain for two minutes more: only
    then does the platform's "not found" prove anything.
    """
    deadline = time.monotonic() + RECOVERY_S
    while left := [
        state
        for state, attempts in (await orders(config)).values()
        if state != "delivered" and (state != "uncertain" or executions(market, attempts))
    ]:
        assert time.monotonic() < deadline, left
        await asyncio.sleep(0.1)


def executions(market: Market, attempts: list[str]) -> int:
    """How often the platform executed any of these attempts."""
    return sum(len(market.ledger.executions(our_no=attempt)) for attempt in attempts)


@pytest.mark.parametrize("name", TOP_UP_FAILPOINTS)
async def test_top_ups_survive_a_death(fresh: Config, log: Path, name: str) -> None:
    """Killed at this point: every accepted order ends right, executed exactly as often as told."""
    world = await build_world(fresh, codes=0)
    async with running("kasushou", settings={"time_scale": "0.01"}) as platform:
        await sell_top_ups(world, platform.url)
        async with GatewayProcess(fresh, log, failpoint=f"{name}:{PASS}") as doomed:
            await buy_until_death(world, doomed, ENDINGS.get(name, "99"))
        async with GatewayProcess(fresh, log) as gateway:
            await recovered(fresh, platform.market)
            ended = await orders(fresh)
            assert ended
            for state, attempts in ended.values():
                assert executions(platform.market, attempts) == (state == "delivered"), ended
            assert await gateway.terminate() == 0, gateway.said()
    async with connected(fresh) as connection:
        assert await audit_complaints(connection) == []
        balance = await connection.fetchval("SELECT balance FROM account")
    assert balance == world.funds_minor - world.price_minor * len(ended)


async def test_it_stops_although_an_upstream_hangs(fresh: Config, log: Path) -> None:
    """SIGTERM with calls under way that never end: exit 0 in good time, nothing sent twice."""
    world = await build_world(fresh, codes=0)
    async with running("kasushou", script={"latency_ms": [HANGS_MS, HANGS_MS]}) as platform:
        await sell_top_ups(world, platform.url)
        async with GatewayProcess(fresh, log) as gateway:
            async with buyers_of(world, gateway.url) as buyers:
                for number in range(ORDERS):
                    document = {
                        "out_order_no": f"T{number}",
                        "sku": world.sku,
                        "account": f"139{number:06d}99",
                    }
                    answer = await buyers._client.post("/v1/orders", document)
                    assert answer.status == 201, answer
            assert await gateway.terminate() == 0, gateway.said()
        assert len((await orders(fresh)).values()) == ORDERS
    async with connected(fresh) as connection:
        assert await audit_complaints(connection) == []
