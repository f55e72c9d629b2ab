"""Keeping what we hold: renewed in time, and compared with what the database says we hold."""

import asyncio
import itertools
from datetime import datetime

import structlog

from gateway.codes.port import Leases
from gateway.codes.stock import Stock
from gateway.ground.moment import rfc3339

log = structlog.get_logger()

IDLE_POOL_S = 60.0  # a pool nobody bought from for so long is given back
LOOK_AHEAD_TURNS = 100  # every quarter of an hour
WARN_DAYS = 7  # codes that expire within so long are warned about


class LeaseKeeping:
    """One worker's turns."""

    def __init__(self, *, leases: Leases, stock: Stock, ttl_s: float) -> None:
        self._leases = leases
        self._stock = stock
        self._ttl_s = ttl_s
        self._warned: dict[str, datetime] = {}  # by pool: of the codes that expire first

    async def run(self) -> None:
        """Renew, return pools nobody buys from, look ahead now and then; until cancelled."""
        for turn in itertools.count():
            await asyncio.sleep(self._ttl_s / 3)
            try:
                if turn % LOOK_AHEAD_TURNS == 0:
                    await self.look_ahead()
                self._stock.renewed(await self._leases.renew(list(self._stock.held())))
                await self.tell_lost()
                await self._stock.give_back_idle(IDLE_POOL_S)
            except Exception as error:  # noqa: BLE001 - the next turn tries again
                log.warning("leases.not_renewed", error=repr(error))

    async def tell_lost(self) -> None:
        """Say of which pools leases of ours were closed by others, and why."""
        closed = self._stock.closed_by_others[:]
        self._stock.lost_leases = await self._leases.tell_lost(closed) if closed else 0
        del self._stock.closed_by_others[: len(closed)]

    async def look_ahead(self) -> None:
        """Say which pools have codes that expire soon: once, and again when others do."""
        self._stock.expiring = await self._leases.expiring(WARN_DAYS)
        for soon in self._stock.expiring:
            if self._warned.get(soon.pool) != soon.first:
                log.warning(
                    "stock.codes_expire_soon",
                    pool=soon.pool,
                    codes=soon.codes,
                    first=rfc3339(soon.first),
                )
        self._warned = {soon.pool: soon.first for soon in self._stock.expiring}
