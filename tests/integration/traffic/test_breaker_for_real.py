"""A breaker's whole life against a simulator that is a process: opens, half-opens, closes."""

import asyncio
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from tests.world.gateway_process import Gateway
from tests.world.partner import eventually
from tests.world.shop import unique
from tests.world.topup_fixtures import gateway, session, topups
from tests.world.topup_shop import PRODUCT, TopUpShop, order, until

__all__ = ["gateway", "session", "topups"]

ENOUGH = 8  # outcomes a breaker needs before it says anything


@asynccontextmanager
async def simulator(connector: str, port: int = 0) -> AsyncIterator[int]:
    """`quangate upstream simulate` as an operator runs it; its port. Killed at the end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway", "upstream", "simulate", connector, "--port", str(port),
        stderr=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[3],
    )  # fmt: skip
    assert process.stderr is not None
    try:
        line = (await process.stderr.readline()).decode()
        listening = re.search(r"listening on http://127\.0\.0\.1:(\d+)", line)
        assert listening, line
        yield int(listening[1])
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGKILL)
        await process.wait()


class Watcher:
    """What Prometheus and the log say of the breaker of one upstream."""

    def __init__(self, session: aiohttp.ClientSession, gateway: Gateway, upstream: str) -> None:
        self._session, self._gateway, self._upstream = session, gateway, upstream

    async def metric(self, name: str) -> float | None:
        """Of the lane; None: there is none yet."""
        async with self._session.get(f"{self._gateway.url}/metrics") as reply:
            families = text_string_to_metric_families(await reply.text())
            found = [
                sample.value
                for family in families
                for sample in family.samples
                if sample.name == f"quangate_upstream_{name}"
                and sample.labels.get("upstream") == self._upstream
                and sample.labels.get("product") == PRODUCT
            ]
        return found[0] if found else None

    async def state(self) -> tuple[float | None, float | None]:
        """(held back, probes pass), each 0 or 1."""
        return await self.metric("breaker_open"), await self.metric("breaker_half_open")

    async def until(self, *state: float) -> None:
        """Wait until it is so."""

        async def so() -> bool:
            return await self.state() == state

        await eventually(so)

    def said(self) -> list[str]:
        """The events of the log about this breaker, in order."""
        lines = self._gateway.log.read_text(encoding="utf-8").splitlines()
        return [
            found[0]
            for line in lines
            if self._upstream in line and (found := re.search(r"breaker\.\w+", line))
        ]


async def test_a_breaker_opens_half_opens_and_closes(
    topups: TopUpShop, session: aiohttp.ClientSession, gateway: Gateway
) -> None:
    """The platform's process is killed and started again; orders go elsewhere meanwhile.

    Held back: 1 and a line. The platform answers again though nobody orders there: probes pass,
    0. Three orders later all pass, and a second line says so.
    """
    name = unique("real")
    watcher = Watcher(session, gateway, name)
    async with topups.outlet("fulu") as second:
        partner = await topups.shop.partner()
        async with simulator("kasushou") as port:
            await topups.add_upstream(name, "kasushou", f"http://127.0.0.1:{port}")
            sku = await topups.sku([(name, None), (second.name, None)])
            placed = await order(partner, sku, "13800138000")
            assert (await until(partner, placed))["state"] == "delivered"
            assert second.executions(placed) == 0
            await watcher.until(0, 0)
        # It is gone: each order finds nobody there, and the second platform delivers it.
        orders: list[Any] = [await order(partner, sku, "13800138000") for _ in range(ENOUGH)]
        for each in orders:
            assert (await until(partner, each))["state"] == "delivered"
        await watcher.until(1, 0)

        async def lines(*wanted: str) -> bool:
            return watcher.said() == list(wanted)

        await eventually(lambda: lines("breaker.opened"))
        async with simulator("kasushou", port):
            await watcher.until(0, 1)  # its balance was had: no order was sent to find out
            assert watcher.said() == ["breaker.opened"]
            calls = await watcher.metric("calls_total") or 0.0
            for _ in range(3):
                placed = await order(partner, sku, "13800138000")
                assert (await until(partner, placed))["state"] == "delivered"
            await watcher.until(0, 0)
            await eventually(lambda: lines("breaker.opened", "breaker.closed"))
            assert await watcher.metric("calls_total") == calls + 3
