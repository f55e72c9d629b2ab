"""Stock levels for people who look: everybody who asks at once shares one query.

Nothing is kept between questions, so an answer is never older than the question.
"""

import asyncio
from collections.abc import Sequence
from typing import Protocol

from gateway.ground.sql.batcher import GroupCommit

Wanted = tuple[int, int]  # outlet, how many are enough to stop counting


class Levels(Protocol):
    """Counts codes for sale; see level_store.StockLevelStore."""

    async def for_sale(self, wanted: Sequence[Wanted]) -> list[int]: ...


class StockLevels:
    """How many codes are for sale."""

    def __init__(self, levels: Levels) -> None:
        self._counts: GroupCommit[Wanted, int] = GroupCommit(levels.for_sale, calls_max=1)

    async def of(self, wanted: Sequence[Wanted]) -> dict[Wanted, int]:
        """Codes for sale by (outlet, enough); exact below `enough`."""
        asked = list(set(wanted))
        counts = await asyncio.gather(*map(self._counts.submit, asked))
        return dict(zip(asked, counts, strict=True))
