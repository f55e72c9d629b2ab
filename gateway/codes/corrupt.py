"""Codes that cannot be sold because their records do not open."""

from gateway.codes.lease import PackedRange
from gateway.ground.native import Vault


def find_corrupt(vault: Vault, pool_id: int, lo: int, records: PackedRange) -> list[int]:
    """Positions of a range whose records do not open; takes long: runs in a thread."""
    for batch_id, wrapped in records.data_keys:
        if not vault.has_dek(batch_id):
            vault.load_dek(batch_id, wrapped)
    return [lo + index for index in vault.check_packed(pool_id, lo, records.packed)]
