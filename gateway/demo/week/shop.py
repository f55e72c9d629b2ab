"""The shop with a week of history: made, moved to its hours, audited, and left running."""

import asyncio
import contextlib
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp

from gateway.demo.shops import Listener
from gateway.demo.steps import Steps
from gateway.demo.week.clock import Timeline
from gateway.demo.week.desk import SignIn
from gateway.demo.week.ends import Ends
from gateway.demo.week.making import Making, World
from gateway.demo.week.past import move_to_the_past
from gateway.demo.week.plan import NOW_ORDERS, Size, Slot
from gateway.ground.errors import RefusedError
from gateway.ground.outside.process import Server, gateway, quangate, simulator

NUMBERED: Final = "gateway.demo.week.clock"
QUICK: Final = ("--set", "settle_s=0.02", "--set", "reversal_delay_s=0.3")
ALLOWED: Final = {"QUANGATE_WEBHOOK_ALLOW": "127.0.0.1/32"}  # the partners are on loopback


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenShop:
    """A shop that runs: where it is, who may sign in, and what the week had."""

    url: str
    people: Sequence[SignIn]
    orders: int
    cases: int
    messages: int

    @property
    def console(self) -> str:
        """Its first page."""
        return f"{self.url}/console"

    def document(self) -> dict[str, Any]:
        """For programs."""
        return {
            "console": self.console,
            "operators": [asdict(one) for one in self.people],
            "orders": self.orders,
            "cases": self.cases,
            "webhooks": self.messages,
            "audit_ok": True,
        }


@contextlib.asynccontextmanager
async def open_shop(data: Path, size: Size, steps: Steps) -> AsyncIterator[OpenShop]:
    """In `data`, which must be empty or absent; what was started is stopped at the end.

    Raises RefusedError where the books do not agree with the history.
    """
    began_s = time.time()
    async with AsyncExitStack() as stack:
        scrap = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="quangate-week-")))
        session = await stack.enter_async_context(aiohttp.ClientSession())
        timeline, ends, listener = Timeline(scrap / "slots", make=True), Ends(), Listener()
        steps.step("starting a gateway and two upstreams", lambda: str(data))
        for near in (ends, listener):
            stack.push_async_callback(near.stop)
            await near.start()
        own = gateway(
            data, workers=1, settings=ALLOWED, program=(NUMBERED, str(scrap / "slots"))
        )  # fmt: skip
        south = simulator(data, "kasushou", *QUICK)
        await asyncio.gather(_started(stack, own), _started(stack, south))
        callbacks = f"{own.url}/callbacks/north"
        north = simulator(data, "fulu", "--callback-url", callbacks, *QUICK)
        await _started(stack, north)
        world = World(
            data=data, url=own.url, upstreams={"north": north.url, "south": south.url},
            ends=ends, listener=listener, session=session, timeline=timeline,
        )  # fmt: skip
        making = Making(world, size, steps)
        trade = await making.make()
        await own.stop()
        steps.step("moving it to the hours of the week")
        await move_to_the_past(data, timeline.slots(), began_s)
        steps.step("opening again, some orders of today, auditing the books")
        await _started(
            stack, gateway(data, workers=1, settings=ALLOWED, port=urlsplit(own.url).port or 0)
        )
        await trade.play(Slot(at=datetime.now(UTC), orders=NOW_ORDERS))
        audit = await quangate(data, "audit")
        if not audit["ok"]:
            raise RefusedError("books-disagree", f"the audit of the history found: {audit}")
        yield OpenShop(
            url=own.url, people=making.people, orders=trade.done, cases=trade.cases,
            messages=ends.told,
        )  # fmt: skip


async def _started(stack: AsyncExitStack, server: Server) -> None:
    stack.push_async_callback(server.stop)
    await server.start()
