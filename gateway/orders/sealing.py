"""Codes of orders just made, sealed for the keys that may see them."""

from collections.abc import Sequence

import structlog

from gateway.ground.native import Allocator, KeyRing, Vault, seal_claimed, seal_rows
from gateway.orders.line import Line
from gateway.orders.plain_batch import PlainBatch

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
            if line.reads_codes and line.runs is not None and (line.hold is None or line.hold.late)
            else None
            for line in lines
        ]
        try:
            sealed: list[bytes | None] = seal_claimed(
                self._vault, self._keyring, self._allocator, requests
            )
            for n, line in enumerate(lines):
                if line.hold is not None and line.hold.records and line.reads_codes:
                    sealed[n] = self._seal_held(line, line.hold.records)
        except Exception:
            # The orders are durable: whatever cannot be sealed now is read back by a retry.
            log.exception("worker.seal_failed", lines=len(lines))
            return [None] * len(lines)
        return sealed

    def answer(self, batch: PlainBatch, moment: str) -> bytes | list[bytes] | None:
        """What a batch that was committed at that moment is answered; None: one of its codes cannot
        be sealed."""
        try:
            return batch.answer(self._vault, self._keyring, self._allocator, moment)
        except Exception:
            # The orders are durable: sealed one by one, the others are answered.
            log.exception("worker.seal_failed", lines=len(batch.lines))
            return None

    def _seal_held(self, line: Line, records: Sequence[tuple[int, bytes]]) -> bytes | None:
        """Codes of no lease, whose records came with their hold; None: the key is not known."""
        if not all(self._vault.has_dek(int.from_bytes(record[:8], "big")) for _, record in records):
            return None
        pool_id = line.sku.pool_id or 0
        return seal_rows(self._vault, self._keyring, line.key_id, pool_id, records)
