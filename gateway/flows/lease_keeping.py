"""Keeping what we hold: renewed in time, and compared with what the database says we hold."""

import asyncio
import itertools

import structlog

from gateway.flows.ports import Leases
from gateway.flows.stock import Stock

log = structlog.get_logger()

IDLE_POOL_S = 60.0  # a pool nobody bought from for so long is given back
PRUNE_TURNS = 100  # every quarter of an hour


class LeaseKeeping:
    """One worker's turns."""

    def __init__(self, *, leases: Leases, stock: Stock, ttl_s: float) -> None:
        self._leases = leases
        self._stock = stock
        self._ttl_s = ttl_s

    async def run(self) -> None:
        """Renew, return pools nobody buys from, prune now and then; until cancelled."""
        for turn in itertools.count(1):
            await asyncio.sleep(self._ttl_s / 3)
            try:
                if turn % PRUNE_TURNS == 0:
                    await self._leases.prune_commits()
                self._stock.renewed(await self._leases.renew(list(self._stock.held())))
                await self._stock.give_back_idle(IDLE_POOL_S)
            except Exception as error:  # noqa: BLE001 - the next turn tries again
                log.warning("leases.not_renewed", error=repr(error))
