"""The sandbox's codes, sealed for the key that asks: JWE compact, as real ones are."""

import base64
import os
from collections.abc import Mapping
from typing import Final

import orjson
import structlog
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gateway.catalog.snapshot import KeySecrets
from gateway.ground.native import Vault
from gateway.ground.native_errors import VaultError
from gateway.partners.sandbox_keys import is_of_sandbox

log = structlog.get_logger()

NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16


class SandboxSeals:
    """The delivery keys of the sandbox's keys."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._keys: dict[str, bytes] = {}

    def take(self, working: Mapping[str, KeySecrets]) -> None:
        """Know those that work, and no other."""
        known, self._keys = self._keys, {}
        for key_id, secrets in working.items():
            if is_of_sandbox(key_id):
                opened = known.get(key_id) or self._open(key_id, secrets.delivery_key)
                if opened is not None:
                    self._keys[key_id] = opened

    def seal(self, key_id: str, contents: list[dict[str, str]]) -> bytes:
        """The member `codes` of an order's answer. Raises LookupError: the key was just revoked."""
        cipher, header = AESGCM(self._keys[key_id]), _header(key_id)
        return orjson.dumps([{"jwe": _compact(cipher, header, each)} for each in contents])

    def _open(self, key_id: str, blob: bytes) -> bytes | None:
        try:
            return self._vault.open_secret(f"partner delivery key of {key_id}", blob)
        except VaultError:
            log.exception("sandbox.key_unusable", key_id=key_id)
            return None


def _header(key_id: str) -> str:
    return _text(orjson.dumps({"alg": "dir", "enc": "A256GCM", "kid": key_id}))


def _compact(cipher: AESGCM, header: str, content: dict[str, str]) -> str:
    nonce = os.urandom(NONCE_BYTES)
    sealed = cipher.encrypt(nonce, orjson.dumps(content), header.encode())
    body, tag = sealed[:-TAG_BYTES], sealed[-TAG_BYTES:]
    return f"{header}..{_text(nonce)}.{_text(body)}.{_text(tag)}"


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
