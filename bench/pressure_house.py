"""What the measurements under pressure share: a gateway whose database can be made slow, several
partners, and a loader that sends when it is time to.

Orders are heavy, of 100 codes each: ten times the peak of single ones costs more to refuse than
the machine has.
"""

import asyncio
import random
import time
from array import array
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, quote, urlsplit

from bench.plan import Plan, Teller
from bench.presign import Credentials, single_orders, write_requests
from bench.servers import Server, ServerError, Talk, gateway_server, talking
from bench.shape import OTHERS, Leg, length_s, moments
from bench.shop import Shop, open_account, open_shop
from gateway.ground.sql.embedded import EmbeddedServer

SKU: Final = "HEAVY"
CODES: Final = 100  # in an order
WINDOWS: Final = (24, 64)  # orders at a time, of which one brings the peak
RAMP_S: Final = 0.5
FIRST_GUESS_PER_S: Final = 600.0  # of the peak, before it was measured
SPARE: Final = 1.3  # stock, and requests of a closed loop, over what is expected to be sold
SLOW_S: Final = 0.8
SLICE_S: Final = 0.5
SEED: Final = 10
GRACE_S: Final = 60.0
MEMORY_EVERY_S: Final = 0.5
SOCKET: Final = ".s.PGSQL.5432"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What a sending brought: the loader's report, and the gateway's memory meanwhile."""

    report: Mapping[str, Any]
    memory: Sequence[tuple[float, float]]  # seconds since it began, MiB


@dataclass(slots=True, kw_only=True)
class PressureHouse:
    """The processes, all up."""

    plan: Plan
    teller: Teller
    shop: Shop
    loader: Talk
    database: Talk
    others: Sequence[Credentials]
    chance: random.Random = field(default_factory=lambda: random.Random(SEED))
    is_stocked: bool = False
    guess_per_s: float = FIRST_GUESS_PER_S

    async def stock(self, orders: float) -> None:
        """Codes for so many more."""
        codes = int(orders * CODES * SPARE) + 200 * CODES
        if self.is_stocked:
            await self.shop.restock(SKU, codes)
        else:
            await self.shop.stock(SKU, codes, per_buyer=CODES)
            self.is_stocked = True

    async def slow_down(self, seconds: float) -> None:
        """The database answers so much later from now on."""
        await self.database.ask(GRACE_S, seconds)

    async def peak_per_s(self, *, slow: bool = False) -> float:
        """Orders a second that are the most there is, in a closed loop."""
        seconds = max(1.0, self.plan.shape_s / 12) * (2 if slow else 1)
        ramp_s = 2 * SLOW_S if slow else RAMP_S
        each = self.guess_per_s * (seconds + ramp_s)
        await self.stock(each * len(WINDOWS))
        found: list[float] = []
        await self.slow_down(SLOW_S if slow else 0.0)
        for window in WINDOWS:
            # Refused ones are sent, too: 20 a second by each that waits.
            path = self._sign(self.shop.credentials, int(each * SPARE + 20 * window * seconds))
            report = await self.loader.ask(
                seconds + GRACE_S,
                {"requests": path, "window": window, "ramp_s": ramp_s, "seconds": seconds},
            )
            found.append(report["answers"].get("201", 0) / seconds)
        await self.slow_down(0.0)
        if not max(found):
            raise ServerError(f"nothing is sold in a closed loop: {report}")
        if not slow:
            self.guess_per_s = max(found)
        return max(found)

    async def send(
        self,
        peak_per_s: float,
        phases: Sequence[tuple[str, Sequence[Leg]]],
        *,
        beside: Sequence[tuple[str, Sequence[Leg]]] = (),
    ) -> Sent:
        """Let the loader send these phases one after the other; `beside`, by each of the others."""
        streams = {"one": self._write(self.shop.credentials, peak_per_s, phases)}
        if beside:
            for n, other in enumerate(self.others):
                streams[f"other-{n}"] = self._write(other, peak_per_s, beside)
        named = [(name, length_s(legs)) for name, legs in phases]
        command = {"streams": streams, "phases": named, "slice_s": SLICE_S}
        await self.loader.ask(GRACE_S, command)
        seconds = sum(length for _, length in named)
        watching = asyncio.create_task(self._watch(phases))
        memory = asyncio.create_task(self._measure_memory())
        try:
            report = await self.loader.hear(seconds + GRACE_S)
        finally:
            watching.cancel()
            memory.cancel()
        samples = (await asyncio.gather(memory, return_exceptions=True))[0]
        assert not isinstance(samples, BaseException)
        if report["dry"]:
            raise ServerError(f"{report['dry']} requests were due and not made")
        return Sent(report=report, memory=samples)

    def _write(
        self,
        credentials: Credentials,
        peak_per_s: float,
        phases: Sequence[tuple[str, Sequence[Leg]]],
    ) -> tuple[str, str]:
        legs = [leg for _, of_phase in phases for leg in of_phase]
        due = array("d", moments(legs, peak_per_s, self.chance))
        path = self.plan.requests / f"{credentials.key_id}-due"
        path.write_bytes(due.tobytes())
        return self._sign(credentials, len(due)), str(path)

    def _sign(self, credentials: Credentials, count: int) -> str:
        path = self.plan.requests / f"{credentials.key_id}-heavy"
        prefix = f"p{time.time_ns() // 1_000_000:x}"
        workload = single_orders(SKU, quantity=CODES)
        write_requests(path, credentials, workload, prefix=prefix, count=count, slices=1)
        return f"{path}.0"

    async def _watch(self, phases: Sequence[tuple[str, Sequence[Leg]]]) -> None:
        """Make the database slow and quick again as the legs have it."""
        is_slow = False
        for leg in (leg for _, of_phase in phases for leg in of_phase):
            if leg.slow is not is_slow:
                is_slow = leg.slow
                await self.slow_down(SLOW_S if is_slow else 0.0)
            await asyncio.sleep(leg.seconds)

    async def _measure_memory(self) -> Sequence[tuple[float, float]]:
        began, found = time.monotonic(), []
        try:
            while True:
                found.append((time.monotonic() - began, resident_mib(self.shop.server.pid)))
                await asyncio.sleep(MEMORY_EVERY_S)
        except asyncio.CancelledError:
            return found


def resident_mib(pid: int) -> float:
    """Memory of a process that is really there."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


