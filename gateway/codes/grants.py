"""Asking the database for codes, and taking in what it grants."""

import asyncio
from collections.abc import Callable

import structlog

from gateway.codes.holding import Holding, Lease
from gateway.codes.lease import Grant, PackedRange
from gateway.codes.port import Leases
from gateway.ground.native import Allocator

log = structlog.get_logger()


class Grants:
    """What an outlet gets, made claimable."""

    def __init__(
        self,
        *,
        allocator: Allocator,
        leases: Leases,
        find_corrupt: Callable[[int, int, PackedRange], list[int]],
        clock: Callable[[], float],
    ) -> None:
        self._allocator = allocator
        self._leases = leases
        self._find_corrupt = find_corrupt
        self._clock = clock

    async def ask(
        self, outlet: int, holding: Holding, demand: int, *, short: int, recalled: bool
    ) -> str:
        """One call to the database; its verdict. See `Stock.refill` and `Leases.refill`."""
        news = holding.news
        held = list(holding.leases)
        holding.stray = True  # unless all of the answer arrives and is taken in
        want = holding.want(self._clock(), demand)
        answer = await self._leases.refill(outlet, want, held, short=short, recalled=recalled)
        holding.pool_id = answer.pool_id
        holding.entering.extend(grant.lease_id for grant in answer.grants)
        for grant in answer.grants:
            await self._take_in(outlet, holding, grant)
            holding.entering.remove(grant.lease_id)
        holding.stray = False
        holding.verdict = answer.verdict if holding.news == news else None
        holding.held, holding.held_s = answer.held, answer.held_s
        holding.sold_out_since = self._clock()
        holding.size = holding.left
        return str(answer.verdict)

    async def _take_in(self, outlet: int, holding: Holding, grant: Grant) -> None:
        pool_id = holding.pool_id
        records = await self._leases.read_range(pool_id, grant.lo, grant.hi)
        corrupt = await asyncio.to_thread(self._find_corrupt, pool_id, grant.lo, records)
        if corrupt:
            # Voiding revokes the lease; the good rest comes back as fragments (faults 71, 72).
            log.error("stock.codes_corrupt", pool_id=pool_id, seqs=corrupt[:20], count=len(corrupt))
            await self._leases.void(pool_id, corrupt, "corrupt")
            return
        self._allocator.publish_packed(
            pool_id, grant.lease_id, grant.epoch, grant.lo, records.packed, outlet
        )
        holding.leases[grant.lease_id] = Lease(left=grant.hi - grant.lo)
