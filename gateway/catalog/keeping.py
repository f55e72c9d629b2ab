"""Keeps a worker's catalog the one that is in the database."""

import asyncio
from collections.abc import Awaitable, Callable

from gateway.catalog.events import CatalogChanged, CatalogComing
from gateway.catalog.rule_watch import RuleWatch
from gateway.catalog.rules import CurrentCatalog
from gateway.catalog.snapshot import CatalogRead
from gateway.ground.telemetry import name_things


class CatalogKeeping:
    """Reads it anew when it may have changed; `first` is in force already.

    `coming` is awaited before a new one is used, `changed` when it is.
    """

    def __init__(
        self,
        *,
        read: Callable[[], Awaitable[CatalogRead]],
        catalog: CurrentCatalog,
        first: CatalogRead,
        coming: Callable[[CatalogComing], Awaitable[None]],
        changed: Callable[[CatalogChanged], Awaitable[None]],
    ) -> None:
        self._read = read
        self._catalog = catalog
        self._coming = coming
        self._changed = changed
        self._rules = RuleWatch()
        self._reading = asyncio.Lock()
        self._look_at(first)

    async def refresh(self) -> None:
        """Read it, and put it in force as a whole."""
        async with self._reading:  # one after the other: the newest read is the last one set
            read = await self._read()
            await self._coming(CatalogComing(read.secrets))
            self._catalog.now = read.catalog
            self._look_at(read)
            await self._changed(CatalogChanged())

    def _look_at(self, read: CatalogRead) -> None:
        self._rules.look_at(read.catalog)
        name_things(read.names)