@asynccontextmanager
async def open_pressure_house(plan: Plan, teller: Teller) -> AsyncIterator[PressureHouse]:
    """Start the shared processes; they end with the block."""
    async with AsyncExitStack() as stack:
        data = plan.work / "pressure"
        postgres = EmbeddedServer(data)
        await asyncio.to_thread(postgres.start)
        stack.push_async_callback(asyncio.to_thread, postgres.release)
        url, database = await _before(stack, postgres.dsn, plan.work / "slow")
        gateway: Server = await stack.enter_async_context(
            gateway_server(data, plan.work / "pressure.log", database_url=url)
        )
        shop = await open_shop(data, gateway)
        stack.push_async_callback(shop.ledger.connection.close)
        loader = await stack.enter_async_context(
            talking(["bench.open_loop", str(gateway.port)], "the loader", plan.work / "open.log")
        )
        others = [await open_account(data, f"other-{n}") for n in range(OTHERS)]
        yield PressureHouse(
            plan=plan, teller=teller, shop=shop, loader=loader, database=database, others=others
        )


async def _before(stack: AsyncExitStack, dsn: str, directory: Path) -> tuple[str, Talk]:
    """A way to the database that can be made slow: its URL, and whom to tell."""
    url = urlsplit(dsn)
    server_socket = f"{parse_qs(url.query)['host'][0]}/{SOCKET}"
    await asyncio.to_thread(directory.mkdir, mode=0o700)
    slow = await stack.enter_async_context(
        talking(
            ["bench.slow_database", str(directory / SOCKET), server_socket],
            "the slow database", directory / "log",
        )
    )  # fmt: skip
    host = quote(str(directory), safe="")
    return f"postgresql://{url.netloc}{url.path}?host={host}&port=5432", slow
