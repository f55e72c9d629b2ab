"""The secrets of every working key, in the native core."""

import asyncio
from collections.abc import Mapping

import structlog

from gateway.catalog.snapshot import KeySecrets
from gateway.ground.native import KeyRing, Vault
from gateway.ground.native_errors import VaultError

log = structlog.get_logger()

KEY_GRACE_S = 60.0  # a revoked key's secrets stay for orders that are still being sealed


class HeldKeys:
    """Which keys the key ring holds."""

    def __init__(self, keyring: KeyRing, vault: Vault) -> None:
        self._keyring = keyring
        self._vault = vault
        self._held: set[str] = set()
        self._told: set[str] = set()  # of those that do not open

    def take(self, working: Mapping[str, KeySecrets]) -> None:
        """Know the secrets of every working key; forget those of others after a while."""
        for key_id, secrets in working.items():
            if key_id not in self._held:
                self._put(key_id, secrets)
        for key_id in self._held - working.keys():
            self._held.discard(key_id)
            # Orders under way are still sealed to it; that it may not ask is in the catalog.
            asyncio.get_running_loop().call_later(KEY_GRACE_S, self._keyring.remove, key_id)

    def _put(self, key_id: str, secrets: KeySecrets) -> None:
        try:
            self._keyring.put(key_id, secrets.signing_key, secrets.delivery_key, self._vault)
        except VaultError:
            # One key that does not open must not stop the others; it is tried again at the next
            # news, and its requests are refused till then.
            if key_id not in self._told:
                log.exception("keys.unusable", key_id=key_id)
                self._told.add(key_id)
            return
        self._held.add(key_id)
        self._told.discard(key_id)
