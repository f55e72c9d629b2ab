"""What the measurements of top-ups share: a gateway, a simulated platform, a partner's process.

All are processes of their own on the loopback, all with the whole contract on: signatures,
scopes, rate limit, funds, fsync. The platform is Kasushou's: it takes an order, tells the end
by a signed callback 50 ms later, and executes no number twice.
"""

import itertools
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp

from bench.cpu import tree_cpu_s
from bench.plan import Plan, Teller
from bench.presign import Credentials, topups, write_requests
from bench.servers import (
    PartnerServer,
    Server,
    gateway_server,
    partner_server,
    quangate,
    simulator_server,
)
from bench.shop import Shop, open_shop

CONNECTOR = "kasushou"
UPSTREAM = "main"
SKU = "TOPUP"
PRICE_MINOR = 1000
COST_MINOR = 980  # what the simulator asks for
# Orders under way at most: at 1,500 a second one may take a quarter of a second to be told.
WINDOW = 400
# A pace that no machine of today exceeds; it only decides how many requests are made.
TOPUPS_PER_S_MAX = 4_000
DRAIN_S = 60.0
GRACE_S = 45.0  # a sending reports within its length and this
CONFIGURED: Mapping[str, str] = {"userid": "demo_userid", "apikey": "demo_apikey"}


@dataclass(slots=True, kw_only=True)
class TopUpHouse:
    """The processes, all up. `accounts` are used once, over all measurements."""

    plan: Plan
    teller: Teller
    shop: Shop
    simulator: Server
    partner: PartnerServer
    accounts: Iterator[int] = field(default_factory=itertools.count)
    pace_per_s: float | None = None  # what was measured: later measurements send half of it

    @property
    def pids(self) -> dict[str, int]:
        """Whose processor time a top-up costs."""
        return {
            **self.shop.pids,
            "simulator": self.simulator.pid,
            "partner": self.partner.process.pid,
        }

    def cpu_s(self) -> dict[str, float]:
        """Processor time used so far, by process."""
        return {name: tree_cpu_s(pid) for name, pid in self.pids.items()}

    def write_orders(
        self, count: int, *, skus: tuple[str, ...] = (SKU,), credentials: Credentials | None = None
    ) -> str:
        """Make and sign orders; the file that has them."""
        prefix = f"t{time.time_ns() // 1_000_000:x}"
        path = self.plan.requests / f"topups-{skus[0]}"
        write_requests(
            path, credentials or self.shop.credentials, topups(skus, self.accounts),
            prefix=prefix, count=count, slices=1,
        )  # fmt: skip
        return f"{path}.0"

    async def send(self, *, seconds: float, **sending: Any) -> dict[str, Any]:
        """Let the partner send for so long; its report."""
        return await self.partner.ask(seconds + GRACE_S, seconds=seconds, **sending)

    async def drain(self) -> dict[str, Any]:
        """Wait until all that is under way has ended."""
        return await self.partner.ask(DRAIN_S + GRACE_S, drain_s=DRAIN_S)

    async def script(self, script: Mapping[str, Any]) -> None:
        """Tell the simulator how to behave."""
        async with self._asking() as session, session.post("/_script", json=script) as said:
            said.raise_for_status()

    async def executions(self) -> list["Execution"]:
        """What the platform executed, as its ledger says."""
        async with self._asking() as session, session.get("/_ledger") as said:
            rows = (await said.json())["executions"]
        return [
            Execution(
                account=row["account"],
                attempt_id=int(row["our_no"]),
                at_s=datetime.fromisoformat(row["at"]).timestamp(),
            )
            for row in rows
        ]

    def _asking(self) -> aiohttp.ClientSession:
        url = f"http://127.0.0.1:{self.simulator.port}"
        return aiohttp.ClientSession(url, timeout=aiohttp.ClientTimeout(total=60))


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """A row of the platform's ledger; the moment in Unix seconds, to the millisecond."""

    account: str
    attempt_id: int
    at_s: float


@asynccontextmanager
async def open_topup_house(plan: Plan, teller: Teller) -> AsyncIterator[TopUpHouse]:
    """Start the shared processes; they end with the block."""
    async with AsyncExitStack() as stack:
        simulator = await stack.enter_async_context(
            simulator_server(CONNECTOR, plan.work / "simulator.log")
        )
        data = plan.work / "topups"
        gateway = await stack.enter_async_context(gateway_server(data, plan.work / "topups.log"))
        yield await furnish(stack, plan, teller, data=data, gateway=gateway, simulator=simulator)


async def furnish(
    stack: AsyncExitStack,
    plan: Plan,
    teller: Teller,
    *,
    data: Path,
    gateway: Server,
    simulator: Server,
) -> TopUpHouse:
    """Partner, upstream and SKU on a gateway that has none; they take their first order."""
    partner = await stack.enter_async_context(
        partner_server(gateway.port, plan.work / f"{data.name}-partner.log")
    )
    shop = await open_shop(data, gateway)
    stack.push_async_callback(shop.ledger.connection.close)
    await quangate(data, "webhook", "set", "bench", partner.webhook_url)
    await add_upstream(data, UPSTREAM, simulator.port)
    await add_topup_sku(data, SKU, UPSTREAM)
    house = TopUpHouse(plan=plan, teller=teller, shop=shop, simulator=simulator, partner=partner)
    await shop.wait_for_topup(SKU)
    return house


async def add_upstream(data: Path, name: str, port: int) -> None:
    """An account at the platform that listens on this port, or does not."""
    settings = [part for pair in CONFIGURED.items() for part in ("--set", "=".join(pair))]
    await quangate(
        data, "upstream", "add", name, "--connector", CONNECTOR,
        "--base-url", f"http://127.0.0.1:{port}", *settings,
    )  # fmt: skip


async def add_topup_sku(data: Path, sku: str, upstream: str) -> None:
    """A SKU that only this upstream sells."""
    await quangate(
        data, "sku", "create", sku, "--name", sku, "--kind", "topup", "--price", str(PRICE_MINOR),
        "--account-rule", "cn-mobile", "--route", f"{upstream}:1:0:{COST_MINOR}",
    )  # fmt: skip
