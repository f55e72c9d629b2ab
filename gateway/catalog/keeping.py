"""Keeps a worker's catalog the one that is in the database."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from gateway.catalog.events import CatalogChanged, CatalogComing
from gateway.catalog.rule_watch import RuleWatch
from gateway.catalog.rules import CurrentCatalog
from gateway.catalog.snapshot import CatalogRead
from gateway.ground.errors import QuangateError
from gateway.ground.telemetry import name_things

log = structlog.get_logger()

HEARD_S: Final = 0.5  # a catalog that was read within has the change that the hint is about


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
        self.read_at = time.monotonic()  # when the one in force was asked for
        self._look_at(first)

    async def refresh(self) -> None:
        """Read it, and put it in force as a whole."""
        async with self._reading:  # one after the other: the newest read is the last one set
            asked_at = time.monotonic()
            read = await self._read()
            self.read_at = asked_at
            await self._coming(CatalogComing(read.secrets))
            self._catalog.now = read.catalog
            self._look_at(read)
            await self._changed(CatalogChanged())

    def _look_at(self, read: CatalogRead) -> None:
        self._rules.look_at(read.catalog)
        name_things(read.names)


class CatalogHints:
    """Reads the catalog anew when another worker heard that it changed and we did not.

    The database's announcement is the truth and reaches everybody whose connection works; a hint
    is for those whose connection is broken and does not know it yet.
    """

    def __init__(self, keeping: CatalogKeeping) -> None:
        self._keeping = keeping
        self._heard = asyncio.Event()

    def hear(self, _rest: str) -> None:
        """Somebody heard of a change."""
        if time.monotonic() - self._keeping.read_at > HEARD_S:
            self._heard.set()

    async def keep(self) -> None:
        """Read when a hint was heard, until cancelled."""
        while True:
            await self._heard.wait()
            self._heard.clear()
            try:
                await self._keeping.refresh()
            except QuangateError as error:
                log.warning("catalog.hint_failed", error=str(error))
