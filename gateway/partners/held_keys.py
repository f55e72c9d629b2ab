"""The secrets of every working key, in the native core."""

import asyncio
from collections.abc import Mapping

from gateway.catalog.snapshot import KeySecrets
from gateway.ground.native import KeyRing, Vault

KEY_GRACE_S = 60.0  # a revoked key's secrets stay for orders that are still being sealed


class HeldKeys:
    """Which keys the key ring holds."""

    def __init__(self, keyring: KeyRing, vault: Vault) -> None:
        self._keyring = keyring
        self._vault = vault
        self._held: set[str] = set()

    def take(self, working: Mapping[str, KeySecrets]) -> None:
        """Know the secrets of every working key; forget those of others after a while."""
        for key_id, secrets in working.items():
            if key_id not in self._held:
                self._keyring.put(key_id, secrets.signing_key, secrets.delivery_key, self._vault)
                self._held.add(key_id)
        for key_id in self._held - working.keys():
            self._held.discard(key_id)
            # Orders under way are still sealed to it; that it may not ask is in the catalog.
            asyncio.get_running_loop().call_later(KEY_GRACE_S, self._keyring.remove, key_id)
