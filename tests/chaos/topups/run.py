"""One run: top-ups over six failing platforms, while the gateway is killed again and again."""

import asyncio
import os
import random
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import count, islice
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg

from gateway.catalog import administer as catalog
from gateway.catalog.rules import SkuKind
from gateway.dispatch import administer as upstreams
from gateway.ground import native
from gateway.ground.config import Config
from gateway.ground.desk.port import Secrecy
from gateway.ground.desk.transaction import administration
from gateway.ground.outside.client import Client, Credentials
from gateway.ground.sql.connecting import session_settings
from gateway.ground.sql.embedded import EmbeddedServer
from gateway.ground.vault import open_vault
from gateway.partners import administer as partners
from gateway.partners import keys
from gateway.webhooks import administer as webhooks
from tests.chaos.books import audit_complaints
from tests.chaos.processes import GatewayProcess
from tests.chaos.topups.books import Verdicts, compare, states
from tests.chaos.topups.platforms import PlatformUnderTest, platforms, settings_of
from tests.chaos.topups.receiver import FaultyReceiver, faulty_receiver
from tests.chaos.topups.reconciliation import reconcile
from tests.chaos.world import opened

FUNDS_MINOR = 10**12
PRICE_MINOR = 1_001
FACE_MINOR = 1_000
BATCH = 20
CLIENTS = 8
SETTLED_AFTER_S = 10.0  # beyond the last state: reversals come two seconds after success
TOLD_WITHIN_S = 300.0  # a message that failed is sent again after five seconds
TRY_AGAIN = {429, 500, 502, 503}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to do. `patience_s`: how long the last orders may take after the last kill."""

    topups: int
    seed: int
    kill_every_s: float
    long_run: bool
    patience_s: float
    per_s: float = 0.0  # top-ups bought per second; 0: as fast as they are taken
    kill_database: bool = False


@dataclass(slots=True, kw_only=True)
class Result:
    """What came of it."""

    verdicts: Verdicts
    kills: int
    seconds: float
    states: dict[str, int]
    complaints: list[str]


async def run(plan: Plan, directory: Path) -> Result:
    """Sell, kill, wait, compare. The data stay in `directory`."""
    config = Config(data=directory / "data", log_level="warning")
    server = EmbeddedServer(config.data)
    await asyncio.to_thread(server.start)
    config = replace(config, database_url=server.dsn)
    began = time.monotonic()
    gateway = GatewayProcess(
        config,
        directory / "gateway.log",
        settings={"QUANGATE_WEBHOOK_ALLOW": "127.0.0.0/8", "QUANGATE_LOG_LEVEL": "warning"},
    )
    try:
        async with (
            platforms(plan.seed, long_run=plan.long_run) as made,
            faulty_receiver(plan.seed) as receiver,
            gateway,
        ):
            credentials = await _set_up(config, gateway, made, receiver)
            kills = await _sell_and_kill(plan, config, gateway, credentials)
            return await _judge(plan, config, made, receiver, kills=kills, began=began)
    finally:
        await asyncio.to_thread(server.release)


async def _set_up(
    config: Config,
    gateway: GatewayProcess,
    made: Sequence[PlatformUnderTest],
    receiver: FaultyReceiver,
) -> Credentials:
    """A partner, six upstreams, six SKUs; each SKU has a second route at the next platform."""
    async with opened(config) as database, administration(database) as db:
        vault = await open_vault(config.data, db)
        secrecy = Secrecy(
            wrap=vault.wrap_secret,
            open=vault.open_secret,
            new_partner_secrets=partial(native.new_partner_secrets, vault),
            new_webhook_secret=native.new_webhook_secret,
        )
        await partners.create_partner(db, secrecy, "soak")
        await partners.deposit(db, "soak", FUNDS_MINOR, "start")
        endpoint = await webhooks.set_endpoint(db, secrecy, "soak", receiver.url)
        receiver.secret = endpoint["secret"]
        issued = await keys.create_key(
            db, secrecy, partner="soak", scopes=[], allow_ips=[], rate_per_s=None
        )
        for platform in made:
            platform_settings = settings_of(platform.connector)
            await upstreams.add_upstream(
                db, secrecy, platform.name, connector=platform.connector,
                base_url=platform.url, settings=platform_settings,
            )  # fmt: skip
            platform.market.options = replace(
                platform.market.options, callback_url=f"{gateway.url}/callbacks/{platform.name}"
            )
        for place, platform in enumerate(made):
            second = made[(place + 1) % len(made)]
            await catalog.create_sku(db, _sku(platform.name, second.name))
    names = ("key_id", "secret", "delivery_key")
    return Credentials(**{name: issued[name] for name in names})


def _sku(first: str, second: str) -> catalog.NewSku:
    return catalog.NewSku(
        sku=f"TOPUP-{first}", name=first, kind=SkuKind.TOPUP, price_minor=PRICE_MINOR,
        account_rule="any", face_value_minor=FACE_MINOR,
        routes=[
            catalog.NewRoute(upstream=name, product_id="1234", priority=place, cost_minor=None)
            for place, name in enumerate((first, second))
        ],
    )  # fmt: skip


# ---------------------------------------------------------------- selling and killing


async def _sell_and_kill(
    plan: Plan, config: Config, gateway: GatewayProcess, credentials: Credentials
) -> int:
    numbers = iter(range(plan.topups))
    sold = asyncio.Event()
    pause_s = BATCH * CLIENTS / plan.per_s if plan.per_s else 0.0
    connector = aiohttp.TCPConnector(limit=0)
    timeout = aiohttp.ClientTimeout(total=120)
    async with (
        aiohttp.ClientSession(connector=connector, timeout=timeout) as session,
        asyncio.TaskGroup() as group,  # when one of them fails, the run ends
    ):
        killer = group.create_task(_kill(plan, config, gateway, sold))
        client = Client(session, gateway.url, credentials)
        buyers = [group.create_task(_buy(client, numbers, pause_s)) for _ in range(CLIENTS)]
        await asyncio.wait(buyers)
        sold.set()
    return killer.result()


async def _buy(client: Client, numbers: Iterator[int], pause_s: float) -> None:
    """Batches of orders, each repeated until every line was accepted."""
    while lines := list(islice(numbers, BATCH)):
        orders = {f"S{number}": _order(number) for number in lines}
        while orders:
            for number in await _accepted(client, list(orders.values())):
                del orders[number]
            await asyncio.sleep(0.1 if orders else pause_s)


def _order(number: int) -> dict[str, Any]:
    skus = ("fulu", "kasushou", "dayuanren", "dtone", "reloadly", "dingconnect")
    return {
        "out_order_no": f"S{number}",
        "sku": f"TOPUP-{skus[number % len(skus)]}",
        "account": f"+86139{number:06d}99",  # no platform does anything special for …99
    }


async def _accepted(client: Client, orders: list[dict[str, Any]]) -> list[str]:
    """The numbers of those that were accepted now or before."""
    try:
        answer = await client.post("/v1/orders/batch", {"orders": orders})
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
        return []
    if answer.status != 200:
        return []
    done = []
    for order, line in zip(orders, answer.body["results"], strict=True):
        if line["status"] in {200, 201}:
            done.append(order["out_order_no"])
        elif line["status"] not in TRY_AGAIN and line["problem"]["code"] != "unknown-sku":
            raise AssertionError(f"{order} was refused: {line}")
    return done


async def _kill(plan: Plan, config: Config, gateway: GatewayProcess, sold: asyncio.Event) -> int:
    """SIGKILL the gateway, and once PostgreSQL, until all is sold; how often."""
    chance = random.Random(plan.seed)
    kills = 0
    while not sold.is_set():
        pause_s = plan.kill_every_s * chance.uniform(0.5, 1.5)
        try:
            await asyncio.wait_for(sold.wait(), pause_s)
        except TimeoutError:
            await asyncio.to_thread(gateway.kill)
            kills += 1
            if plan.kill_database and kills == 2:
                await asyncio.to_thread(_kill_database, config)
            await asyncio.to_thread(gateway.start)
    return kills


def _kill_database(config: Config) -> None:
    pid_file = config.data / "postgres" / "postmaster.pid"
    pid = int(pid_file.read_text().split()[0])
    os.kill(pid, signal.SIGKILL)
    while Path(f"/proc/{pid}/cmdline").exists():
        time.sleep(0.05)
    EmbeddedServer(config.data).start()


# ---------------------------------------------------------------- judging


async def _judge(
    plan: Plan,
    config: Config,
    made: Sequence[PlatformUnderTest],
    receiver: FaultyReceiver,
    *,
    kills: int,
    began: float,
) -> Result:
    connection = await asyncpg.connect(config.database_url, server_settings=session_settings())
    try:
        await _until_settled(connection, plan)
        await reconcile(config, made, time.time() - (time.monotonic() - began))
        await _until_told(connection)
        verdicts = await compare(connection, made, receiver, funds_minor=FUNDS_MINOR)
        return Result(
            verdicts=verdicts,
            kills=kills,
            seconds=time.monotonic() - began,
            states=dict(await states(connection)),
            complaints=await audit_complaints(connection),
        )
    finally:
        await connection.close()


async def _still_moving(connection: Any, *, wait_for_proof: bool) -> bool:
    """Whether orders may still end by themselves soon."""
    open_orders: int = await connection.fetchval(
        "SELECT count(*) FROM orders WHERE state IN ('processing', 'uncertain') AND parked IS NULL"
        " AND ($1 OR NOT EXISTS (SELECT FROM attempt a WHERE a.order_id = orders.id"
        "                        AND a.state = 'uncertain' AND a.not_found >= 3))",
        wait_for_proof,
    )
    return open_orders > 0


async def _until_settled(connection: Any, plan: Plan) -> None:
    deadline = time.monotonic() + plan.patience_s
    calm_since, before = time.monotonic(), None
    while time.monotonic() < deadline:
        now = await states(connection)
        if now != before:
            calm_since, before = time.monotonic(), now
            sys.stderr.write(f"{time.strftime('%X')} {dict(now)}\n")
        if (
            not await _still_moving(connection, wait_for_proof=plan.long_run)
            and time.monotonic() - calm_since > SETTLED_AFTER_S
        ):
            return
        await asyncio.sleep(0.5)


async def _until_told(connection: Any) -> None:
    """Wait for the messages under way; those that stay pending are found missing."""
    deadline = time.monotonic() + TOLD_WITHIN_S
    pending = "SELECT EXISTS (SELECT FROM webhook WHERE state = 'pending')"
    for _ in count():
        if time.monotonic() > deadline or not await connection.fetchval(pending):
            return
        await asyncio.sleep(0.5)
