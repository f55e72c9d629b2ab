"""A catalog that changed, heard of by Redis before or instead of the database's announcement."""

import asyncio
from typing import Any

from gateway.catalog.keeping import CatalogHints
from gateway.ground.errors import StoreUnavailableError
from tests.clock import PATIENCE_S


class Keeping:
    """Counts how often it reads."""

    def __init__(self, read_at: float) -> None:
        self.read_at = read_at
        self.reads = 0
        self.read = asyncio.Event()
        self.fails = False

    async def refresh(self) -> None:
        self.reads += 1
        self.read.set()
        if self.fails:
            raise StoreUnavailableError("it is away")


async def test_a_hint_makes_who_did_not_hear_read() -> None:
    """One whose catalog is older reads it; one that just read does not, and an unreachable database
    ends nothing. Red without the look at when it read."""
    stale: Any = Keeping(read_at=float("-inf"))
    fresh: Any = Keeping(read_at=float("inf"))
    hints = [CatalogHints(stale), CatalogHints(fresh)]
    keeping = [asyncio.create_task(each.keep()) for each in hints]
    try:
        async with asyncio.timeout(PATIENCE_S):
            stale.fails = True
            for each in hints:
                each.hear("")
            await stale.read.wait()
            stale.fails = False
            stale.read.clear()
            hints[0].hear("")
            await stale.read.wait()
        assert (stale.reads, fresh.reads) == (2, 0)
    finally:
        for task in keeping:
            task.cancel()
