"""A rehearsal from a plan to its figures, in a directory that nobody else uses."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import aiohttp

from gateway.ground.config import Config
from gateway.ground.desk.opening import Desk, open_secrecy
from gateway.ground.outside.client import Client
from gateway.ground.outside.process import gateway, quangate
from gateway.ground.sql.database import opened
from gateway.rehearsals.buyers import AT_ONCE, Crowd
from gateway.rehearsals.copy import Copying
from gateway.rehearsals.plan import Plan
from gateway.rehearsals.rules import report

LEAD: Final = timedelta(seconds=3)  # from the campaign's making to its doors: workers make ready
WITHIN_S: Final = 60.0  # of its doors: the rest of the buyers still wait then
PATTERN: Final = "AAAAAAAAAAAAAAAA"


async def rehearse(
    plan: Plan, data: Path, *, buyers: int, workers: int, advance: Callable[[int], None]
) -> dict[str, Any]:
    """Open a shop in the empty directory `data`, let the buyers in, and say what came of it.

    `advance` is told how many buyers are through. Nothing is left running.
    """
    config = Config(data=data)
    async with opened(config, may_make=True) as database:
        desk = Desk(config=config, database=database)
        copying = Copying(plan=plan, buyers=buyers)
        async with desk.transaction() as db:
            keys = await copying.open_shop(db, await open_secrecy(config, db))
        pool = plan.sku["pool"]
        await quangate(
            data, "codes", "generate", str(copying.codes), "--pool", pool, "--pattern", PATTERN
        )
        server = gateway(data, workers=workers)
        try:
            await server.start()
            opens_at = datetime.now(UTC) + LEAD
            async with desk.transaction() as db:
                await copying.open_campaign(db, opens_at)
            await asyncio.sleep((opens_at - datetime.now(UTC)).total_seconds())
            async with _session() as session:
                crowd = Crowd(
                    [Client(session, server.url, key) for key in keys],
                    campaign=plan.campaign["campaign"],
                    sku=plan.sku["sku"],
                    wants_pass=plan.campaign["pass"] is not None,
                    advance=advance,
                )
                tally = await crowd.run(buyers, within_s=WITHIN_S)
        finally:
            await server.stop()
        audit = await quangate(data, "audit")
    return {
        "campaign": plan.campaign["campaign"],
        "sku": plan.sku["sku"],
        "buyers": buyers,
        "partners": list(plan.partners),
        "codes": copying.codes,
        **report(tally, shelf=plan.sells_from, totals=plan.totals),
        "audit_ok": bool(audit["ok"]),
    }


def _session() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=AT_ONCE), timeout=aiohttp.ClientTimeout(total=30)
    )
