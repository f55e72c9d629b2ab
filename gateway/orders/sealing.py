"""Codes of orders just made, sealed for the keys that may see them."""

from collections.abc import Sequence

import structlog

from gateway.ground.native import Allocator, KeyRing, Vault, seal_claimed
from gateway.orders.line import Line

log = structlog.get_logger()


class Sealing:
    """Opens the records of claimed codes and seals them anew, in the native core."""

    def __init__(self, vault: Vault, keyring: KeyRing, allocator: Allocator) -> None:
        self._vault = vault
        self._keyring = keyring
        self._allocator = allocator

    def seal(self, lines: Sequence[Line]) -> list[bytes | None]:
        """The codes of created lines, sealed for their keys; None where a key may not see them."""
        requests = [
            (line.key_id, line.sku.pool_id or 0, line.runs)
            if line.reads_codes and line.runs is not None
            else None
            for line in lines
        ]
        try:
            return seal_claimed(self._vault, self._keyring, self._allocator, requests)
        except Exception:
            # The orders are durable: whatever cannot be sealed now is read back by a retry.
            log.exception("worker.seal_failed", lines=len(lines))
            return [None] * len(lines)
