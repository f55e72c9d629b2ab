"""The nonces of signed writes that are not idempotent by themselves."""

import time
from typing import Any, Final

from gateway.ground.sql.books import unreachable_is_unavailable
from gateway.ground.sql.declared import Statement, Statements

KEPT_S: Final = 600  # api.md: a nonce used within ten minutes is refused
PRUNE_EVERY_S: Final = 60.0


class SQL(Statements, file="partners/queries"):
    """Which were used."""

    use_nonce: Statement[[str, str, float], str]
    prune_nonces: Statement[[float], None]


class UsedNonces:
    """The nonces of a gateway's keys, used up once each."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool
        self._pruned_at = float("-inf")

    async def use(self, key_id: str, nonce: str) -> bool:
        """Remember the nonce; False when this key used it within the last ten minutes."""
        with unreachable_is_unavailable():
            used = await SQL.use_nonce.one(self._pool, key_id, nonce, KEPT_S)
            if time.monotonic() - self._pruned_at > PRUNE_EVERY_S:
                self._pruned_at = time.monotonic()
                await SQL.prune_nonces.run(self._pool, KEPT_S)
        return used is not None
