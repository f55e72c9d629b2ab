"""Counting who is refused in a campaign, by what was answered: in memory, told every second.

A refusal sends no statement, and makes no memory grow: only campaigns there are have counts.
"""

import asyncio
from collections.abc import Mapping
from typing import Final, Protocol

import structlog

from gateway.campaigns.rules import CampaignBook
from gateway.catalog.rules import CurrentCatalog
from gateway.ground.errors import StoreUnavailableError

log = structlog.get_logger()

APART_S: Final = 1.0  # between two tellings


class Counts(Protocol):
    """Where they are kept; see refusal_store.RefusalStore."""

    async def add(self, counts: Mapping[tuple[int, str], int]) -> None: ...


class CampaignRefusals:
    """What one worker counted since it last told: by (campaign, code)."""

    def __init__(self, catalog: CurrentCatalog, counts: Counts) -> None:
        self._catalog = catalog
        self._counts = counts
        self._since: dict[tuple[int, str], int] = {}
        self._telling: asyncio.Task[None] | None = None

    def count(self, campaign: str | None, code: str) -> None:
        """An order or a hold that names this campaign was answered with this problem."""
        if campaign is None:
            return
        known = self._catalog.now.book(CampaignBook).campaigns.get(campaign)
        if known is not None:
            key = (known.id, code)
            self._since[key] = self._since.get(key, 0) + 1

    async def start(self) -> None:
        """Tell every second from now on."""
        self._telling = asyncio.create_task(self._keep_telling())

    async def stop(self) -> None:
        """Tell the last ones."""
        if self._telling is not None:
            self._telling.cancel()
            await asyncio.wait([self._telling])
        await self.tell()

    async def _keep_telling(self) -> None:
        while True:
            await asyncio.sleep(APART_S)
            await self.tell()

    async def tell(self) -> None:
        """Add what was counted; where that fails it is told with the next ones.

        A count whose telling was cut off in mid commit may be told twice: it is a figure.
        """
        if not self._since:
            return
        told, self._since = self._since, {}
        try:
            await self._counts.add(told)
        except StoreUnavailableError as error:
            log.warning("campaign.refusals_untold", error=str(error))
            for key, n in told.items():
                self._since[key] = self._since.get(key, 0) + n
