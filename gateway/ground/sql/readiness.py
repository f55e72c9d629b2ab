"""Whether the database answers, without letting the question become a load."""

import asyncio
import time
from typing import Any, Final

ASK_EVERY_S: Final = 0.5
DEADLINE_S: Final = 2.0


class Readiness:
    """Asks the database once for all who ask at a time, and at most twice a second."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool
        self._asked_at = float("-inf")
        self._asking = asyncio.Lock()
        self._up = False

    async def database_up(self) -> bool:
        """True when a statement went through within the last half second or now."""
        async with self._asking:
            if time.monotonic() - self._asked_at > ASK_EVERY_S:
                self._up = await self._ask()
                self._asked_at = time.monotonic()
            return self._up

    async def _ask(self) -> bool:
        try:
            async with asyncio.timeout(DEADLINE_S):
                return bool(await self._pool.fetchval("SELECT true"))
        except Exception:  # noqa: BLE001  whatever it is, the database did not answer
            return False
