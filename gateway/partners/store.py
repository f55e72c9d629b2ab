"""The nonces of signed writes that are not idempotent by themselves."""

import time
from typing import Any, Final

from gateway.ground.sql.books import unreachable_is_unavailable
from gateway.ground.sql.named_sql import queries

SQL = queries("partners/queries")
KEPT_S: Final = 600  # api.md: a nonce used within ten minutes is refused
PRUNE_EVERY_S: Final = 60.0


class UsedNonces:
    """The nonces of a gateway's keys, used up once each."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool
        self._pruned_at = float("-inf")

    async def use(self, key_id: str, nonce: str) -> bool:
        """Remember the nonce; False when this key used it within the last ten minutes."""
        with unreachable_is_unavailable():
            used = await self._pool.fetchval(SQL["use_nonce"], key_id, nonce, KEPT_S)
            if time.monotonic() - self._pruned_at > PRUNE_EVERY_S:
                self._pruned_at = time.monotonic()
                await self._pool.execute(SQL["prune_nonces"], KEPT_S)
        return used is not None
