"""Closing shelves when their time has come, by the database's clock.

Every worker watches; whoever is first closes, and the others find nothing left to do. Should all of
them miss it, the next turn of the leases does it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final

import structlog

from gateway.catalog.rules import CurrentCatalog
from gateway.codes.shelving import ShelfBook
from gateway.ground.errors import StoreUnavailableError

log = structlog.get_logger()

PAUSE_S: Final = 1.0  # between two tries, while the database says that it is not time yet


class ShelfEnding:
    """One worker's watch. `close` closes what has ended; `now` is the database's clock."""

    def __init__(
        self,
        *,
        catalog: CurrentCatalog,
        close: Callable[[], Awaitable[None]],
        now: Callable[[], datetime],
    ) -> None:
        self._catalog = catalog
        self._close = close
        self._now = now
        self._changed = asyncio.Event()

    def changed(self) -> None:
        """Another catalog is in force: shelves may end sooner."""
        self._changed.set()

    async def run(self) -> None:
        """Close each shelf at its end; until cancelled."""
        while True:
            self._changed.clear()
            ends_at = self._catalog.now.book(ShelfBook).next_end
            left = None if ends_at is None else (ends_at - self._now()).total_seconds()
            try:
                async with asyncio.timeout(None if left is None else max(left, 0)):
                    await self._changed.wait()
            except TimeoutError:
                await self._try_to_close()

    async def _try_to_close(self) -> None:
        try:
            await self._close()
        except StoreUnavailableError as error:
            log.warning("shelves.not_closed", error=str(error))
        await asyncio.sleep(PAUSE_S)  # the catalog hears of it meanwhile
