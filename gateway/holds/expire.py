"""Gives goods back when a hold's time is over, by the database's clock.

Whoever needs goods at once (a refill, another hold) does so itself; this is for all the others.
"""

import asyncio
from typing import Final, Protocol

import structlog

log = structlog.get_logger()

EVERY_S: Final = 1.0


class Expiring(Protocol):
    """See store.HoldStore."""

    async def expire_due(self) -> int: ...


async def keep_expiring(holds: Expiring) -> None:
    """Look every second; until cancelled."""
    while True:
        await asyncio.sleep(EVERY_S)
        try:
            ended = await holds.expire_due()
        except Exception as error:  # noqa: BLE001 - the next turn tries again
            log.warning("holds.not_expired", error=repr(error))
        else:
            if ended:
                log.info("holds.expired", holds=ended)
