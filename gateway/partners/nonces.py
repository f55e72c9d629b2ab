"""Used nonces: each is a row; Redis only spares asking for those that all nodes saw of late."""

from typing import Final

from gateway.ground.redis.link import Link
from gateway.partners.authentication import Nonces

KEPT_S: Final = 590  # less than a row counts


class RememberedNonces:
    """The rows, and before them what Redis remembers. It knows only nonces that have their row,
    and no longer than that counts: so it never refuses what the row would let pass."""

    def __init__(self, rows: Nonces, link: Link | None) -> None:
        self._rows = rows
        self._link = link

    async def use(self, key_id: str, nonce: str) -> bool:
        """False: it was used; while Redis is not there, or slow, as the rows say."""
        if self._link is None:
            return await self._rows.use(key_id, nonce)
        name = self._link.key("nonce", f"{key_id}:{nonce}")
        if await self._link.has(name):
            return False
        fresh = await self._rows.use(key_id, nonce)
        if fresh:
            await self._link.put(name, KEPT_S)
        return fresh
