"""A gateway killed with thousands of top-ups under way, and started again.

At the kill some were accepted upstream, of some nobody knows, most are not sent yet, and some
are just being sent. What counts is when the started gateway first sends to the platform, and
that in the end every top-up is executed once.
"""

import asyncio
import time
from collections import Counter
from contextlib import AsyncExitStack
from typing import Any

from bench.figures import Figure
from bench.plan import Plan, Teller
from bench.servers import (
    Server,
    ServerError,
    crash_server,
    free_port,
    gateway_server,
    simulator_server,
)
from bench.spread import spread
from bench.topup_house import CONNECTOR, TopUpHouse, furnish

ACCEPTED_SHARE, UNCERTAIN_SHARE = 0.3, 0.05  # of the top-ups; the others are not sent at the kill
# The platform ends nothing before the kill, and repeats callbacks soon that nobody took.
SETTINGS = {"settle_s": "8", "time_scale": "0.01"}
WELL: dict[str, Any] = {"rules": []}
# The share of dropped answers stays below what opens a breaker: what is looked at here is
# recovery, not protection.
DROPPING = {"rules": [{"account": "", "do": "executed_dropped", "share": 0.3}]}
SLOW = {"latency_ms": [6_000, 6_000], "rules": []}
FILL_S_MAX = 120.0
END_S_MAX = 120.0

STATES = """
SELECT state || CASE WHEN state = 'created' AND sent_at IS NOT NULL THEN ', being sent' ELSE '' END,
       count(*)
FROM attempt WHERE next_check_at IS NOT NULL GROUP BY 1
"""
UNFINISHED = "SELECT count(*) FROM orders WHERE state <> 'delivered'"


async def measure_recovery(plan: Plan, teller: Teller) -> list[Figure]:
    """Fill, kill, start, and wait until all has ended."""
    data, port = plan.work / "recovery", free_port()
    async with AsyncExitStack() as stack:
        simulator = await stack.enter_async_context(
            simulator_server(CONNECTOR, plan.work / "recovery-simulator.log", SETTINGS)
        )
        doomed = AsyncExitStack()
        await stack.enter_async_context(doomed)
        server = await doomed.enter_async_context(
            gateway_server(data, plan.work / "recovery-before.log", port=port)
        )
        house = await furnish(stack, plan, teller, data=data, gateway=server, simulator=simulator)
        teller.say(f"{plan.recovery_attempts:,} top-ups under way …")
        await _fill(house)
        await crash_server(server)
        await doomed.aclose()
        under_way = {row[0]: row[1] for row in await house.shop.ledger.connection.fetch(STATES)}
        await house.script(WELL)
        began_s = time.time()
        log = plan.work / "recovery-after.log"
        async with gateway_server(data, log, port=port, wait=False) as again:
            ended_s = await _all_ended(house, again)
            first_s = await _first_send(house, after_s=began_s)
    detail = {"under_way_at_the_kill": under_way, "all_ended_s": round(ended_s - began_s, 2)}
    return [Figure(key="recovery_s", spread=spread([first_s - began_s]), detail=detail)]


async def _fill(house: TopUpHouse) -> None:
    """Bring the wanted number of top-ups under way: accepted, then unknown, then unsent."""
    total = house.plan.recovery_attempts
    accepted, uncertain = int(total * ACCEPTED_SHARE), int(total * UNCERTAIN_SHARE)
    for script, count in (
        (WELL, accepted), (DROPPING, uncertain), (SLOW, total - accepted - uncertain),
    ):  # fmt: skip
        await house.script(script)
        report = await house.send(seconds=FILL_S_MAX, requests=house.write_orders(count))
        if report["answers"] != {"201": count}:
            raise ServerError(f"the orders were answered {report['answers']}")
        if script is not SLOW:
            await _until_sent(house)


async def _until_sent(house: TopUpHouse) -> None:
    deadline = time.monotonic() + FILL_S_MAX
    unsent = "SELECT count(*) FROM attempt WHERE state = 'created'"
    while await house.shop.ledger.connection.fetchval(unsent):
        if time.monotonic() > deadline:
            raise ServerError("the top-ups were not sent in time")
        await asyncio.sleep(0.05)


async def _first_send(house: TopUpHouse, *, after_s: float) -> float:
    """When the platform first executed something again; nothing may be executed twice."""
    executions = await house.executions()
    counts = Counter(each.account for each in executions)
    if twice := [account for account, count in counts.items() if count > 1]:
        raise ServerError(f"{len(twice)} top-ups were executed twice: {twice[:3]}")
    return min(each.at_s for each in executions if each.at_s >= after_s)


async def _all_ended(house: TopUpHouse, server: Server) -> float:
    """Wait until every order is delivered; when that was."""
    deadline = time.monotonic() + END_S_MAX
    while unfinished := await house.shop.ledger.connection.fetchval(UNFINISHED):
        if time.monotonic() > deadline:
            raise ServerError(f"{unfinished} orders did not end; see the log of {server.pid}")
        await asyncio.sleep(0.1)
    return time.time()
